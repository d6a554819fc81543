// Normalises rows to mean 0 and variance 1, a row at a time while it is in the cache.
#include "scan.h"

#include "families.h"
#include "rows.h"

#define NORMALISE(S, TYPE, SQRT) \
  BLOCKED_SUM(row_sum_##S, double, TYPE, SUM_OF(x[i]), const TYPE *x) \
  BLOCKED_SUM(row_products_##S, double, TYPE, SUM_OF((x[i] - m) * (z[i] - k)), const TYPE *x, TYPE m, const TYPE *z, TYPE k) \
  INLINE TYPE row_mean_##S(const TYPE *x, ptrdiff_t n) { return (TYPE)(row_sum_##S(x, n) / (double)n); } \
  /* The mean of (x - m)(z - k). */ \
  INLINE TYPE row_product_##S(const TYPE *x, TYPE m, const TYPE *z, TYPE k, ptrdiff_t n) { \
    return (TYPE)(row_products_##S(x, m, z, k, n) / (double)n); \
  } \
  static CLONES void normalize_##S(double epsilon, const TYPE *x, const TYPE *restrict factor, const TYPE *restrict shift, TYPE *y, ptrdiff_t rows, ptrdiff_t n) { \
    for (ptrdiff_t r = 0; r < rows; r++, x += n, y += n) { \
      const TYPE mean = row_mean_##S(x, n); \
      const TYPE scale = 1 / SQRT(row_product_##S(x, mean, x, mean, n) + (TYPE)epsilon); \
      if (factor) { \
        IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = (x[i] - mean) * scale * factor[i] + shift[i]; \
      } else { \
        IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = (x[i] - mean) * scale; \
      } \
    } \
  } \
  static CLONES void normalize_backward_##S(double epsilon, const TYPE *x, const TYPE *g, TYPE *dx, ptrdiff_t rows, ptrdiff_t n) { \
    for (ptrdiff_t r = 0; r < rows; r++, x += n, g += n, dx += n) { \
      const TYPE mean = row_mean_##S(x, n), middle = row_mean_##S(g, n); \
      const TYPE scale = 1 / SQRT(row_product_##S(x, mean, x, mean, n) + (TYPE)epsilon); \
      const TYPE slope = row_product_##S(x, mean, g, 0, n) * scale * scale; \
      IN_PLACE for (ptrdiff_t i = 0; i < n; i++) dx[i] = (g[i] - middle - (x[i] - mean) * slope) * scale; \
    } \
  }
NORMALISE(f32, float, __builtin_sqrtf)
NORMALISE(f64, double, __builtin_sqrt)

void mk_normalize_rows(mk_type type, double epsilon, const void *x, const void *factor, const void *shift, void *y, ptrdiff_t rows, ptrdiff_t cols) {
  BY_FLOATING(type, normalize, epsilon, x, factor, shift, y, rows, cols)
}

void mk_normalize_rows_backward(mk_type type, double epsilon, const void *x, const void *g, void *dx, ptrdiff_t rows, ptrdiff_t cols) {
  BY_FLOATING(type, normalize_backward, epsilon, x, g, dx, rows, cols)
}
