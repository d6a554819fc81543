// Reductions along columns. The order of a column's operations depends on the number of rows alone.
#include "clones.h"
#include "families.h"
#include "reduce.h"

// Eight rows at a time are combined into a running value, in strips of columns that stay in the first-level cache. The
// values of blocks of BLOCK rows are combined pairwise, as in reduce.c.
enum { BLOCK = 256, STRIP_BYTES = 4096, LEVELS = 40 };

#define EIGHT(M, C) C(C(C(M(0), M(1)), C(M(2), M(3))), C(C(M(4), M(5)), C(M(6), M(7))))
#define ROW(j) (row[(j) * xs + c])
#define SQUARE_ROW(j) (ROW(j) * ROW(j))
#define TRUE_ROW(j) (ROW(j) != 0)

#define SUM(a, b) ((T)((U)(a) + (U)(b)))
#define PRODUCT(a, b) ((T)((U)(a) * (U)(b)))
#define MIN(a, b) least(a, b)
#define MAX(a, b) most(a, b)
#define ANY(a, b) ((a) | (b))
#define ALL(a, b) ((a) & (b))

#define BLOCK_LOOP(M, C) \
  for (ptrdiff_t c = 0; c < width; c++) value[c] = (T)M(0); \
  for (r = 1; r < rows && (rows - r) % 8 != 0; r++) { \
    row = x + r * xs; \
    for (ptrdiff_t c = 0; c < width; c++) value[c] = C(value[c], M(0)); \
  } \
  for (; r < rows; r += 8) { \
    row = x + r * xs; \
    for (ptrdiff_t c = 0; c < width; c++) value[c] = C(value[c], EIGHT(M, C)); \
  } \
  break;
// Extremes look for NaN separately, two rows in one comparison. A value that is NaN stays, because no number compares
// as smaller or larger.
#define UNDEFINED(a, b) (((a) != (a)) | ((b) != (b)))
#define FARTHER_LESS(a, b) ((a) < (b) ? (a) : (b))
#define FARTHER_MORE(a, b) ((a) > (b) ? (a) : (b))
#define EXTREME_LOOP(C, FARTHER) \
  for (ptrdiff_t c = 0; c < width; c++) value[c] = ROW(0); \
  for (r = 1; r < rows && (rows - r) % 8 != 0; r++) { \
    row = x + r * xs; \
    for (ptrdiff_t c = 0; c < width; c++) value[c] = C(value[c], ROW(0)); \
  } \
  for (; r < rows; r += 8) { \
    row = x + r * xs; \
    for (ptrdiff_t c = 0; c < width; c++) { \
      const T v = value[c]; \
      const T e = FARTHER(FARTHER(FARTHER(ROW(0), ROW(1)), FARTHER(ROW(2), ROW(3))), \
                          FARTHER(FARTHER(ROW(4), ROW(5)), FARTHER(ROW(6), ROW(7)))); \
      const int undefined = (UNDEFINED(ROW(0), ROW(1)) | UNDEFINED(ROW(2), ROW(3))) | \
                            (UNDEFINED(ROW(4), ROW(5)) | UNDEFINED(ROW(6), ROW(7))); \
      const T next = FARTHER(e, v); \
      value[c] = undefined ? (T)__builtin_nan("") : next; \
    } \
  } \
  break;
#define COMBINE_LOOP(C) \
  for (ptrdiff_t c = 0; c < width; c++) a[c] = C(a[c], b[c]); \
  break;

// Reduces a block of rows into `value`; combines the value of later rows into that of earlier ones.
#define COLUMNS(S, TYPE, FLOAT_CASES, FLOAT_COMBINES) \
  INLINE TYPE least_##S(TYPE a, TYPE b) { return ((a < b) | (a != a)) ? a : b; } \
  INLINE TYPE most_##S(TYPE a, TYPE b) { return ((a > b) | (a != a)) ? a : b; } \
  static CLONES void block_##S(mk_reduce_op op, const TYPE *restrict x, ptrdiff_t xs, TYPE *restrict value, ptrdiff_t rows, ptrdiff_t width) { \
    const TYPE *row = x; \
    ptrdiff_t r; \
    switch (op) { \
      case MK_SUM: BLOCK_LOOP(ROW, SUM) \
      case MK_PRODUCT: BLOCK_LOOP(ROW, PRODUCT) \
      case MK_MIN: EXTREME_LOOP(MIN, FARTHER_LESS) \
      case MK_MAX: EXTREME_LOOP(MAX, FARTHER_MORE) \
      FLOAT_CASES \
      default: break; \
    } \
  } \
  static CLONES void combine_##S(mk_reduce_op op, TYPE *restrict a, const TYPE *restrict b, ptrdiff_t width) { \
    switch (op) { \
      case MK_SUM: COMBINE_LOOP(SUM) \
      case MK_PRODUCT: COMBINE_LOOP(PRODUCT) \
      case MK_MIN: COMBINE_LOOP(MIN) \
      case MK_MAX: COMBINE_LOOP(MAX) \
      FLOAT_COMBINES \
      default: break; \
    } \
  } \
  static void columns_##S(mk_reduce_op op, const TYPE *x, ptrdiff_t xs, TYPE *y, ptrdiff_t n, ptrdiff_t cols) { \
    enum { STRIP = STRIP_BYTES / sizeof(TYPE) }; \
    TYPE waiting[LEVELS][STRIP]; \
    for (ptrdiff_t c = 0; c < cols; c += STRIP) { \
      const ptrdiff_t width = cols - c < STRIP ? cols - c : STRIP; \
      if (n <= BLOCK) { \
        block_##S(op, x + c, xs, y + c, n, width); \
        continue; \
      } \
      int count = 0; \
      for (ptrdiff_t b = 0; b * BLOCK < n; b++) { \
        block_##S(op, x + b * BLOCK * xs + c, xs, waiting[count++], n - b * BLOCK < BLOCK ? n - b * BLOCK : BLOCK, width); \
        for (ptrdiff_t rest = b; rest & 1; rest >>= 1, count--) combine_##S(op, waiting[count - 2], waiting[count - 1], width); \
      } \
      for (; count > 1; count--) combine_##S(op, waiting[count - 2], waiting[count - 1], width); \
      memcpy(y + c, waiting[0], (size_t)width * sizeof *y); \
    } \
  }

#define T float
#define U float
#define least least_f32
#define most most_f32
COLUMNS(f32, float, case MK_SUM_OF_SQUARES: BLOCK_LOOP(SQUARE_ROW, SUM), case MK_SUM_OF_SQUARES: COMBINE_LOOP(SUM))
#undef T
#undef U
#undef least
#undef most
#define T double
#define U double
#define least least_f64
#define most most_f64
COLUMNS(f64, double, case MK_SUM_OF_SQUARES: BLOCK_LOOP(SQUARE_ROW, SUM), case MK_SUM_OF_SQUARES: COMBINE_LOOP(SUM))
#undef T
#undef U
#undef least
#undef most
// U is unsigned, so that arithmetic in it wraps.
#define T int32_t
#define U uint32_t
#define least least_i32
#define most most_i32
COLUMNS(i32, int32_t, , )
#undef T
#undef U
#undef least
#undef most
#define T int64_t
#define U uint64_t
#define least least_i64
#define most most_i64
COLUMNS(i64, int64_t, , )
#undef T
#undef U
#undef least
#undef most
#define T uint8_t
#define U uint32_t
#define least least_u8
#define most most_u8
COLUMNS(u8, uint8_t, case MK_ANY: BLOCK_LOOP(TRUE_ROW, ANY) case MK_ALL: BLOCK_LOOP(TRUE_ROW, ALL),
  case MK_ANY: COMBINE_LOOP(ANY) case MK_ALL: COMBINE_LOOP(ALL))

#define REPEAT(S, TYPE) \
  static void repeat_##S(TYPE value, TYPE *y, ptrdiff_t n) { \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = value; \
  }
REPEAT(f32, float)
REPEAT(f64, double)
REPEAT(i32, int32_t)
REPEAT(i64, int64_t)
REPEAT(u8, uint8_t)

// The result for no rows: 1 for a product and for `all`, 0 for the others.
static void identities(mk_reduce_op op, mk_type type, void *y, ptrdiff_t cols) {
  BY_NUMERIC_OR_BOOL(type, repeat, op == MK_PRODUCT || op == MK_ALL, y, cols)
}

void mk_reduce_columns(mk_reduce_op op, mk_type type, const void *x, ptrdiff_t xs, void *y, ptrdiff_t n, ptrdiff_t cols) {
  if (n == 0) {
    identities(op, type, y, cols);
    return;
  }
  const bool keeps = op == MK_MIN || op == MK_MAX;
  const uint32_t mode = keeps ? mk_keep_denormals() : 0;
  BY_NUMERIC_OR_BOOL(type, columns, op, x, xs, y, n, cols)
  if (keeps) mk_end_keeping(mode);
}
