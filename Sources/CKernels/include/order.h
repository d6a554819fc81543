// Order without a full sort, places in sorted rows, bins and counts, and runs of equal elements.
#ifndef MARTLET_ORDER_H
#define MARTLET_ORDER_H
#include "types.h"

// In all of these NaN is larger than every number, and denormals are kept. Numeric types.

// For each row of n elements an order, as indices, in which the elements at `places` stand where a stable sort would put
// them, and none before one of them comes after it in that sort. The places are ascending and distinct. `scratch` has 16
// bytes for each of n elements. O(n log count) on average, O(n log n) at worst.
void mk_argpartition_rows(mk_type type, const void *x, const int64_t *places, ptrdiff_t count, int64_t *order, void *scratch, ptrdiff_t rows, ptrdiff_t n);
// The stable order of n rows of `width` elements, compared as words are: by the first element that differs.
void mk_argsort_whole_rows(mk_type type, const void *x, int64_t *order, int64_t *scratch, ptrdiff_t n, ptrdiff_t width);
// For each value the number of elements of a sorted row that are less than it or, from the right, at most it. Row r of
// `sorted` has n elements, row r of the values has `count`.
void mk_search_sorted(bool right, mk_type type, const void *sorted, ptrdiff_t n, const void *values, int64_t *y, ptrdiff_t rows, ptrdiff_t count);
// The bin of each element: the last i with edges[i] <= x[i], where x is at most the last edge, which belongs to the last
// bin; `bins` for what is outside and for NaN. There are bins + 1 ascending edges. With `even` the edges are at equal
// distances, float32 or float64, and the bin is computed from x before it is compared with its edges.
void mk_bins(bool even, mk_type type, const void *edges, ptrdiff_t bins, const void *x, int64_t *y, ptrdiff_t n);
// counts[index[i]] += 1 for indices below `length`; the others are left out.
void mk_count(mk_type type, const void *index, int64_t *counts, ptrdiff_t length, ptrdiff_t n);
// y[i] = whether row i of `width` elements differs from the row before it, true for the first; NaN is equal to NaN where
// `merges` says so.
void mk_run_starts(bool merges, mk_type type, const void *x, uint8_t *y, ptrdiff_t n, ptrdiff_t width);
// Of each sorted row of n > 0 elements the most frequent one, the first of several: its position and how often it
// occurs. NaN is equal to NaN.
void mk_longest_run(mk_type type, const void *x, int64_t *position, int64_t *length, ptrdiff_t rows, ptrdiff_t n);
#endif
