// Running sums and products.
#include "scan.h"

#include "clones.h"
#include "families.h"

// Integers wrap: they are added as their unsigned counterparts.
#define CUMULATIVE(S, TYPE) \
  static CLONES void cumulative_##S(bool product, bool from_back, const TYPE *x, TYPE *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) { \
    const ptrdiff_t step = from_back ? -inner : inner, first = from_back ? (n - 1) * inner : 0; \
    for (ptrdiff_t b = 0; b < blocks; b++, x += n * inner, y += n * inner) { \
      const TYPE *row = x + first; \
      TYPE *out = y + first; \
      IN_PLACE for (ptrdiff_t c = 0; c < inner; c++) out[c] = row[c]; \
      for (ptrdiff_t i = 1; i < n; i++) { \
        const TYPE *before = out; \
        row += step; \
        out += step; \
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

void mk_cumulative(bool product, bool from_back, mk_type type, const void *x, void *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) {
  if (n <= 0 || inner <= 0) return;
  BY_NUMERIC(type, cumulative, product, from_back, x, y, blocks, n, inner)
}

#define RECURRENCE(S, TYPE) \
  static CLONES void recurrence_##S(bool from_back, const TYPE *a, const TYPE *g, TYPE *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) { \
    const ptrdiff_t step = from_back ? -inner : inner, first = from_back ? (n - 1) * inner : 0; \
    for (ptrdiff_t b = 0; b < blocks; b++, a += n * inner, g += n * inner, y += n * inner) { \
      ptrdiff_t row = first; \
      IN_PLACE for (ptrdiff_t c = 0; c < inner; c++) y[row + c] = g[row + c]; \
      for (ptrdiff_t i = 1; i < n; i++) { \
        const TYPE *before = y + row; \
        row += step; \
        IN_PLACE for (ptrdiff_t c = 0; c < inner; c++) y[row + c] = g[row + c] + a[row + c] * before[c]; \
      } \
    } \
  }
RECURRENCE(f32, float)
RECURRENCE(f64, double)

void mk_linear_recurrence(bool from_back, mk_type type, const void *a, const void *g, void *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) {
  if (n <= 0 || inner <= 0) return;
  BY_FLOATING(type, recurrence, from_back, a, g, y, blocks, n, inner)
}
