// Copies, conversions, fills and sequences.
#ifndef MARTLET_COPY_H
#define MARTLET_COPY_H
#include "types.h"

// y[i] = x[i * xs] for elements of `size` bytes (1, 2, 4 or 8).
void mk_copy(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t n);
// The same for rows: row r of x begins at x + r * xr, and the rows of y follow one another. With `streams`, y is
// written by streaming stores, which bypass the caches: for results too large to stay there.
void mk_copy_rows(bool streams, size_t size, const void *x, ptrdiff_t xs, ptrdiff_t xr, void *y, ptrdiff_t rows, ptrdiff_t n);
// y[i * ys] = x[i * xs].
void mk_copy_strided(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t ys, ptrdiff_t n);
// y[r * ys + c] = x[c * xs + r]: a matrix stored by columns (column c begins at c * xs) is written by rows, in tiles.
void mk_transpose(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t ys, ptrdiff_t rows, ptrdiff_t cols);
// The same, with streaming stores where the rows of y begin at cache lines of 64 bytes.
void mk_transpose_streamed(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t ys, ptrdiff_t rows, ptrdiff_t cols);
// y[i] = (to)x[i * xs], between any two of the eight types. Float to integer truncates and saturates, NaN gives 0;
// to bool is `!= 0`; integer to a narrower integer wraps.
void mk_convert(mk_type from, const void *x, ptrdiff_t xs, mk_type to, void *y, ptrdiff_t n);
// y[i] = *value for elements of `size` bytes.
void mk_fill(size_t size, const void *value, void *y, ptrdiff_t n);
// y[i] = start + (first + i) * step, without a running sum: float32 and float64 in double; integers wrap.
void mk_arange(mk_type type, double start, double step, void *y, ptrdiff_t first, ptrdiff_t n);
void mk_arange_integers(mk_type type, int64_t start, int64_t step, void *y, ptrdiff_t first, ptrdiff_t n);
#endif
