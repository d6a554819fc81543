// Fused losses: softmax cross-entropy with integer labels, squared differences.
#include "loss.h"

#include "families.h"
#include "rows.h"

#define CROSS_ENTROPY(S, TYPE, W, EXP, LOG) \
  static CLONES void cross_entropy_##S(const TYPE *x, const int64_t *label, TYPE *loss, TYPE *logsum, ptrdiff_t rows, ptrdiff_t cols) { \
    for (ptrdiff_t r = 0; r < rows; r++, x += cols) { \
      const TYPE m = largest_##S(x, cols), s = LOG(exp_sum_##S(x, m, false, logsum, cols)); \
      loss[r] = (m - x[label[r]]) + s; \
      logsum[r] = m + s; \
    } \
  } \
  static CLONES void cross_entropy_backward_##S(const TYPE *x, const int64_t *label, const TYPE *logsum, const TYPE *scale, ptrdiff_t ss, TYPE *dx, ptrdiff_t rows, ptrdiff_t cols) { \
    for (ptrdiff_t r = 0; r < rows; r++, x += cols, dx += cols) { \
      const TYPE l = logsum[r], g = scale[r * ss], chosen = x[label[r]]; \
      EACH(W, c, cols, dx[c] = g * EXP(x[c] - l);) \
      dx[label[r]] = g * (EXP(chosen - l) - 1); \
    } \
  }
CROSS_ENTROPY(f32, float, 16, exp_f32, log_f32)
CROSS_ENTROPY(f64, double, 8, exp_f64, log_f64)

void mk_cross_entropy(mk_type type, const void *x, const int64_t *label, void *loss, void *logsum, ptrdiff_t rows, ptrdiff_t cols) {
  BY_FLOATING(type, cross_entropy, x, label, loss, logsum, rows, cols)
}

void mk_cross_entropy_backward(mk_type type, const void *x, const int64_t *label, const void *logsum, const void *scale, ptrdiff_t ss, void *dx, ptrdiff_t rows, ptrdiff_t cols) {
  BY_FLOATING(type, cross_entropy_backward, x, label, logsum, scale, ss, dx, rows, cols)
}

#define SQUARED_ERROR(S, TYPE) \
  BLOCKED_SUM(square_sum_##S, double, TYPE, SUM_OF((a[i] - b[i]) * (a[i] - b[i])), const TYPE *a, const TYPE *b) \
  static CLONES double squared_error_##S(const TYPE *a, const TYPE *b, ptrdiff_t n) { return square_sum_##S(a, b, n); } \
  static CLONES void scaled_difference_##S(const TYPE *a, const TYPE *b, TYPE scale, TYPE *restrict y, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = scale * (a[i] - b[i]); \
  }
SQUARED_ERROR(f32, float)
SQUARED_ERROR(f64, double)

double mk_squared_error(mk_type type, const void *a, const void *b, ptrdiff_t n) {
  BY_FLOATING(type, return squared_error, a, b, n)
}

void mk_scaled_difference(mk_type type, const void *a, const void *b, double scale, void *y, ptrdiff_t n) {
  BY_FLOATING(type, scaled_difference, a, b, scale, y, n)
}
