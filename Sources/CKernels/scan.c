// Running sums and products.
#include "clones.h"
#include "families.h"
#include "include/scan.h"

// Integers wrap: they are added as their unsigned kin.
#define CUMULATIVE(S, TYPE) \
  static CLONES void cumulative_##S(bool product, const TYPE *x, TYPE *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) { \
    for (ptrdiff_t b = 0; b < blocks; b++, x += n * inner, y += n * inner) { \
      IN_PLACE for (ptrdiff_t c = 0; c < inner; c++) y[c] = x[c]; \
      for (ptrdiff_t i = 1; i < n; i++) { \
        const TYPE *row = x + i * inner, *before = y + (i - 1) * inner; \
        TYPE *out = y + i * inner; \
        if (product) { \
          IN_PLACE for (ptrdiff_t c = 0; c < inner; c++) out[c] = (TYPE)(before[c] * row[c]); \
        } else { \
          IN_PLACE for (ptrdiff_t c = 0; c < inner; c++) out[c] = (TYPE)(before[c] + row[c]); \
        } \
      } \
    } \
  }
CUMULATIVE(f32, float)
CUMULATIVE(f64, double)
CUMULATIVE(i32, uint32_t)
CUMULATIVE(i64, uint64_t)
CUMULATIVE(u8, uint8_t)

void mk_cumulative(bool product, mk_type type, const void *x, void *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) {
  if (n <= 0 || inner <= 0) return;
  BY_NUMERIC(type, cumulative, product, x, y, blocks, n, inner)
}
