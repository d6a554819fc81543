// Elementwise operations with two operands.
#include <math.h>

#include "families.h"
#include "copy.h"
#include "elementwise.h"
#include "bessel_math.h"
#include "stream.h"

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
  switch (op) {
    case MK_ADD: case MK_SUBTRACT: case MK_MULTIPLY: case MK_DIVIDE: case MK_MINIMUM: case MK_MAXIMUM: case MK_LEAKY_RELU:
    case MK_RELU_BACKWARD: case MK_ABS_BACKWARD: case MK_TANH_BACKWARD: case MK_SIGMOID_BACKWARD: return true;
    default: return false;
  }
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

// NumPy's floor_divide: the quotient that belongs to that remainder, rounded to an integer.
#define FLOORED_QUOTIENT(NAME, TYPE, FMOD, FLOOR, COPYSIGN) \
  static inline TYPE NAME(TYPE u, TYPE v) { \
    if (v == 0) return u / v; \
    const TYPE m = FMOD(u, v), q = (u - m) / v - (m != 0 && (v < 0) != (m < 0)), down = FLOOR(q); \
    return q == 0 ? COPYSIGN(0, u / v) : q - down > (TYPE)0.5 ? down + 1 : down; \
  }
FLOORED_QUOTIENT(floored_quotient, double, fmod, floor, copysign)
FLOORED_QUOTIENT(floored_quotient_f32, float, fmodf, floorf, copysignf)

// The neighbour of u towards v, in integers that have the order of the numbers: denormals are not flushed.
#define NEXT_AFTER(NAME, TYPE, INT, BITS, FROM_BITS, LEAST) \
  INLINE TYPE NAME(TYPE u, TYPE v) { \
    const INT p = (INT)BITS(u), q = (INT)BITS(v), from = p < 0 ? LEAST - p : p, to = q < 0 ? LEAST - q : q; \
    const INT next = from + (to > from) - (to < from); \
    const TYPE y = FROM_BITS((next < 0) | ((next == 0) & (from < 0)) ? LEAST - next : next); \
    return ((u != u) | (v != v)) ? (TYPE)__builtin_nan("") : to == from ? v : y; \
  }
NEXT_AFTER(next_after_f32, float, int32_t, bits_f32, from_bits_f32, INT32_MIN)
NEXT_AFTER(next_after_f64, double, int64_t, bits_f64, from_bits_f64, INT64_MIN)

INLINE float log_add_exp_f32(float u, float v) {
  const float rest = log1p_unit_f32(exp_decay_f32(-__builtin_fabsf(u - v), -0.0f)), most = u > v ? u : v;
  // Equal infinities have no difference.
  return u == v ? u + 0x1.62e43p-1f : ((u != u) | (v != v)) ? u + v : most + rest;
}
static inline double log_add_exp_f64(double u, double v) {
  return u == v ? u + 0x1.62e42fefa39efp-1 : (u > v ? u : v) + (u != u || v != v ? NAN : log1p(exp(-fabs(u - v))));
}

// Those that are the same expressions for both types. What a choice between the operands returns is not computed.
#define CHOICES \
  EXTREME(MK_FMIN, ((u < v) | (v != v)) ? u : v) \
  EXTREME(MK_FMAX, ((u > v) | (v != v)) ? u : v) \
  EXTREME(MK_HEAVISIDE, u < 0 ? 0 : u > 0 ? 1 : u == 0 ? v : u) \
  CASE(MK_SOFTSHRINK, u > v ? u - v : u < -v ? u + v : u != u ? u : 0) \
  CASE(MK_HARDSHRINK, ((u <= v) & (u >= -v)) ? 0 : u)

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
    LIBM(MK_FMOD, fmodf(u, v))
    LIBM(MK_FLOOR_DIVIDE, floored_quotient_f32(u, v))
    LONG(MK_POWER, pow_f32(u, v))
    LIBM(MK_ATAN2, atan2f(u, v))
    CASE(MK_HYPOT, hypot_f32(u, v))
    CHOICES
    CASE(MK_COPY_SIGN, __builtin_copysignf(u, v))
    CASE(MK_NEXT_AFTER, next_after_f32(u, v))
    LONG(MK_XLOGY, ((u == 0.0f) & (v == v)) ? 0.0f : u * log_f32(v))
    LONG(MK_LOG_ADD_EXP, log_add_exp_f32(u, v))
    LIBM(MK_POLYGAMMA, polygamma_f64(u, v))
    LIBM(MK_SINC_DERIVATIVE, sinc_derivative_f64(u, v))
    LIBM(MK_BESSEL_J, bessel_j_f64(u, v))
    LIBM(MK_BESSEL_Y, bessel_y_f64(u, v))
    LIBM(MK_BESSEL_I, bessel_i_f64(u, v))
    LIBM(MK_BESSEL_I_SCALED, bessel_i_scaled_f64(u, v))
    LIBM(MK_BESSEL_K, bessel_k_f64(u, v))
    LIBM(MK_BESSEL_K_SCALED, bessel_k_scaled_f64(u, v))
    LIBM(MK_GAMMA_BELOW, incomplete_gamma_f64(u, v, false))
    LIBM(MK_GAMMA_ABOVE, incomplete_gamma_f64(u, v, true))
    LIBM(MK_ZETA, hurwitz_zeta_f64(u, v))
    LONG(MK_ELU, u > 0.0f ? u : v * expm1_f32(u))
    LONG(MK_CELU, u > 0.0f ? u : v * expm1_f32(u / v))
    LONG(MK_GELU_BACKWARD, u * gelu_slope_f32(v))
    LONG(MK_SILU_BACKWARD, u * silu_slope_f32(v))
    default: break;
  }
}
#undef T
#define T double
static CLONES void functions_f64(mk_binary_op op, const double *a, const double *b, double *y, ptrdiff_t n) {
  const ptrdiff_t as = 1, bs = 1;
  switch (op) {
    LIBM(MK_REMAINDER, floored_remainder(u, v))
    LIBM(MK_FMOD, fmod(u, v))
    LIBM(MK_FLOOR_DIVIDE, floored_quotient(u, v))
    LIBM(MK_POWER, pow(u, v))
    LIBM(MK_ATAN2, atan2(u, v))
    LIBM(MK_HYPOT, hypot(u, v))
    CHOICES
    CASE(MK_COPY_SIGN, __builtin_copysign(u, v))
    CASE(MK_NEXT_AFTER, next_after_f64(u, v))
    LIBM(MK_XLOGY, u == 0 && v == v ? 0 : u * log(v))
    LIBM(MK_LOG_ADD_EXP, log_add_exp_f64(u, v))
    LIBM(MK_POLYGAMMA, polygamma_f64(u, v))
    LIBM(MK_SINC_DERIVATIVE, sinc_derivative_f64(u, v))
    LIBM(MK_BESSEL_J, bessel_j_f64(u, v))
    LIBM(MK_BESSEL_Y, bessel_y_f64(u, v))
    LIBM(MK_BESSEL_I, bessel_i_f64(u, v))
    LIBM(MK_BESSEL_I_SCALED, bessel_i_scaled_f64(u, v))
    LIBM(MK_BESSEL_K, bessel_k_f64(u, v))
    LIBM(MK_BESSEL_K_SCALED, bessel_k_scaled_f64(u, v))
    LIBM(MK_GAMMA_BELOW, incomplete_gamma_f64(u, v, false))
    LIBM(MK_GAMMA_ABOVE, incomplete_gamma_f64(u, v, true))
    LIBM(MK_ZETA, hurwitz_zeta_f64(u, v))
    LIBM(MK_ELU, u > 0 ? u : v * expm1(u))
    LIBM(MK_CELU, u > 0 ? u : v * expm1(u / v))
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

// Integers. U is unsigned and at least as wide as int, so that arithmetic in it wraps. SIGNS is what a number is after
// all of its bits have been shifted to the right.
#define INTEGER_CASES(U, SIGNS) \
  CASE(MK_ADD, (U)u + (U)v) \
  CASE(MK_SUBTRACT, (U)u - (U)v) \
  CASE(MK_MULTIPLY, (U)u * (U)v) \
  CASE(MK_MINIMUM, u < v ? u : v) \
  CASE(MK_MAXIMUM, u > v ? u : v) \
  CASE(MK_AND, u & v) \
  CASE(MK_OR, u | v) \
  CASE(MK_XOR, u ^ v) \
  CASE(MK_SHIFT_LEFT, v >= BITS ? 0 : v >= 0 ? (T)((U)u << v) : v + BITS > 0 ? (T)(u >> -v) : (T)(SIGNS)) \
  CASE(MK_SHIFT_RIGHT, v >= BITS ? (T)(SIGNS) : v >= 0 ? (T)(u >> v) : v + BITS > 0 ? (T)((U)u << -v) : 0) \
  default: break;
#define BITS (8 * (int)sizeof(T))

// The greatest common divisor of magnitudes, and powers by repeated squaring; both wrap.
INLINE uint64_t common_divisor(uint64_t a, uint64_t b) {
  while (b != 0) {
    const uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
INLINE uint64_t integer_power(uint64_t base, uint64_t exponent) {
  uint64_t y = 1;
  for (; exponent != 0; exponent >>= 1, base *= base)
    if (exponent & 1) y *= base;
  return y;
}
#define MAGNITUDE(x) ((x) < 0 ? 0 - (uint64_t)(x) : (uint64_t)(x))
#define COMMON_DIVISOR common_divisor(MAGNITUDE(u), MAGNITUDE(v))

#define INTEGER_KERNEL(NAME, TYPE, U, SIGNS, QUOTIENT, REST) \
  static CLONES bool NAME##_any_zero(const TYPE *b, ptrdiff_t n) { \
    int zero = 0; \
    for (ptrdiff_t i = 0; i < n; i++) zero |= b[i] == 0; \
    return zero; \
  } \
  static CLONES bool NAME##_any_negative(const TYPE *b, ptrdiff_t n) { \
    int negative = 0; \
    for (ptrdiff_t i = 0; i < n; i++) negative |= b[i] < (TYPE)0; \
    return negative; \
  } \
  INLINE void NAME##_loops(ARGUMENTS) { \
    switch (op) { INTEGER_CASES(U, SIGNS) } \
  } \
  static CLONES void NAME##_wrapping(ARGUMENTS) { \
    if (as && bs) NAME##_loops(op, a, 1, b, 1, y, n); \
    else if (as) NAME##_loops(op, a, 1, b, 0, y, n); \
    else NAME##_loops(op, a, 0, b, 1, y, n); \
  } \
  static bool NAME##_dividing(ARGUMENTS) { \
    if (op == MK_POWER && NAME##_any_negative(b, bs ? n : 1)) return false; \
    if (op != MK_POWER && op != MK_GCD && op != MK_LCM && NAME##_any_zero(b, bs ? n : 1)) return false; \
    switch (op) { \
      case MK_DIVIDE: LOOP(QUOTIENT) \
      case MK_REMAINDER: LOOP(REST + (REST != 0 && (REST < 0) != (v < (T)0) ? v : 0)) \
      case MK_FMOD: LOOP(REST) \
      case MK_FLOOR_DIVIDE: LOOP(QUOTIENT - (REST != 0 && (REST < 0) != (v < (T)0))) \
      case MK_POWER: LOOP(integer_power((uint64_t)u, (uint64_t)v)) \
      case MK_GCD: LOOP(COMMON_DIVISOR) \
      case MK_LCM: LOOP(u == 0 || v == 0 ? 0 : MAGNITUDE(u) / COMMON_DIVISOR * MAGNITUDE(v)) \
      default: break; \
    } \
    return true; \
  } \
  static bool NAME(ARGUMENTS) { \
    switch (op) { \
      case MK_DIVIDE: case MK_REMAINDER: case MK_FMOD: case MK_FLOOR_DIVIDE: case MK_POWER: case MK_GCD: case MK_LCM: \
        return NAME##_dividing(op, a, as, b, bs, y, n); \
      default: NAME##_wrapping(op, a, as, b, bs, y, n); return true; \
    } \
  }

// A divisor of -1 is handled separately: dividing the smallest integer by it would trap.
#define SIGNED_REST (v == -1 ? 0 : u % v)
#define T int32_t
INTEGER_KERNEL(binary_i32, int32_t, uint32_t, u < 0 ? -1 : 0, (v == -1 ? (T)(0 - (uint32_t)u) : u / v), SIGNED_REST)
#undef T
#define T int64_t
INTEGER_KERNEL(binary_i64, int64_t, uint64_t, u < 0 ? -1 : 0, (v == -1 ? (T)(0 - (uint64_t)u) : u / v), SIGNED_REST)
#undef T
#define T uint8_t
INTEGER_KERNEL(binary_u8, uint8_t, uint32_t, 0, u / v, u % v)
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
