// Elementwise operations with two operands.
#include <math.h>

#include "families.h"
#include "copy.h"
#include "elementwise.h"
#include "stream.h"
#include "vector_math_f64.h"

// Strides are constants, 1 or 0, where these loops are inlined: the compiler makes one loop for two contiguous operands
// and others for a contiguous operand and a scalar.
#define EVERY(...) \
  for (ptrdiff_t i = 0; i < n; i++) { \
    const T u = a[i * as], v = b[i * bs]; \
    y[i] = (T)(__VA_ARGS__); \
  }
#define LOOP(...) EVERY(__VA_ARGS__) break;
#define CASE(OP, ...) case OP: IN_PLACE LOOP(__VA_ARGS__)
#define EXTREME(OP, ...) case OP: KEEPING(IN_PLACE EVERY(__VA_ARGS__))
#define LIBM(OP, ...) \
  case OP: { \
    const T unit = (T)flushing_unit(); \
    for (ptrdiff_t i = 0; i < n; i++) { \
      const T u = a[i * as] * unit, v = b[i * bs] * unit; \
      y[i] = (T)(__VA_ARGS__); \
    } \
    break; \
  }
#define ARGUMENTS mk_binary_op op, const T *a, ptrdiff_t as, const T *b, ptrdiff_t bs, T *y, ptrdiff_t n

// A minimum or maximum is one of its two operands, unchanged: denormals are not flushed to zero while it is computed.
#define KEEPING(...) \
  { \
    const uint32_t mode = mk_keep_denormals(); \
    __VA_ARGS__ \
    mk_end_keeping(mode); \
  } \
  break;

#define ARITHMETIC(CASE, EXTREME) \
  CASE(MK_ADD, u + v) \
  CASE(MK_SUBTRACT, u - v) \
  CASE(MK_MULTIPLY, u * v) \
  CASE(MK_DIVIDE, u / v) \
  EXTREME(MK_MINIMUM, ((u < v) | (u != u)) ? u : v) \
  EXTREME(MK_MAXIMUM, ((u > v) | (u != u)) ? u : v) \
  CASE(MK_LEAKY_RELU, u > 0 ? u : v * u) \
  CASE(MK_RELU_BACKWARD, v <= 0 ? 0 : u) \
  CASE(MK_ABS_BACKWARD, u * (v > 0 ? 1 : v < 0 ? -1 : 0)) \
  CASE(MK_TANH_BACKWARD, u * (1 - v * v)) \
  CASE(MK_SIGMOID_BACKWARD, u * v * (1 - v)) \
  default: break;

// With streaming stores from registers, a group of cache lines at a time. y begins at a cache line, and n is a multiple
// of the elements in a group.
#define STREAMED(OP, ...) case OP: STREAM(__VA_ARGS__) break;
#define STREAMED_EXTREME(OP, ...) case OP: KEEPING(STREAM(__VA_ARGS__))
#define STREAM(...) \
  for (ptrdiff_t i = 0; i < n; i += GROUP / (ptrdiff_t)sizeof(T)) { \
    _Alignas(LINE) T group[GROUP / sizeof(T)]; \
    for (ptrdiff_t j = 0; j < GROUP / (ptrdiff_t)sizeof(T); j++) { \
      const T u = a[(i + j) * as], v = b[(i + j) * bs]; \
      group[j] = (T)(__VA_ARGS__); \
    } \
    stream_lines((const char *)group, (char *)(y + i), GROUP); \
  }

// The floating-point operations that take one or two instructions each, with ordinary and with streaming stores.
#define ARITHMETIC_KERNEL(S) \
  INLINE void arithmetic_loops_##S(bool streams, ARGUMENTS) { \
    if (streams) switch (op) { ARITHMETIC(STREAMED, STREAMED_EXTREME) } \
    else switch (op) { ARITHMETIC(CASE, EXTREME) } \
  } \
  static CLONES void arithmetic_##S(ARGUMENTS) { \
    if (as && bs) arithmetic_loops_##S(false, op, a, 1, b, 1, y, n); \
    else if (as) arithmetic_loops_##S(false, op, a, 1, b, 0, y, n); \
    else arithmetic_loops_##S(false, op, a, 0, b, 1, y, n); \
  } \
  static CLONES void streamed_##S(ARGUMENTS) { \
    if (as && bs) arithmetic_loops_##S(true, op, a, 1, b, 1, y, n); \
    else if (as) arithmetic_loops_##S(true, op, a, 1, b, 0, y, n); \
    else arithmetic_loops_##S(true, op, a, 0, b, 1, y, n); \
  }
#define T float
ARITHMETIC_KERNEL(f32)
#undef T
#define T double
ARITHMETIC_KERNEL(f64)
#undef T

static bool is_arithmetic(mk_binary_op op) {
  return op != MK_REMAINDER && op != MK_POWER && op != MK_ATAN2 && op != MK_HYPOT && op != MK_ELU && op != MK_GELU_BACKWARD
    && op != MK_SILU_BACKWARD;
}

bool streams_arithmetic(mk_binary_op op, mk_type type, ptrdiff_t as, ptrdiff_t bs) {
  return is_arithmetic(op) && is_floating(type) && (as == 0 || as == 1) && (bs == 0 || bs == 1) && as + bs > 0;
}

ptrdiff_t stream_arithmetic(mk_binary_op op, mk_type type, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, void *y, ptrdiff_t n) {
  n -= n % (GROUP / (ptrdiff_t)size_of_type(type));
  BY_FLOATING(type, streamed, op, a, as, b, bs, y, n)
  return n;
}

// The result has the sign of the divisor, as NumPy's remainder has.
static inline double floored_remainder(double u, double v) {
  const double m = fmod(u, v);
  if (m == 0) return copysign(0.0, v);
  return (v < 0) != (m < 0) && m == m ? m + v : m;
}

static inline float floored_remainder_f32(float u, float v) {
  const float m = fmodf(u, v);
  if (m == 0) return copysignf(0.0f, v);
  return (v < 0) != (m < 0) && m == m ? m + v : m;
}

INLINE float hypot_f32(float u, float v) {
  const double x = u, y = v;
  const float h = (float)__builtin_elementwise_sqrt(x * x + y * y);
  const float infinity = __builtin_inff();
  const int infinite = (__builtin_fabsf(u) == infinity) | (__builtin_fabsf(v) == infinity);
  return infinite ? infinity : h;
}

static inline double gelu_slope_f64(double x) {
  const double c = x < -40 ? -40 : x > 40 ? 40 : x;
  return 0.5 * erfc(c * -0.70710678118654752) + c * (0.39894228040143268 * exp(-0.5 * c * c));
}

static inline double silu_slope_f64(double x) {
  const double c = x < -800 ? -800 : x > 800 ? 800 : x, e = exp(-fabs(c)), whole = 1 / (1 + e);
  return (c < 0 ? e : 1) * whole * (1 + c * ((c < 0 ? 1 : e) * whole));
}

#define LONG(OP, ...) case OP: EACH(16, i, n, { const float u = a[i], v = b[i]; y[i] = (__VA_ARGS__); }) break;
#define T float
static CLONES void functions_f32(mk_binary_op op, const float *a, const float *b, float *y, ptrdiff_t n) {
  const ptrdiff_t as = 1, bs = 1;
  switch (op) {
    LIBM(MK_REMAINDER, floored_remainder_f32(u, v))
    LONG(MK_POWER, pow_f32(u, v))
    LIBM(MK_ATAN2, atan2f(u, v))
    CASE(MK_HYPOT, hypot_f32(u, v))
    LONG(MK_ELU, u > 0.0f ? u : v * expm1_f32(u))
    LONG(MK_GELU_BACKWARD, u * gelu_slope_f32(v))
    LONG(MK_SILU_BACKWARD, u * silu_slope_f32(v))
    default: break;
  }
}
#undef T
#define T double
static void functions_f64(mk_binary_op op, const double *a, const double *b, double *y, ptrdiff_t n) {
  const ptrdiff_t as = 1, bs = 1;
  switch (op) {
    LIBM(MK_REMAINDER, floored_remainder(u, v))
    LIBM(MK_POWER, pow(u, v))
    LIBM(MK_ATAN2, atan2(u, v))
    LIBM(MK_HYPOT, hypot(u, v))
    LIBM(MK_ELU, u > 0 ? u : v * expm1(u))
    LIBM(MK_GELU_BACKWARD, u * gelu_slope_f64(v))
    LIBM(MK_SILU_BACKWARD, u * silu_slope_f64(v))
    default: break;
  }
}
#undef T

// Powers whose exponent needs no logarithm, computed as PyTorch does. Returns false for all other exponents.
#define SIMPLE_POWER(NAME, TYPE) \
  static CLONES bool NAME(const TYPE *x, TYPE exponent, TYPE *y, ptrdiff_t n) { \
    if (exponent == (TYPE)2) { \
      IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = x[i] * x[i]; \
    } else if (exponent == (TYPE)3) { \
      IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = x[i] * x[i] * x[i]; \
    } else if (exponent == (TYPE)0.5) { \
      IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = __builtin_elementwise_sqrt(x[i]); \
    } else if (exponent == (TYPE)1) { \
      memmove(y, x, (size_t)n * sizeof *x); \
    } else if (exponent == (TYPE)0) { \
      for (ptrdiff_t i = 0; i < n; i++) y[i] = 1; \
    } else if (exponent == (TYPE)-1) { \
      IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = 1 / x[i]; \
    } else if (exponent == (TYPE)-0.5) { \
      IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = 1 / __builtin_elementwise_sqrt(x[i]); \
    } else if (exponent == (TYPE)-2) { \
      IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = 1 / (x[i] * x[i]); \
    } else { \
      return false; \
    } \
    return true; \
  }
SIMPLE_POWER(simple_power_f32, float)
SIMPLE_POWER(simple_power_f64, double)

// The functions read contiguous operands, so a scalar is first repeated over a tile.
#define FLOAT_KERNEL(NAME, TYPE, ARITHMETIC_NAME, FUNCTIONS, POWER) \
  static bool NAME(mk_binary_op op, const TYPE *a, ptrdiff_t as, const TYPE *b, ptrdiff_t bs, TYPE *y, ptrdiff_t n) { \
    if (is_arithmetic(op)) { \
      ARITHMETIC_NAME(op, a, as, b, bs, y, n); \
    } else if (as && bs) { \
      FUNCTIONS(op, a, b, y, n); \
    } else if (op != MK_POWER || bs != 0 || !POWER(a, *b, y, n)) { \
      TYPE scalar[TILE]; \
      mk_fill(sizeof(TYPE), as ? b : a, scalar, n < TILE ? n : TILE); \
      for (ptrdiff_t i = 0; i < n; i += TILE) { \
        const ptrdiff_t count = n - i < TILE ? n - i : TILE; \
        FUNCTIONS(op, as ? a + i : scalar, bs ? b + i : scalar, y + i, count); \
      } \
    } \
    return true; \
  }
FLOAT_KERNEL(binary_f32, float, arithmetic_f32, functions_f32, simple_power_f32)
FLOAT_KERNEL(binary_f64, double, arithmetic_f64, functions_f64, simple_power_f64)

// Integers. U is unsigned and at least as wide as int, so that arithmetic in it wraps.
#define INTEGER_CASES(U) \
  CASE(MK_ADD, (U)u + (U)v) \
  CASE(MK_SUBTRACT, (U)u - (U)v) \
  CASE(MK_MULTIPLY, (U)u * (U)v) \
  CASE(MK_MINIMUM, u < v ? u : v) \
  CASE(MK_MAXIMUM, u > v ? u : v) \
  CASE(MK_AND, u & v) \
  CASE(MK_OR, u | v) \
  CASE(MK_XOR, u ^ v) \
  default: break;

#define INTEGER_KERNEL(NAME, TYPE, U, QUOTIENT, REMAINDER) \
  static CLONES bool NAME##_any_zero(const TYPE *b, ptrdiff_t n) { \
    int zero = 0; \
    for (ptrdiff_t i = 0; i < n; i++) zero |= b[i] == 0; \
    return zero; \
  } \
  INLINE void NAME##_loops(ARGUMENTS) { \
    switch (op) { INTEGER_CASES(U) } \
  } \
  static CLONES void NAME##_wrapping(ARGUMENTS) { \
    if (as && bs) NAME##_loops(op, a, 1, b, 1, y, n); \
    else if (as) NAME##_loops(op, a, 1, b, 0, y, n); \
    else NAME##_loops(op, a, 0, b, 1, y, n); \
  } \
  static void NAME##_dividing(ARGUMENTS) { \
    switch (op) { \
      case MK_DIVIDE: LOOP(QUOTIENT) \
      case MK_REMAINDER: LOOP(REMAINDER) \
      default: break; \
    } \
  } \
  static bool NAME(ARGUMENTS) { \
    if (op != MK_DIVIDE && op != MK_REMAINDER) { \
      NAME##_wrapping(op, a, as, b, bs, y, n); \
      return true; \
    } \
    if (NAME##_any_zero(b, bs ? n : 1)) return false; \
    NAME##_dividing(op, a, as, b, bs, y, n); \
    return true; \
  }

// A divisor of -1 is handled separately: dividing the smallest integer by it would trap.
#define SIGNED_REMAINDER (v == -1 ? 0 : u % v != 0 && ((u % v < 0) != (v < 0)) ? u % v + v : u % v)
#define T int32_t
INTEGER_KERNEL(binary_i32, int32_t, uint32_t, v == -1 ? (T)(0 - (uint32_t)u) : u / v, SIGNED_REMAINDER)
#undef T
#define T int64_t
INTEGER_KERNEL(binary_i64, int64_t, uint64_t, v == -1 ? (T)(0 - (uint64_t)u) : u / v, SIGNED_REMAINDER)
#undef T
#define T uint8_t
INTEGER_KERNEL(binary_u8, uint8_t, uint32_t, u / v, u % v)
#undef T

// The operands' strides are 1 or 0, and not both are 0.
static bool binary_run(mk_binary_op op, mk_type type, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, void *y, ptrdiff_t n) {
  BY_NUMERIC_OR_BOOL(type, return binary, op, a, as, b, bs, y, n)
}

bool mk_binary(mk_binary_op op, mk_type type, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, void *y, ptrdiff_t n) {
  if (n <= 0) return true;
  if (as == 0 && bs == 0) {
    uint64_t value;
    const bool defined = binary_run(op, type, a, 1, b, 1, &value, 1);
    mk_fill(size_of_type(type), &value, y, n);
    return defined;
  }
  if ((as == 0 || as == 1) && (bs == 0 || bs == 1)) return binary_run(op, type, a, as, b, bs, y, n);

  // Operands of other strides are packed, a tile at a time.
  const ptrdiff_t size = (ptrdiff_t)size_of_type(type);
  _Alignas(64) char left[TILE * 8], right[TILE * 8];
  for (ptrdiff_t i = 0; i < n; i += TILE) {
    const ptrdiff_t count = n - i < TILE ? n - i : TILE;
    const void *p = (const char *)a + i * as * size, *q = (const char *)b + i * bs * size;
    if (as != 0 && as != 1) mk_copy((size_t)size, p, as, left, count), p = left;
    if (bs != 0 && bs != 1) mk_copy((size_t)size, q, bs, right, count), q = right;
    if (!binary_run(op, type, p, as != 0, q, bs != 0, (char *)y + i * size, count)) return false;
  }
  return true;
}

#define ACCUMULATE(NAME, TYPE, U) \
  static CLONES void NAME(const TYPE *x, TYPE *y, ptrdiff_t n) { \
    IN_PLACE for (ptrdiff_t i = 0; i < n; i++) y[i] = (TYPE)((U)y[i] + (U)x[i]); \
  }
ACCUMULATE(accumulate_f32, float, float)
ACCUMULATE(accumulate_f64, double, double)
ACCUMULATE(accumulate_i32, int32_t, uint32_t)
ACCUMULATE(accumulate_i64, int64_t, uint64_t)
ACCUMULATE(accumulate_u8, uint8_t, uint32_t)

void mk_accumulate(mk_type type, const void *x, void *y, ptrdiff_t n) {
  BY_NUMERIC(type, accumulate, x, y, n)
}
