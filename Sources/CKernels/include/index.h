// Elements at index tensors: positions, gathers, writes and scatters.
#ifndef MARTLET_INDEX_H
#define MARTLET_INDEX_H
#include "types.h"

// The position of the first index that is not within lowest ..< length; n if all are.
ptrdiff_t mk_first_index_outside(const int64_t *index, int64_t lowest, int64_t length, ptrdiff_t n);
// How many of n bools are true.
ptrdiff_t mk_count_true(const uint8_t *x, ptrdiff_t n);
// The positions of the true ones among n bools, plus `first`; returns their number.
ptrdiff_t mk_true_positions(const uint8_t *x, ptrdiff_t n, int64_t first, int64_t *y);
// y[i] = outer[i] * length + index[i * xs], where a negative index counts from the end; outer may be NULL, for 0. The
// indices are within -length ..< length.
void mk_combine_indices(const int64_t *outer, const int64_t *index, ptrdiff_t xs, int64_t length, int64_t *y, ptrdiff_t n);
// y[i] = the distance, in elements, of element index[i] in row-major order, along `axes` axes of these lengths and
// strides.
void mk_index_offsets(const int64_t *index, const ptrdiff_t *lengths, const ptrdiff_t *strides, ptrdiff_t axes, int64_t *y, ptrdiff_t n);
// y[i * yi + j] = x[offset[i] + j * xs], for i < count and j < n; elements of `size` bytes.
void mk_gather_at(size_t size, const void *x, ptrdiff_t xs, const int64_t *offset, void *y, ptrdiff_t yi, ptrdiff_t count, ptrdiff_t n);
// y[offset[i] + j * ys] = x[i * xi + j * xs], in order of i.
void mk_put_at(size_t size, const void *x, ptrdiff_t xi, ptrdiff_t xs, const int64_t *offset, void *y, ptrdiff_t ys, ptrdiff_t count, ptrdiff_t n);
// y[offset[i] + j * ys] += x[i * xi + j * xs], in order of i; numeric types.
void mk_add_at(mk_type type, const void *x, ptrdiff_t xi, ptrdiff_t xs, const int64_t *offset, void *y, ptrdiff_t ys, ptrdiff_t count, ptrdiff_t n);
// y[i * ys] += x[i * xs], in order, also where elements of y are the same; numeric types.
void mk_add_strided(mk_type type, const void *x, ptrdiff_t xs, void *y, ptrdiff_t ys, ptrdiff_t n);
// y[i] = *value where mask[i * ms], in place.
void mk_fill_where(size_t size, const uint8_t *mask, ptrdiff_t ms, const void *value, void *y, ptrdiff_t n);

// Gathers along an axis: x has blocks of [length, inner] elements, the indices and y have blocks of [count, inner]. For
// the first `columns` columns of every block, y[k, c] = x[index[k, c], c].
void mk_gather_along(size_t size, const void *x, const int64_t *index, void *y, ptrdiff_t length, ptrdiff_t count, ptrdiff_t inner, ptrdiff_t blocks, ptrdiff_t columns);
// Combines along an axis: y, with blocks of [length, inner], has its elements at [index[k, c], c] combined with x[k, c],
// in order of k, for the first `columns` columns of every block. Bool is set only. NaN is the least and the greatest.
typedef enum mk_scatter_op : uint8_t {
  MK_SCATTER_SET = 0,
  MK_SCATTER_ADD = 1,
  MK_SCATTER_MULTIPLY = 2,
  MK_SCATTER_MIN = 3,
  MK_SCATTER_MAX = 4,
} mk_scatter_op;
void mk_scatter_along(mk_scatter_op op, mk_type type, const void *x, const int64_t *index, void *y, ptrdiff_t length, ptrdiff_t count, ptrdiff_t inner, ptrdiff_t blocks, ptrdiff_t columns);
#endif
