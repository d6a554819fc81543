// The statistics of channels over a batch, and the passes that normalise by them.
#include "channels.h"

#include "families.h"
#include "rows.h"

// Neighbouring channels lie side by side: they are the lanes of vectors, which stay in registers from row to row. Sums
// over CHANNEL_ROWS rows are taken in the elements' type, and merged in double.
enum { CHANNEL_ROWS = 64, SCALED_ROWS = 16 };
typedef float lanes_f32 __attribute__((vector_size(64), aligned(4), may_alias));
typedef double lanes_f64 __attribute__((vector_size(64), aligned(8), may_alias));
// Two cache lines of a row at a time, for the sums.
typedef float wide_f32 __attribute__((vector_size(128), aligned(4), may_alias));
typedef double wide_f64 __attribute__((vector_size(128), aligned(8), may_alias));

void mk_channel_sums_merge(const mk_channel_sums *into, double before, const mk_channel_sums *from, double added, ptrdiff_t count) {
  const double share = added / (before + added);
  for (ptrdiff_t c = 0; c < count; c++) {
    const double step = (from->mean[c] - into->mean[c]) * share, rest = from->mean[c] - (into->mean[c] + step);
    into->squares[c] += from->squares[c] + before * step * step + added * rest * rest;
    into->mean[c] += step;
    if (!into->gradient) continue;
    into->product[c] += from->product[c] + from->gradient[c] * rest - into->gradient[c] * step;
    into->gradient[c] += from->gradient[c];
  }
}

static void clear(const mk_channel_sums *sums, ptrdiff_t count) {
  double *const all[] = {sums->mean, sums->squares, sums->gradient, sums->product};
  for (int i = 0; i < 4; i++)
    if (all[i]) memset(all[i], 0, (size_t)count * sizeof(double));
}

// Deviations are summed about a pivot: for the first rows their mean, then the mean of all rows before. `off`, the sum of
// the deviations, corrects for what the pivot is off the mean.
#define LANE_SUMS(NAME, TYPE, VECTOR, WIDTH) \
  INLINE void NAME(const TYPE *x, const TYPE *g, bool has, const mk_channel_sums *sums, ptrdiff_t first, ptrdiff_t before, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t width) { \
    VECTOR pivot = {0}, off = {0}, squares = {0}, gradient = {0}, product = {0}; \
    if (before == 0) { \
      for (ptrdiff_t r = 0; r < rows; r++) pivot += *(const VECTOR *)(x + r * stride); \
      pivot /= (TYPE)rows; \
    } else { \
      for (ptrdiff_t c = 0; c < width; c++) pivot[c] = (TYPE)sums->mean[first + c]; \
    } \
    for (ptrdiff_t r = 0; r < rows; r++) { \
      const VECTOR centred = *(const VECTOR *)(x + r * stride) - pivot; \
      off += centred; \
      squares += centred * centred; \
      if (has) { \
        const VECTOR slope = *(const VECTOR *)(g + r * stride); \
        gradient += slope; \
        product += slope * centred; \
      } \
    } \
    TYPE own[5][WIDTH]; \
    const VECTOR all[5] = {pivot, off, squares, gradient, product}; \
    memcpy(own, all, sizeof own); \
    const double share = (double)rows / (double)(before + rows), part = 1 / (double)rows; \
    double *const restrict mean = sums->mean + first, *const restrict spread = sums->squares + first; \
    for (ptrdiff_t c = 0; c < width; c++) { \
      const double left = (double)own[1][c] * part, at = (double)own[0][c] + left; \
      const double step = (at - mean[c]) * share, rest = at - (mean[c] + step); \
      spread[c] += (double)own[2][c] - (double)own[1][c] * left + (double)before * step * step + (double)rows * rest * rest; \
      mean[c] += step; \
      if (has) { \
        double *const restrict slopes = sums->gradient + first, *const restrict products = sums->product + first; \
        products[c] += (double)own[4][c] + (double)own[3][c] * (rest - left) - slopes[c] * step; \
        slopes[c] += (double)own[3][c]; \
      } \
    } \
  }

#define CHANNELS(S, TYPE, LANES) \
  BLOCKED_SUM(run_sum_##S, double, TYPE, SUM_OF(x[i]), const TYPE *x) \
  BLOCKED_SUM(run_off_##S, double, TYPE, SUM_OF(x[i] - m), const TYPE *x, TYPE m) \
  BLOCKED_SUM(run_products_##S, double, TYPE, SUM_OF((x[i] - m) * (z[i] - k)), const TYPE *x, TYPE m, const TYPE *z, TYPE k) \
  LANE_SUMS(lane_sums_##S, TYPE, lanes_##S, LANES) \
  LANE_SUMS(wide_sums_##S, TYPE, wide_##S, 2 * LANES) \
  INLINE void block_sums_##S(const TYPE *x, const TYPE *g, bool has, const mk_channel_sums *sums, ptrdiff_t before, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t count) { \
    ptrdiff_t c = 0; \
    for (; c + 2 * LANES <= count; c += 2 * LANES) wide_sums_##S(x + c, has ? g + c : NULL, has, sums, c, before, rows, stride, 2 * LANES); \
    for (; c < count; c += LANES) { \
      if (c + LANES <= count) { \
        lane_sums_##S(x + c, has ? g + c : NULL, has, sums, c, before, rows, stride, LANES); \
        continue; \
      } \
      TYPE own[2][CHANNEL_ROWS * LANES]; \
      for (ptrdiff_t r = 0; r < rows; r++) \
        for (ptrdiff_t i = 0; i < LANES; i++) { \
          own[0][r * LANES + i] = c + i < count ? x[r * stride + c + i] : 0; \
          if (has) own[1][r * LANES + i] = c + i < count ? g[r * stride + c + i] : 0; \
        } \
      lane_sums_##S(own[0], own[1], has, sums, c, before, rows, LANES, count - c); \
    } \
  } \
  static CLONES void column_sums_##S(const TYPE *x, const TYPE *g, const mk_channel_sums *sums, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t count) { \
    for (ptrdiff_t row = 0; row < rows; row += CHANNEL_ROWS) { \
      const ptrdiff_t at = row * stride, block = rows - row < CHANNEL_ROWS ? rows - row : CHANNEL_ROWS; \
      if (g) block_sums_##S(x + at, g + at, true, sums, row, block, stride, count); \
      else block_sums_##S(x + at, NULL, false, sums, row, block, stride, count); \
    } \
  } \
  static CLONES void run_sums_##S(const TYPE *x, const TYPE *g, const mk_channel_sums *sums, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t inner, ptrdiff_t count) { \
    const double total = (double)rows * (double)inner; \
    for (ptrdiff_t c = 0; c < count; c++) { \
      double sum = 0, off = 0, squares = 0, gradient = 0, product = 0; \
      const TYPE *const from = x + c * inner; \
      for (ptrdiff_t r = 0; r < rows; r++) sum += run_sum_##S(from + r * stride, inner); \
      const TYPE mean = (TYPE)(sum / total); \
      for (ptrdiff_t r = 0; r < rows; r++) { \
        const TYPE *const run = from + r * stride; \
        off += run_off_##S(run, mean, inner); \
        squares += run_products_##S(run, mean, run, mean, inner); \
        if (g) { \
          const TYPE *const slope = g + c * inner + r * stride; \
          gradient += run_sum_##S(slope, inner); \
          product += run_products_##S(run, mean, slope, 0, inner); \
        } \
      } \
      const double left = off / total; \
      sums->mean[c] = (double)mean + left; \
      sums->squares[c] = squares - off * left; \
      if (g) { \
        sums->gradient[c] = gradient; \
        sums->product[c] = product - left * gradient; \
      } \
    } \
  } \
  INLINE void channel_sums_of_##S(const TYPE *x, const TYPE *g, const mk_channel_sums *sums, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t inner, ptrdiff_t count) { \
    if (inner == 1) { \
      clear(sums, count); \
      column_sums_##S(x, g, sums, rows, channels, count); \
    } else { \
      run_sums_##S(x, g, sums, rows, channels * inner, inner, count); \
    } \
  } \
  static CLONES void channel_statistics_##S(double epsilon, const mk_channel_sums *sums, double n, const TYPE *restrict scale, TYPE *restrict mean, TYPE *restrict variance, TYPE *restrict factor, ptrdiff_t count) { \
    for (ptrdiff_t c = 0; c < count; c++) { \
      const double spread = sums->squares[c] / n; \
      mean[c] = (TYPE)sums->mean[c]; \
      variance[c] = (TYPE)spread; \
      factor[c] = (TYPE)((double)scale[c] / __builtin_sqrt(spread + epsilon)); \
    } \
  } \
  static CLONES void channel_slopes_##S(double epsilon, const mk_channel_sums *sums, double n, const TYPE *restrict scale, TYPE *restrict mean, TYPE *restrict middle, TYPE *restrict slope, TYPE *restrict factor, TYPE *restrict dscale, TYPE *restrict dshift, ptrdiff_t count) { \
    for (ptrdiff_t c = 0; c < count; c++) { \
      const double root = 1 / __builtin_sqrt(sums->squares[c] / n + epsilon); \
      mean[c] = (TYPE)sums->mean[c]; \
      middle[c] = (TYPE)(sums->gradient[c] / n); \
      slope[c] = (TYPE)(sums->product[c] / n * root * root); \
      factor[c] = (TYPE)((double)scale[c] * root); \
      dscale[c] = (TYPE)(sums->product[c] * root); \
      dshift[c] = (TYPE)sums->gradient[c]; \
    } \
  } \
  static CLONES void channel_scale_##S(const TYPE *x, const TYPE *restrict mean, const TYPE *restrict factor, const TYPE *restrict shift, TYPE *y, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t inner) { \
    if (inner == 1) { \
      for (ptrdiff_t row = 0; row < rows; row += SCALED_ROWS, x += SCALED_ROWS * channels, y += SCALED_ROWS * channels) { \
        const ptrdiff_t block = rows - row < SCALED_ROWS ? rows - row : SCALED_ROWS; \
        ptrdiff_t c = 0; \
        for (; c + LANES <= channels; c += LANES) { \
          const lanes_##S m = *(const lanes_##S *)(mean + c), f = *(const lanes_##S *)(factor + c), s = *(const lanes_##S *)(shift + c); \
          for (ptrdiff_t r = c; r < block * channels; r += channels) \
            *(lanes_##S *)(y + r) = (*(const lanes_##S *)(x + r) - m) * f + s; \
        } \
        for (; c < channels; c++) { \
          const TYPE m = mean[c], f = factor[c], s = shift[c]; \
          for (ptrdiff_t r = c; r < block * channels; r += channels) y[r] = (x[r] - m) * f + s; \
        } \
      } \
      return; \
    } \
    for (ptrdiff_t r = 0; r < rows; r++) \
      for (ptrdiff_t c = 0; c < channels; c++, x += inner, y += inner) { \
        const TYPE m = mean[c], f = factor[c], s = shift[c]; \
        IN_PLACE for (ptrdiff_t i = 0; i < inner; i++) y[i] = (x[i] - m) * f + s; \
      } \
  } \
  static CLONES void channel_scale_backward_##S(const TYPE *x, const TYPE *g, const TYPE *restrict mean, const TYPE *restrict middle, const TYPE *restrict slope, const TYPE *restrict factor, TYPE *dx, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t inner) { \
    if (inner == 1) { \
      for (ptrdiff_t row = 0; row < rows; row += SCALED_ROWS, x += SCALED_ROWS * channels, g += SCALED_ROWS * channels, dx += SCALED_ROWS * channels) { \
        const ptrdiff_t block = rows - row < SCALED_ROWS ? rows - row : SCALED_ROWS; \
        ptrdiff_t c = 0; \
        for (; c + LANES <= channels; c += LANES) { \
          const lanes_##S m = *(const lanes_##S *)(mean + c), a = *(const lanes_##S *)(middle + c); \
          const lanes_##S s = *(const lanes_##S *)(slope + c), f = *(const lanes_##S *)(factor + c); \
          for (ptrdiff_t r = c; r < block * channels; r += channels) \
            *(lanes_##S *)(dx + r) = (*(const lanes_##S *)(g + r) - a - (*(const lanes_##S *)(x + r) - m) * s) * f; \
        } \
        for (; c < channels; c++) { \
          const TYPE m = mean[c], a = middle[c], s = slope[c], f = factor[c]; \
          for (ptrdiff_t r = c; r < block * channels; r += channels) dx[r] = (g[r] - a - (x[r] - m) * s) * f; \
        } \
      } \
      return; \
    } \
    for (ptrdiff_t r = 0; r < rows; r++) \
      for (ptrdiff_t c = 0; c < channels; c++, x += inner, g += inner, dx += inner) { \
        const TYPE m = mean[c], a = middle[c], s = slope[c], f = factor[c]; \
        IN_PLACE for (ptrdiff_t i = 0; i < inner; i++) dx[i] = (g[i] - a - (x[i] - m) * s) * f; \
      } \
  }
CHANNELS(f32, float, 16)
CHANNELS(f64, double, 8)

void mk_channel_sums_of(mk_type type, const void *x, const void *g, const mk_channel_sums *sums, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t inner, ptrdiff_t count) {
  BY_FLOATING(type, channel_sums_of, x, g, sums, rows, channels, inner, count)
}

void mk_channel_statistics(mk_type type, double epsilon, const mk_channel_sums *sums, double n, const void *scale, void *mean, void *variance, void *factor, ptrdiff_t count) {
  BY_FLOATING(type, channel_statistics, epsilon, sums, n, scale, mean, variance, factor, count)
}

void mk_channel_slopes(mk_type type, double epsilon, const mk_channel_sums *sums, double n, const void *scale, void *mean, void *middle, void *slope, void *factor, void *dscale, void *dshift, ptrdiff_t count) {
  BY_FLOATING(type, channel_slopes, epsilon, sums, n, scale, mean, middle, slope, factor, dscale, dshift, count)
}

void mk_channel_scale(mk_type type, const void *x, const void *mean, const void *factor, const void *shift, void *y, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t inner) {
  BY_FLOATING(type, channel_scale, x, mean, factor, shift, y, rows, channels, inner)
}

void mk_channel_scale_backward(mk_type type, const void *x, const void *g, const void *mean, const void *middle, const void *slope, const void *factor, void *dx, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t inner) {
  BY_FLOATING(type, channel_scale_backward, x, g, mean, middle, slope, factor, dx, rows, channels, inner)
}
