// Fused losses.
#ifndef MARTLET_LOSS_H
#define MARTLET_LOSS_H
#include "types.h"

// Softmax cross-entropy with integer labels, for contiguous rows of `cols` logits, float32 or float64.
// loss[r] = logSumExp(x[r]) - x[r][label[r]]; logsum[r] = logSumExp(x[r]). Labels are already checked.
void mk_cross_entropy(mk_type type, const void *x, const int64_t *label, void *loss, void *logsum, ptrdiff_t rows, ptrdiff_t cols);
// dx[r][c] = scale[r * ss] * (exp(x[r][c] - logsum[r]) - (c == label[r])).
void mk_cross_entropy_backward(mk_type type, const void *x, const int64_t *label, const void *logsum, const void *scale, ptrdiff_t ss, void *dx, ptrdiff_t rows, ptrdiff_t cols);

// The sum of (a[i] - b[i])^2, float32 or float64. The sums of blocks of 1024 are added in double.
double mk_squared_error(mk_type type, const void *a, const void *b, ptrdiff_t n);
// y[i] = scale * (a[i] - b[i]).
void mk_scaled_difference(mk_type type, const void *a, const void *b, double scale, void *y, ptrdiff_t n);
#endif
