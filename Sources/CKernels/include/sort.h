// Sorting whole rows. NaN is larger than every number, and equal elements stay in their order: NaN comes last when
// ascending and first when descending. Numeric types and Bool.
#ifndef MARTLET_SORT_H
#define MARTLET_SORT_H
#include "types.h"

// In all of these `scratch` has as many elements as there are to sort, of their size or, for indices, of 8 bytes.

// Each row of n elements in order.
void mk_sort_rows(bool descending, mk_type type, const void *x, void *y, void *scratch, ptrdiff_t rows, ptrdiff_t n);
// The order of each row as indices.
void mk_argsort_rows(bool descending, mk_type type, const void *x, int64_t *order, int64_t *scratch, ptrdiff_t rows, ptrdiff_t n);
// The same by merging, without keys: O(n log n) comparisons of elements wherever they lie.
void mk_argsort_rows_by_merging(bool descending, mk_type type, const void *x, int64_t *order, int64_t *scratch, ptrdiff_t rows, ptrdiff_t n);
// The first k elements and indices of that order, for k up to n: the largest, or the smallest. Numeric types.
void mk_top_k_rows(bool largest, mk_type type, const void *x, void *values, int64_t *order, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t k);

// The elements of each row that the sort puts at `count` places, which ascend and differ. `scratch` has twice as many
// elements as the others say. O(n count) on average. Numeric types.
void mk_order_statistics_rows(mk_type type, const void *x, const int64_t *places, ptrdiff_t count, void *y, void *scratch, ptrdiff_t rows, ptrdiff_t n);

// The parts of the work on one long row of elements of 4 or 8 bytes, for several threads. Elements become keys: unsigned
// integers of the same size in the same order, where all NaN are one, and -0 is 0.

// Makes keys. Whether elements that are equal may differ in their bits: then mk_restore_equals is needed after all.
bool mk_make_keys(bool descending, mk_type type, const void *x, void *keys, ptrdiff_t n);
// Makes elements of keys, in place too.
void mk_unmake_keys(bool descending, mk_type type, const void *keys, void *y, ptrdiff_t n);
// Gives the zeros and NaN of y, which is x sorted, the bits that they have in x, in its order.
void mk_restore_equals(bool descending, mk_type type, const void *x, void *y, ptrdiff_t n);
// The bits in which keys differ from the first of all, `first` elements before x.
uint64_t mk_differing_bits(mk_type type, const void *x, ptrdiff_t first, ptrdiff_t n);
// Keys of 8 bytes for elements and their indices, counted from `first`: 32 bits of the element's key from bit `shift` on,
// then the index, below 2^32.
void mk_make_index_keys(bool descending, mk_type type, int shift, const void *x, ptrdiff_t first, uint64_t *keys, ptrdiff_t n);
// The shift with which the 32 bits of an index key begin with the highest one that differs.
static inline int mk_index_key_shift(uint64_t differing) {
  return differing >> 32 ? 32 - __builtin_clzll(differing) : 0;
}
// Of n sorted index keys that were made with a shift, puts those in order whose 32 bits are equal; they must not be only a
// part of those. `x` is the whole row.
void mk_settle_index_keys(bool descending, mk_type type, int shift, const void *x, uint64_t *keys, uint64_t *scratch, ptrdiff_t n);
// The indices of index keys, in place too.
void mk_indices_of_keys(const uint64_t *keys, int64_t *order, ptrdiff_t n);
// Sorts keys of 4 or 8 bytes by their bits from `first_bit` on, keeping the order of those that agree in these or
// sorting them by the bits below.
void mk_sort_keys(size_t size, void *keys, void *scratch, int first_bit, ptrdiff_t n);
// The same by digits, keeping the order, on every processor.
void mk_sort_keys_by_digits(size_t size, void *keys, void *scratch, int first_bit, ptrdiff_t n);
// Copies n > 0 keys to y, about half of them, none of which is greater than the others, to the front; returns how many.
ptrdiff_t mk_halve_keys(size_t size, const void *x, void *y, ptrdiff_t n);
#endif
