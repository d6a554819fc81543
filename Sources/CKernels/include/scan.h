// Running sums and products, and the normalisation of rows.
#ifndef MARTLET_SCAN_H
#define MARTLET_SCAN_H
#include "types.h"

// For each of `blocks` blocks of [n, inner] contiguous elements, along n for the first `columns` of the `inner` columns:
// y[i] = x[0] + … + x[i], or the product; from the back y[i] = x[i] + … + x[n-1]. Numeric types; integers wrap. In
// place is allowed.
void mk_cumulative(bool product, bool from_back, mk_type type, const void *x, void *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner, ptrdiff_t columns);
// Rows of MK_LONG_ROW float32 or float64 and more are summed so in chains of MK_CHAIN elements, from the back the last ones
// first; the last chain may be shorter. First the sums of `count` chains from number `first` on:
enum { MK_CHAIN = 512, MK_LONG_ROW = 8192 };
void mk_chain_sums(bool from_back, mk_type type, const void *x, double *sums, ptrdiff_t n, ptrdiff_t first, ptrdiff_t count);
// Then, with the sum of all that comes before each of these chains, -0 before the first, the row itself. Not in place.
void mk_chain_scan(bool from_back, mk_type type, const void *x, const double *before, void *y, ptrdiff_t n, ptrdiff_t first, ptrdiff_t count);
// In the same blocks y[i] = g[i] + a[i] y[i-1], or from the back g[i] + a[i] y[i+1]; a[0], or from the back a[n-1], is
// not used. float32 or float64; y may be g.
void mk_linear_recurrence(bool from_back, mk_type type, const void *a, const void *g, void *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner);
// In the same blocks the index along n of the largest (or smallest) of x[0] ... x[i]: of several the last, and of NaN the
// last that came. Numeric types.
void mk_cumulative_arg_extreme(bool largest, mk_type type, const void *x, int64_t *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner);
// In the same blocks log(exp(x[0]) + ... + exp(x[i])) without overflow; float32 or float64.
void mk_log_cumulative_sum_exp(mk_type type, const void *x, void *y, ptrdiff_t blocks, ptrdiff_t n, ptrdiff_t inner);
// y[r] = (x[r] - mean) / sqrt(variance + epsilon) for contiguous rows, float32 or float64, with the population
// variance. Unless both are null, y[r][c] is then multiplied by factor[c], and shift[c] is added.
void mk_normalize_rows(mk_type type, double epsilon, const void *x, const void *factor, const void *shift, void *y, ptrdiff_t rows, ptrdiff_t cols);
// Its pullback, without factor and shift; y is computed again from x:
// dx[r] = (g[r] - mean(g[r]) - y[r] * mean(g[r] * y[r])) / sqrt(variance + epsilon).
void mk_normalize_rows_backward(mk_type type, double epsilon, const void *x, const void *g, void *dx, ptrdiff_t rows, ptrdiff_t cols);
#endif
