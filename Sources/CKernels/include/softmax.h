// Softmax, log-softmax and log-sum-exp over contiguous rows, float32 or float64. In place is allowed.
#ifndef MARTLET_SOFTMAX_H
#define MARTLET_SOFTMAX_H
#include "types.h"

// y[r] = exp(x[r] - max) / sum; a row whose largest element is -inf gives NaN, as PyTorch.
void mk_softmax(mk_type type, const void *x, void *y, ptrdiff_t rows, ptrdiff_t cols);
// y[r] = x[r] - logSumExp(x[r]).
void mk_log_softmax(mk_type type, const void *x, void *y, ptrdiff_t rows, ptrdiff_t cols);
// y[r] = logSumExp(x[r]); all -inf gives -inf.
void mk_log_sum_exp(mk_type type, const void *x, void *y, ptrdiff_t rows, ptrdiff_t cols);
// dx = y * (dy - sum(dy * y)).
void mk_softmax_backward(mk_type type, const void *y, const void *dy, void *dx, ptrdiff_t rows, ptrdiff_t cols);
// dx = dy - exp(y) * sum(dy).
void mk_log_softmax_backward(mk_type type, const void *y, const void *dy, void *dx, ptrdiff_t rows, ptrdiff_t cols);
#endif
