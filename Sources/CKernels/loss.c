// Softmax cross-entropy with integer labels.
#include "include/loss.h"

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
  if (type == MK_FLOAT32) cross_entropy_f32(x, label, loss, logsum, rows, cols);
  else cross_entropy_f64(x, label, loss, logsum, rows, cols);
}

void mk_cross_entropy_backward(mk_type type, const void *x, const int64_t *label, const void *logsum, const void *scale, ptrdiff_t ss, void *dx, ptrdiff_t rows, ptrdiff_t cols) {
  if (type == MK_FLOAT32) cross_entropy_backward_f32(x, label, logsum, scale, ss, dx, rows, cols);
  else cross_entropy_backward_f64(x, label, logsum, scale, ss, dx, rows, cols);
}
