// Comparisons, tests and selection: the operations that make or use masks.
#include <math.h>

#include "clones.h"
#include "families.h"
#include "copy.h"
#include "elementwise.h"

#define CASE(OP, ...) \
  case OP: \
    IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = a[i * as] __VA_ARGS__ b[i * bs]; \
    break;

#define COMPARE(NAME, TYPE) \
  INLINE void NAME##_loops(mk_compare_op op, const TYPE *a, ptrdiff_t as, const TYPE *b, ptrdiff_t bs, uint8_t *y, ptrdiff_t n) { \
    switch (op) { \
      CASE(MK_EQUAL, ==) \
      CASE(MK_NOT_EQUAL, !=) \
      CASE(MK_LESS, <) \
      CASE(MK_LESS_EQUAL, <=) \
      CASE(MK_GREATER, >) \
      CASE(MK_GREATER_EQUAL, >=) \
      case MK_COMPARE_COUNT: break; \
    } \
  } \
  static CLONES void NAME(mk_compare_op op, const TYPE *a, ptrdiff_t as, const TYPE *b, ptrdiff_t bs, uint8_t *y, ptrdiff_t n) { \
    if (as && bs) NAME##_loops(op, a, 1, b, 1, y, n); \
    else if (as) NAME##_loops(op, a, 1, b, 0, y, n); \
    else NAME##_loops(op, a, 0, b, 1, y, n); \
  }
COMPARE(compare_f32, float)
COMPARE(compare_f64, double)
COMPARE(compare_i32, int32_t)
COMPARE(compare_i64, int64_t)
COMPARE(compare_u8, uint8_t)

static void compare_run(mk_compare_op op, mk_type type, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, uint8_t *y, ptrdiff_t n) {
  BY_NUMERIC_OR_BOOL(type, compare, op, a, as, b, bs, y, n)
}

void mk_compare(mk_compare_op op, mk_type type, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, uint8_t *y, ptrdiff_t n) {
  const ptrdiff_t size = (ptrdiff_t)size_of_type(type);
  if (n <= 0) return;
  if (as == 0 && bs == 0) {
    uint8_t value;
    compare_run(op, type, a, 1, b, 1, &value, 1);
    memset(y, value, (size_t)n);
    return;
  }
  _Alignas(64) char left[TILE * 8], right[TILE * 8];
  const bool packs_a = as != 0 && as != 1, packs_b = bs != 0 && bs != 1;
  const ptrdiff_t step = packs_a || packs_b ? TILE : n;
  for (ptrdiff_t i = 0; i < n; i += step) {
    const ptrdiff_t count = n - i < step ? n - i : step;
    const void *p = (const char *)a + i * as * size, *q = (const char *)b + i * bs * size;
    if (packs_a) mk_copy((size_t)size, p, as, left, count), p = left;
    if (packs_b) mk_copy((size_t)size, q, bs, right, count), q = right;
    compare_run(op, type, p, as != 0, q, bs != 0, y + i, count);
  }
}

#define TEST_LOOP(OP, ...) \
  case OP: \
    IN_PLACE for (ptrdiff_t i = 0; i < n; i++) { \
      const T v = x[i]; \
      y[i] = __VA_ARGS__; \
    } \
    break;
// v - v is 0 only where v is finite.
#define TEST(NAME) \
  static CLONES void NAME(mk_test_op op, const T *x, uint8_t *y, ptrdiff_t n) { \
    switch (op) { \
      TEST_LOOP(MK_IS_NAN, v != v) \
      TEST_LOOP(MK_IS_INFINITE, (v == v) & (v - v != 0)) \
      TEST_LOOP(MK_IS_FINITE, v - v == 0) \
      TEST_LOOP(MK_SIGN_BIT, __builtin_signbit(v) != 0) \
      case MK_NOT: break; \
    } \
  }
#define T float
TEST(test_f32)
#undef T
#define T double
TEST(test_f64)
#undef T

static CLONES void invert(const uint8_t *x, uint8_t *y, ptrdiff_t n) {
  IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = x[i] == 0;
}

void mk_test(mk_test_op op, mk_type type, const void *x, ptrdiff_t xs, uint8_t *y, ptrdiff_t n) {
  const ptrdiff_t size = (ptrdiff_t)size_of_type(type);
  _Alignas(64) char packed[TILE * 8];
  const ptrdiff_t step = xs == 1 ? n : TILE;
  for (ptrdiff_t i = 0; i < n; i += step) {
    const ptrdiff_t count = n - i < step ? n - i : step;
    const void *p = (const char *)x + i * xs * size;
    if (xs != 1) mk_copy((size_t)size, p, xs, packed, count), p = packed;
    if (op == MK_NOT) invert(p, y + i, count);
    else BY_FLOATING(type, test, op, p, y + i, count)
  }
}

// a and b have strides 1 or 0; the mask is contiguous.
#define SELECT(NAME, TYPE) \
  INLINE void NAME##_loop(const uint8_t *mask, const TYPE *a, ptrdiff_t as, const TYPE *b, ptrdiff_t bs, TYPE *y, ptrdiff_t n) { \
    IN_PLACE for (ptrdiff_t i = 0; i < n; i++) { \
      const TYPE u = a[i * as], v = b[i * bs]; \
      y[i] = mask[i] ? u : v; \
    } \
  } \
  static CLONES void NAME(const uint8_t *mask, const TYPE *a, ptrdiff_t as, const TYPE *b, ptrdiff_t bs, TYPE *y, ptrdiff_t n) { \
    if (as && bs) NAME##_loop(mask, a, 1, b, 1, y, n); \
    else if (as) NAME##_loop(mask, a, 1, b, 0, y, n); \
    else if (bs) NAME##_loop(mask, a, 0, b, 1, y, n); \
    else NAME##_loop(mask, a, 0, b, 0, y, n); \
  }
SELECT(select_8, raw_8)
SELECT(select_16, raw_16)
SELECT(select_32, raw_32)
SELECT(select_64, raw_64)

void mk_select(size_t size, const uint8_t *mask, ptrdiff_t ms, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, void *y, ptrdiff_t n) {
  uint8_t packed[TILE];
  _Alignas(64) char left[TILE * 8], right[TILE * 8];
  const bool packs_a = as != 0 && as != 1, packs_b = bs != 0 && bs != 1;
  const ptrdiff_t step = packs_a || packs_b || ms != 1 ? TILE : n, bytes = (ptrdiff_t)size;
  for (ptrdiff_t i = 0; i < n; i += step) {
    const ptrdiff_t count = n - i < step ? n - i : step;
    const uint8_t *m = mask + i * ms;
    const void *p = (const char *)a + i * as * bytes, *q = (const char *)b + i * bs * bytes;
    void *out = (char *)y + i * bytes;
    if (ms != 1) mk_copy(1, m, ms, packed, count), m = packed;
    if (packs_a) mk_copy(size, p, as, left, count), p = left;
    if (packs_b) mk_copy(size, q, bs, right, count), q = right;
    BY_SIZE(size, select, m, p, as != 0, q, bs != 0, out, count)
  }
}
