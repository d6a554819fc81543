// Reductions along rows.
#include "families.h"
#include "reduce.h"
#include "rows.h"

// Combines the values of consecutive blocks pairwise: after block b, a partial value waits for each 1 bit of b + 1.
#define PAIRWISE(TYPE, n, BLOCK_VALUE, COMBINE) \
  { \
    TYPE waiting[64]; \
    int count = 0; \
    for (ptrdiff_t b = 0; b * SUM_BLOCK < n; b++) { \
      const ptrdiff_t start = b * SUM_BLOCK, length = n - start < SUM_BLOCK ? n - start : SUM_BLOCK; \
      TYPE value = BLOCK_VALUE; \
      for (ptrdiff_t rest = b; rest & 1; rest >>= 1) value = waiting[--count] COMBINE value; \
      waiting[count++] = value; \
    } \
    TYPE value = waiting[--count]; \
    while (count > 0) value = waiting[--count] COMBINE value; \
    return value; \
  }

// Reduces at most one block, in as many lanes as the compiler chooses.
#define LANES_OF(NAME, TYPE, ELEMENT, IDENTITY, COMBINE) \
  INLINE TYPE NAME##_lanes(const TYPE *x, ptrdiff_t n) { \
    IN_LANES \
    TYPE value = IDENTITY; \
    for (ptrdiff_t i = 0; i < n; i++) { \
      const TYPE v = x[i]; \
      value = value COMBINE (ELEMENT); \
    } \
    return value; \
  }

// Sums a whole block as a binary tree: an element goes through at most ten roundings, and none where all elements are
// equal. Lanes would make the same error in every block of equal elements, which adds up to many times as much.
#define FOUR(M, k) ((M(k) + M((k) + 1)) + (M((k) + 2) + M((k) + 3)))
#define SIXTEEN(M) ((FOUR(M, 0) + FOUR(M, 4)) + (FOUR(M, 8) + FOUR(M, 12)))
#define TREE_OF(NAME, TYPE, AT) \
  INLINE TYPE NAME##_tree(const TYPE *x) { \
    enum { WIDTH = 16, PARTS = SUM_BLOCK / (16 * WIDTH) }; \
    TYPE sum[PARTS][WIDTH]; \
    for (int p = 0; p < PARTS; p++, x += 16 * WIDTH) \
      for (int j = 0; j < WIDTH; j++) sum[p][j] = SIXTEEN(AT); \
    for (int j = 0; j < WIDTH; j++) sum[0][j] = (sum[0][j] + sum[1][j]) + (sum[2][j] + sum[3][j]); \
    _Pragma("clang loop unroll(full)") for (int w = WIDTH / 2; w > 0; w /= 2) \
      for (int j = 0; j < w; j++) sum[0][j] += sum[0][j + w]; \
    return sum[0][0]; \
  }
#define ELEMENT_AT(k) (x[(k) * WIDTH + j])
#define SQUARE_AT(k) (x[(k) * WIDTH + j] * x[(k) * WIDTH + j])

// The sum of a row. The sums of the blocks of a long row are added in double.
#define SUM(NAME, S, TYPE, ELEMENT, AT) \
  LANES_OF(NAME##_##S, TYPE, ELEMENT, 0, +) \
  TREE_OF(NAME##_##S, TYPE, AT) \
  static CLONES double wide_##NAME##_##S(const TYPE *x, ptrdiff_t n) \
    PAIRWISE(double, n, length == SUM_BLOCK ? NAME##_##S##_tree(x + start) : NAME##_##S##_lanes(x + start, length), +) \
  INLINE TYPE NAME##_##S(const TYPE *x, ptrdiff_t n) { \
    return n < SUM_BLOCK ? NAME##_##S##_lanes(x, n) : (TYPE)wide_##NAME##_##S(x, n); \
  }
SUM(sum, f32, float, v, ELEMENT_AT)
SUM(sum, f64, double, v, ELEMENT_AT)
SUM(squares, f32, float, v * v, SQUARE_AT)
SUM(squares, f64, double, v * v, SQUARE_AT)

#define PRODUCT(NAME, TYPE) \
  LANES_OF(NAME, TYPE, v, 1, *) \
  INLINE TYPE NAME(const TYPE *x, ptrdiff_t n) { \
    if (n <= SUM_BLOCK) return NAME##_lanes(x, n); \
    PAIRWISE(TYPE, n, NAME##_lanes(x + start, length), *) \
  }
PRODUCT(product_f32, float)
PRODUCT(product_f64, double)

#define ROWS(OP, VALUE) \
  case OP: \
    for (ptrdiff_t r = 0; r < rows; r++, x += xs) y[r] = VALUE; \
    break;

#define FLOAT_ROWS(S, TYPE) \
  static CLONES void rows_##S(mk_reduce_op op, const TYPE *x, ptrdiff_t xs, TYPE *y, ptrdiff_t rows, ptrdiff_t n) { \
    switch (op) { \
      ROWS(MK_SUM, sum_##S(x, n)) \
      ROWS(MK_PRODUCT, product_##S(x, n)) \
      ROWS(MK_MIN, smallest_##S(x, n)) \
      ROWS(MK_MAX, largest_##S(x, n)) \
      ROWS(MK_SUM_OF_SQUARES, squares_##S(x, n)) \
      default: break; \
    } \
  }
FLOAT_ROWS(f32, float)
FLOAT_ROWS(f64, double)

// U is unsigned and at least as wide as int, so that arithmetic in it wraps.
#define FOLD(NAME, TYPE, U, FIRST, STEP) \
  INLINE TYPE NAME(const TYPE *x, ptrdiff_t n) { \
    U q = FIRST; \
    for (ptrdiff_t i = 0; i < n; i++) { \
      const TYPE v = x[i]; \
      q = STEP; \
    } \
    return (TYPE)q; \
  }
#define INTEGER_ROWS(S, TYPE, U) \
  FOLD(sum_##S, TYPE, U, 0, q + (U)v) \
  FOLD(product_##S, TYPE, U, 1, q * (U)v) \
  FOLD(smallest_##S, TYPE, TYPE, x[0], v < q ? v : q) \
  FOLD(largest_##S, TYPE, TYPE, x[0], v > q ? v : q) \
  static CLONES void rows_##S(mk_reduce_op op, const TYPE *x, ptrdiff_t xs, TYPE *y, ptrdiff_t rows, ptrdiff_t n) { \
    switch (op) { \
      ROWS(MK_SUM, sum_##S(x, n)) \
      ROWS(MK_PRODUCT, product_##S(x, n)) \
      ROWS(MK_MIN, smallest_##S(x, n)) \
      ROWS(MK_MAX, largest_##S(x, n)) \
      default: break; \
    } \
  }
INTEGER_ROWS(i32, int32_t, uint32_t)
INTEGER_ROWS(i64, int64_t, uint64_t)
INTEGER_ROWS(u8, uint8_t, uint32_t)

FOLD(any_true, uint8_t, uint8_t, 0, q | (v != 0))
FOLD(all_true, uint8_t, uint8_t, 1, q & (v != 0))
static CLONES void rows_bool(mk_reduce_op op, const uint8_t *x, ptrdiff_t xs, uint8_t *y, ptrdiff_t rows, ptrdiff_t n) {
  switch (op) {
    ROWS(MK_ANY, any_true(x, n))
    ROWS(MK_ALL, all_true(x, n))
    default: break;
  }
}

void mk_reduce_rows(mk_reduce_op op, mk_type type, const void *x, ptrdiff_t xs, void *y, ptrdiff_t rows, ptrdiff_t n) {
  const bool keeps = op == MK_MIN || op == MK_MAX;
  const uint32_t mode = keeps ? mk_keep_denormals() : 0;
  if (type == MK_BOOL) rows_bool(op, x, xs, y, rows, n);
  else BY_NUMERIC(type, rows, op, x, xs, y, rows, n)
  if (keeps) mk_end_keeping(mode);
}

double mk_sum_wide(bool squares, mk_type type, const void *x, ptrdiff_t n) {
  if (n <= 0) return 0;
  if (squares) BY_FLOATING(type, return wide_squares, x, n)
  BY_FLOATING(type, return wide_sum, x, n)
}

enum { FIND_BLOCK = 32 };
// Finds the extreme first, then the first element that equals it (or is NaN as well), a block at a time.
#define ARG_EXTREME(S, TYPE) \
  INLINE ptrdiff_t find_##S(const TYPE *x, TYPE value, ptrdiff_t n) { \
    for (ptrdiff_t start = 0; start < n; start += FIND_BLOCK) { \
      const ptrdiff_t end = start + FIND_BLOCK < n ? start + FIND_BLOCK : n; \
      int found = 0; \
      for (ptrdiff_t i = start; i < end; i++) found |= (x[i] == value) | ((x[i] != x[i]) & (value != value)); \
      for (ptrdiff_t i = start; found; i++) \
        if (x[i] == value || (x[i] != x[i] && value != value)) return i; \
    } \
    return 0; \
  } \
  static CLONES void arg_extreme_##S(bool largest, const TYPE *x, ptrdiff_t xs, int64_t *y, ptrdiff_t rows, ptrdiff_t n) { \
    for (ptrdiff_t r = 0; r < rows; r++, x += xs) y[r] = find_##S(x, largest ? largest_##S(x, n) : smallest_##S(x, n), n); \
  }
ARG_EXTREME(f32, float)
ARG_EXTREME(f64, double)
ARG_EXTREME(i32, int32_t)
ARG_EXTREME(i64, int64_t)
ARG_EXTREME(u8, uint8_t)

void mk_arg_extreme_rows(bool largest, mk_type type, const void *x, ptrdiff_t xs, int64_t *y, ptrdiff_t rows, ptrdiff_t n) {
  const uint32_t mode = mk_keep_denormals();
  BY_NUMERIC_OR_BOOL(type, arg_extreme, largest, x, xs, y, rows, n)
  mk_end_keeping(mode);
}
