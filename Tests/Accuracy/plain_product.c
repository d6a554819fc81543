#include "include/plain_product.h"

void plain_product(const double *a, const double *b, double *c, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k) {
  for (ptrdiff_t i = 0; i < m; i++)
    for (ptrdiff_t p = 0; p < k; p++)
      for (ptrdiff_t j = 0; j < n; j++) c[i * n + j] += a[i * k + p] * b[p * n + j];
}
