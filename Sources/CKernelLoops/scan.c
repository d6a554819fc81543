// Running sums and products.
#include "scan.h"

#include "clones.h"
#include "families.h"

// Sums of float32 are kept in double, because a float stops growing at 2^24 times what is added to it. One strip of
// columns at a time is summed down all rows.
enum { STRIP = 256, ROWS = 8 };
static CLONES void sums_f32(bool from_back, const float *x, float *y, ptrdiff_t n, ptrdiff_t inner, ptrdiff_t width) {
  const ptrdiff_t step = from_back ? -inner : inner;
  double carry[STRIP];
  for (ptrdiff_t c = 0; c < width; c++) y[c] = x[c], carry[c] = (double)x[c];
  ptrdiff_t i = 1;
  // Several rows at a time, so that the sums stay in registers meanwhile.
  for (; i + ROWS <= n; i += ROWS) {
    IN_PLACE for (ptrdiff_t c = 0; c < width; c++) {
      double sum = carry[c];
      _Pragma("clang loop unroll(full)") for (int r = 1; r <= ROWS; r++) {
        sum += (double)x[r * step + c];
        y[r * step + c] = (float)sum;
      }
      carry[c] = sum;
    }
    x += ROWS * step;
    y += ROWS * step;
  }
  for (; i < n; i++) {
    x += step;
    y += step;
    IN_PLACE for (ptrdiff_t c = 0; c < width; c++) {
      carry[c] += (double)x[c];
      y[c] = (float)carry[c];
    }
  }
}

static void sum_of_one_column(const float *x, float *y, ptrdiff_t n, ptrdiff_t step) {
  double carry = (double)*x;
  *y = *x;
  for (ptrdiff_t i = 1; i < n; i++) {
    x += step;
    y += step;
    carry += (double)*x;
    *y = (float)carry;
  }
}

static void running_sums_f32(bool from_back, const float *x, float *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) {
  const ptrdiff_t first = from_back ? (n - 1) * inner : 0;
  for (ptrdiff_t b = 0; b < blocks; b++, x += n * inner, y += n * inner) {
    if (inner == 1) {
      sum_of_one_column(x + first, y + first, n, from_back ? -1 : 1);
      continue;
    }
    for (ptrdiff_t c = 0; c < inner; c += STRIP)
      sums_f32(from_back, x + first + c, y + first + c, n, inner, inner - c < STRIP ? inner - c : STRIP);
  }
}

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
  if (type == MK_FLOAT32 && !product) {
    running_sums_f32(from_back, x, y, blocks, n, inner);
    return;
  }
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
