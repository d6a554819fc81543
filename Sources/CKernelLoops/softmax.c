// Softmax, log-softmax and log-sum-exp, a row at a time while it is in the cache.
#include "softmax.h"

#include "families.h"
#include "rows.h"

#define SOFTMAX(S, TYPE, W, EXP, LOG) \
  static CLONES void softmax_##S(const TYPE *x, TYPE *y, ptrdiff_t rows, ptrdiff_t cols) { \
    for (ptrdiff_t r = 0; r < rows; r++, x += cols, y += cols) { \
      const TYPE inverse = 1 / exp_sum_##S(x, largest_##S(x, cols), true, y, cols); \
      for (ptrdiff_t c = 0; c < cols; c++) y[c] *= inverse; \
    } \
  } \
  static CLONES void log_softmax_##S(const TYPE *x, TYPE *y, ptrdiff_t rows, ptrdiff_t cols) { \
    for (ptrdiff_t r = 0; r < rows; r++, x += cols, y += cols) { \
      const TYPE m = largest_##S(x, cols), log_sum = LOG(exp_sum_##S(x, m, false, y, cols)); \
      IN_PLACE for (ptrdiff_t c = 0; c < cols; c++) y[c] = (x[c] - m) - log_sum; \
    } \
  } \
  static CLONES void log_sum_exp_##S(const TYPE *x, TYPE *y, ptrdiff_t rows, ptrdiff_t cols) { \
    for (ptrdiff_t r = 0; r < rows; r++, x += cols) { \
      const TYPE m = largest_##S(x, cols); \
      y[r] = m - m == 0 ? m + LOG(exp_sum_##S(x, m, false, y, cols)) : m; \
    } \
  } \
  static void log_of_zero_##S(TYPE *y, ptrdiff_t rows) { \
    for (ptrdiff_t r = 0; r < rows; r++) y[r] = -(TYPE)__builtin_inf(); \
  } \
  /* The sum of a * b, or of a where b is null. */ \
  BLOCKED_SUM(dot_##S, TYPE, TYPE, SUM_OF(b ? a[i] * b[i] : a[i]), const TYPE *a, const TYPE *b) \
  static CLONES void softmax_backward_##S(const TYPE *y, const TYPE *dy, TYPE *dx, ptrdiff_t rows, ptrdiff_t cols) { \
    for (ptrdiff_t r = 0; r < rows; r++, y += cols, dy += cols, dx += cols) { \
      const TYPE dot = dot_##S(dy, y, cols); \
      IN_PLACE for (ptrdiff_t c = 0; c < cols; c++) dx[c] = y[c] * (dy[c] - dot); \
    } \
  } \
  static CLONES void log_softmax_backward_##S(const TYPE *y, const TYPE *dy, TYPE *dx, ptrdiff_t rows, ptrdiff_t cols) { \
    for (ptrdiff_t r = 0; r < rows; r++, y += cols, dy += cols, dx += cols) { \
      const TYPE sum = dot_##S(dy, NULL, cols); \
      EACH(W, c, cols, dx[c] = dy[c] - EXP(y[c]) * sum;) \
    } \
  }
SOFTMAX(f32, float, 16, exp_f32, log_f32)
SOFTMAX(f64, double, 8, exp_f64, log_f64)

void mk_softmax(mk_type type, const void *x, void *y, ptrdiff_t rows, ptrdiff_t cols) {
  if (cols <= 0) return;
  BY_FLOATING(type, softmax, x, y, rows, cols)
}

void mk_log_softmax(mk_type type, const void *x, void *y, ptrdiff_t rows, ptrdiff_t cols) {
  if (cols <= 0) return;
  BY_FLOATING(type, log_softmax, x, y, rows, cols)
}

// Without columns the result is log(0).
void mk_log_sum_exp(mk_type type, const void *x, void *y, ptrdiff_t rows, ptrdiff_t cols) {
  if (cols <= 0) {
    BY_FLOATING(type, log_of_zero, y, rows)
  } else {
    BY_FLOATING(type, log_sum_exp, x, y, rows, cols)
  }
}

void mk_softmax_backward(mk_type type, const void *y, const void *dy, void *dx, ptrdiff_t rows, ptrdiff_t cols) {
  BY_FLOATING(type, softmax_backward, y, dy, dx, rows, cols)
}

void mk_log_softmax_backward(mk_type type, const void *y, const void *dy, void *dx, ptrdiff_t rows, ptrdiff_t cols) {
  BY_FLOATING(type, log_softmax_backward, y, dy, dx, rows, cols)
}
