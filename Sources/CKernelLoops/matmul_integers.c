// Matrix products of integers, which wrap around.
#include "matmul.h"

#include "clones.h"
#include "families.h"

enum { HEIGHT = 4 };  // rows that share what is read of B

// A strip of C stays in the first-level cache while all of k is added to it.
#define PRODUCT(S, U) \
  INLINE void strip_##S(const mk_product *product, const U *a, const U *b, U *c, ptrdiff_t rows, ptrdiff_t width) { \
    const ptrdiff_t k = product->k, a_row = product->a_row, a_column = product->a_column, b_row = product->b_row; \
    for (ptrdiff_t p = 0; p < k; p++, b += b_row) \
      for (ptrdiff_t r = 0; r < rows; r++) { \
        const U factor = a[r * a_row + p * a_column]; \
        U *row = c + r * product->c_row; \
        IN_PLACE for (ptrdiff_t j = 0; j < width; j++) row[j] = (U)(row[j] + factor * b[j]); \
      } \
  } \
  /* For B whose columns are contiguous, as one column is, or neither. */ \
  INLINE void dots_##S(const mk_product *product, const U *a, U *c) { \
    const ptrdiff_t n = product->n, k = product->k, a_column = product->a_column, b_row = product->b_row; \
    for (ptrdiff_t j = 0; j < n; j++) { \
      const U *b = (const U *)product->b + j * product->b_column; \
      U sum = 0; \
      for (ptrdiff_t p = 0; p < k; p++) sum = (U)(sum + a[p * a_column] * b[p * b_row]); \
      c[j] = sum; \
    } \
  } \
  static CLONES void product_##S(const mk_product *product) { \
    const ptrdiff_t m = product->m, n = product->n; \
    for (ptrdiff_t i = 0; i < m; i += HEIGHT) { \
      const ptrdiff_t rows = m - i < HEIGHT ? m - i : HEIGHT; \
      const U *a = (const U *)product->a + i * product->a_row; \
      U *c = (U *)product->c + i * product->c_row; \
      if (product->b_column == 1 && n > 1) { \
        for (ptrdiff_t r = 0; r < rows; r++) memset(c + r * product->c_row, 0, (size_t)n * sizeof(U)); \
        for (ptrdiff_t j = 0; j < n; j += TILE) \
          strip_##S(product, a, (const U *)product->b + j, c + j, rows, n - j < TILE ? n - j : TILE); \
      } else { \
        for (ptrdiff_t r = 0; r < rows; r++) dots_##S(product, a + r * product->a_row, c + r * product->c_row); \
      } \
    } \
  }
PRODUCT(i32, uint32_t)
PRODUCT(i64, uint64_t)
PRODUCT(u8, uint8_t)

void mk_matmul_integers(const mk_product *product) { BY_INTEGER(product->type, product, product) }
