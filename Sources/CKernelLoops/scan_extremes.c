// Running extremes, and running sums of exponentials.
#include "scan.h"

#include <CPlatform.h>

#include "clones.h"
#include "families.h"
#include "vector_math_f64.h"

// Whether the new element takes the place of the old one: NaN does, and nothing but NaN replaces it.
#define REPLACES(largest, old, new) ((new) != (new) || ((largest) ? (new) >= (old) : (new) <= (old)))

#define ARG_EXTREMES(S, TYPE) \
  static void arg_extremes_##S(bool largest, const TYPE *x, int64_t *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) { \
    for (ptrdiff_t b = 0; b < blocks; b++, x += n * inner, y += n * inner) { \
      for (ptrdiff_t c = 0; c < inner; c++) y[c] = 0; \
      for (ptrdiff_t i = 1; i < n; i++) { \
        const int64_t *before = y + (i - 1) * inner; \
        for (ptrdiff_t c = 0; c < inner; c++) { \
          const TYPE old = x[before[c] * inner + c], new = x[i * inner + c]; \
          y[i * inner + c] = REPLACES(largest, old, new) ? i : before[c]; \
        } \
      } \
    } \
  }
ARG_EXTREMES(f32, float)
ARG_EXTREMES(f64, double)
ARG_EXTREMES(i32, int32_t)
ARG_EXTREMES(i64, int64_t)
ARG_EXTREMES(u8, uint8_t)

void mk_cumulative_arg_extreme(bool largest, mk_type type, const void *x, int64_t *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) {
  if (n <= 0 || inner <= 0) return;
  const uint32_t mode = mk_keep_denormals();
  BY_NUMERIC(type, arg_extremes, largest, x, y, blocks, n, inner)
  mk_end_keeping(mode);
}

// The sum is kept as sum * e^most, with the largest element so far as `most`, in double for both types. Equal elements
// are at distance 0 even where both are infinite.
enum { STRIP = 256 };
#define LOG_SUMS(S, TYPE) \
  static CLONES void log_sums_strip_##S(const TYPE *x, TYPE *y, ptrdiff_t n, ptrdiff_t inner, ptrdiff_t width) { \
    double most[STRIP], sum[STRIP]; \
    for (ptrdiff_t c = 0; c < width; c++) { \
      most[c] = (double)x[c]; \
      sum[c] = 1; \
      y[c] = x[c]; \
    } \
    for (ptrdiff_t i = 1; i < n; i++) { \
      x += inner; \
      y += inner; \
      IN_PLACE for (ptrdiff_t c = 0; c < width; c++) { \
        const double next = (double)x[c], old = most[c]; \
        const double distance = next == old ? 0 : next > old ? old - next : next - old; \
        const double factor = exp_f64(distance); \
        sum[c] = next > old ? sum[c] * factor + 1 : sum[c] + factor; \
        most[c] = next > old ? next : old; \
        y[c] = (TYPE)(most[c] + log_f64(sum[c])); \
      } \
    } \
  } \
  static void log_sums_##S(const TYPE *x, TYPE *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) { \
    for (ptrdiff_t b = 0; b < blocks; b++, x += n * inner, y += n * inner) \
      for (ptrdiff_t c = 0; c < inner; c += STRIP) \
        log_sums_strip_##S(x + c, y + c, n, inner, inner - c < STRIP ? inner - c : STRIP); \
  }
LOG_SUMS(f32, float)
LOG_SUMS(f64, double)

void mk_log_cumulative_sum_exp(mk_type type, const void *x, void *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner) {
  if (n <= 0 || inner <= 0) return;
  BY_FLOATING(type, log_sums, x, y, blocks, n, inner)
}
