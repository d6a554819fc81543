// Copies, conversions, fills, gathers and scatters.
#ifndef MARTLET_COPY_H
#define MARTLET_COPY_H
#include "types.h"

// y[i] = x[i * xs] for elements of `size` bytes (1, 2, 4 or 8).
void mk_copy(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t n);
// The same for rows: row r of x begins at x + r * xr, those of y follow one another. When it streams, y is written past the
// caches: for results that would not stay there.
void mk_copy_rows(bool streams, size_t size, const void *x, ptrdiff_t xs, ptrdiff_t xr, void *y, ptrdiff_t rows, ptrdiff_t n);
// y[i * ys] = x[i * xs].
void mk_copy_strided(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t ys, ptrdiff_t n);
// y[r * cols + c] = x[c * xs + r]: a matrix stored by columns (column c begins at c * xs, xs >= rows) written by rows, in tiles.
void mk_transpose(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t rows, ptrdiff_t cols);
// The same, with y written past the caches where its rows begin at lines of 64 bytes.
void mk_transpose_streamed(size_t size, const void *x, ptrdiff_t xs, void *y, ptrdiff_t rows, ptrdiff_t cols);
// y[i] = (to)x[i * xs], between any two of the eight types. Float to integer truncates and saturates, NaN gives 0;
// to bool is `!= 0`; integer to a narrower integer wraps.
void mk_convert(mk_type from, const void *x, ptrdiff_t xs, mk_type to, void *y, ptrdiff_t n);
// y[i] = *value for elements of `size` bytes.
void mk_fill(size_t size, const void *value, void *y, ptrdiff_t n);
// y[i] = start + i * step, computed from i (no running sum): of float32 and float64 in double, of integers wrapping.
void mk_arange(mk_type type, double start, double step, void *y, ptrdiff_t first, ptrdiff_t n);
void mk_arange_integers(mk_type type, int64_t start, int64_t step, void *y, ptrdiff_t first, ptrdiff_t n);
// y[i * row .. +row] = x[index[i] * xs .. +row], rows of `bytes` contiguous bytes, xs in bytes; indices are already checked.
void mk_gather_rows(size_t bytes, const void *x, ptrdiff_t xs, const int64_t *index, void *y, ptrdiff_t n);
// y[index[i] * row ..] += x[i * row ..] for rows of `row` elements, in order of i; numeric types.
void mk_scatter_add_rows(mk_type type, const void *x, const int64_t *index, void *y, ptrdiff_t row, ptrdiff_t n);
// Along an axis: blocks of [length, inner] elements of x, and blocks of [count, inner] indices and elements of y. For the first
// `columns` of every block, y[k, c] = x[index[k, c], c].
void mk_gather_along(size_t size, const void *x, const int64_t *index, void *y, ptrdiff_t length, ptrdiff_t count, ptrdiff_t inner, ptrdiff_t blocks, ptrdiff_t columns);
// The other way: y, of [length, inner], has x[k, c] added at [index[k, c], c], in order of k; numeric types.
void mk_scatter_add_along(mk_type type, const void *x, const int64_t *index, void *y, ptrdiff_t length, ptrdiff_t count, ptrdiff_t inner, ptrdiff_t blocks, ptrdiff_t columns);
#endif
