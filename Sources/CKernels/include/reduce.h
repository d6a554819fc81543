// Reductions along one axis. Sums are pairwise over blocks, which depend on the number of elements alone; NaN
// propagates through min and max.
#ifndef MARTLET_REDUCE_H
#define MARTLET_REDUCE_H
#include "types.h"

typedef enum mk_reduce_op : uint8_t {
  MK_SUM, MK_PRODUCT, MK_MIN, MK_MAX,  // numeric types; integer sums and products wrap
  MK_SUM_OF_SQUARES,                   // float32, float64
  MK_ANY, MK_ALL,                      // bool
  MK_REDUCE_COUNT
} mk_reduce_op;

// y[r] = reduce(x[r * xs + 0 ..< n]) for `rows` rows of n contiguous elements.
// n = 0 gives the identity (sum 0, product 1, any false, all true); min and max need n > 0.
void mk_reduce_rows(mk_reduce_op op, mk_type type, const void *x, ptrdiff_t xs, void *y, ptrdiff_t rows, ptrdiff_t n);
// The sum of n contiguous elements, or of their squares, of float32 or float64, before it is rounded to their type: for
// a part of a longer row.
double mk_sum_wide(bool squares, mk_type type, const void *x, ptrdiff_t n);
// y[c] = reduce over r of x[r * xs + c] for `cols` contiguous columns and n rows. The bits are the same whichever
// columns a call covers.
void mk_reduce_columns(mk_reduce_op op, mk_type type, const void *x, ptrdiff_t xs, void *y, ptrdiff_t n, ptrdiff_t cols);
// y[r] = index of the first largest (or smallest) element; NaN counts as the extreme, as in NumPy. n > 0.
void mk_arg_extreme_rows(bool largest, mk_type type, const void *x, ptrdiff_t xs, int64_t *y, ptrdiff_t rows, ptrdiff_t n);
#endif
