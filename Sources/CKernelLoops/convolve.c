// Convolution along one dimension.
#include "convolve.h"

#include "clones.h"
#include "families.h"

// A strip of results at a time, which stays in the cache while every element of w adds its part to all of it.
#define CONVOLVE(S, TYPE, SUM) \
  static CLONES void convolve_##S(const TYPE *x, ptrdiff_t n, const TYPE *w, ptrdiff_t m, ptrdiff_t first, TYPE *y, ptrdiff_t count) { \
    SUM sums[TILE]; \
    for (ptrdiff_t start = 0; start < count; start += TILE) { \
      const ptrdiff_t width = count - start < TILE ? count - start : TILE, origin = first + start; \
      for (ptrdiff_t i = 0; i < width; i++) sums[i] = 0; \
      /* Those j for which some x[origin + i - j] exists. */ \
      const ptrdiff_t from = origin - n + 1 > 0 ? origin - n + 1 : 0, to = origin + width < m ? origin + width : m; \
      for (ptrdiff_t j = from; j < to; j++) { \
        const ptrdiff_t shift = origin - j, low = shift < 0 ? -shift : 0, high = n - shift < width ? n - shift : width; \
        const SUM factor = (SUM)w[j]; \
        for (ptrdiff_t i = low; i < high; i++) sums[i] += factor * (SUM)x[shift + i]; \
      } \
      for (ptrdiff_t i = 0; i < width; i++) y[start + i] = (TYPE)sums[i]; \
    } \
  }
CONVOLVE(f32, float, double)
CONVOLVE(f64, double, double)
CONVOLVE(i32, uint32_t, uint32_t)
CONVOLVE(i64, uint64_t, uint64_t)
CONVOLVE(u8, uint8_t, uint32_t)

void mk_convolve(mk_type type, const void *x, ptrdiff_t n, const void *w, ptrdiff_t m, ptrdiff_t first, void *y, ptrdiff_t count) {
  BY_NUMERIC(type, convolve, x, n, w, m, first, y, count)
}
