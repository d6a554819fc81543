// Elementwise operations with one operand. One CLONES function for a scalar type holds a loop for each operation.
#include <math.h>

#include "families.h"
#include "copy.h"
#include "elementwise.h"
#include "bessel_math.h"

#define LOOP(...) \
  for (ptrdiff_t i = 0; i < n; i++) { \
    const T v = x[i]; \
    y[i] = (T)(__VA_ARGS__); \
  } \
  break;
#define CASE(OP, ...) case OP: IN_PLACE LOOP(__VA_ARGS__)
#define LIBM(OP, ...) \
  case OP: { \
    const T unit = (T)flushing_unit(); \
    for (ptrdiff_t i = 0; i < n; i++) { \
      const T v = x[i] * unit; \
      y[i] = (T)(__VA_ARGS__); \
    } \
    break; \
  }

#define T float
#define LONG(OP, ...) case OP: EACH(16, i, n, { const T v = x[i]; y[i] = (__VA_ARGS__); }) break;
#define VIA_DOUBLE(OP, ...) case OP: EACH(16, i, n, { const double v = x[i]; y[i] = (float)(__VA_ARGS__); }) break;
#define VIA_LONG(OP, ...) case OP: EACH(8, i, n, { const double v = x[i]; y[i] = (float)(__VA_ARGS__); }) break;

// Computed in double. Small arguments use two terms of the series, because the general formula would cancel.
INLINE double sinh_wide(double v) {
  const double a = __builtin_fabs(v), e = exp_f64(a), small = a + a * a * a * (1.0 / 6.0);
  return __builtin_copysign(a < 1e-3 ? small : 0.5 * (e - 1.0 / e), v);
}
INLINE double cosh_wide(double v) {
  const double e = exp_f64(__builtin_fabs(v));
  return 0.5 * (e + 1.0 / e);
}
INLINE double asinh_wide(double v) {
  const double a = __builtin_fabs(v), small = a - a * a * a * (1.0 / 6.0);
  return __builtin_copysign(a < 1e-3 ? small : log_f64(a + __builtin_elementwise_sqrt(a * a + 1.0)), v);
}
INLINE double acosh_wide(double v) {
  const double y = log_f64(v + __builtin_elementwise_sqrt(v * v - 1.0));
  return v < 1.0 ? __builtin_nan("") : y;
}
INLINE double atanh_wide(double v) {
  const double a = __builtin_fabs(v), small = a + a * a * a * (1.0 / 3.0);
  return __builtin_copysign(a < 1e-3 ? small : 0.5 * log_f64((1.0 + a) / (1.0 - a)), v);
}

// The sign comes from the bits, so that it is right for denormals too.
INLINE float sign_f32(float v) {
  const uint32_t a = bits_f32(v) & 0x7fffffff, sign = bits_f32(v) & 0x80000000;
  return from_bits_f32(a == 0 ? 0 : a > 0x7f800000 ? a | sign : 0x3f800000 | sign);
}
INLINE double sign_f64(double v) {
  const uint64_t a = bits_f64(v) & 0x7fffffffffffffff, sign = bits_f64(v) & 0x8000000000000000;
  return from_bits_f64(a == 0 ? 0 : a > 0x7ff0000000000000 ? a | sign : 0x3ff0000000000000 | sign);
}

static CLONES void loops_f32(mk_unary_op op, const float *x, float *y, ptrdiff_t n) {
  switch (op) {
    CASE(MK_NEGATE, -v)
    CASE(MK_ABS, __builtin_fabsf(v))
    CASE(MK_SIGN, sign_f32(v))
    CASE(MK_SQUARE, v * v)
    CASE(MK_RECIPROCAL, 1.0f / v)
    CASE(MK_SQRT, __builtin_elementwise_sqrt(v))
    CASE(MK_RSQRT, 1.0f / __builtin_elementwise_sqrt(v))
    VIA_LONG(MK_CBRT, cbrt_f64(v))
    LONG(MK_EXP, exp_f32(v))
    LONG(MK_EXPM1, expm1_f32(v))
    LONG(MK_EXP2, exp2_f32(v))
    LONG(MK_LOG, log_f32(v))
    LONG(MK_LOG1P, log1p_f32(v))
    LONG(MK_LOG2, log2_f32(v))
    LONG(MK_LOG10, log10_f32(v))
    LONG(MK_SIN, sin_f32(v))
    LONG(MK_COS, cos_f32(v))
    LIBM(MK_TAN, tanf(v))
    LIBM(MK_ASIN, asinf(v))
    LIBM(MK_ACOS, acosf(v))
    LIBM(MK_ATAN, atanf(v))
    VIA_DOUBLE(MK_SINH, sinh_wide(v))
    VIA_DOUBLE(MK_COSH, cosh_wide(v))
    LONG(MK_TANH, tanh_f32(v))
    VIA_DOUBLE(MK_ASINH, asinh_wide(v))
    VIA_DOUBLE(MK_ACOSH, acosh_wide(v))
    VIA_DOUBLE(MK_ATANH, atanh_wide(v))
    LONG(MK_ERF, erf_f32(v))
    LONG(MK_ERFC, erfc_f32(v))
    VIA_LONG(MK_ERFINV, erfinv_f64(v))
    VIA_LONG(MK_LGAMMA, lgamma_wide(v))
    VIA_LONG(MK_DIGAMMA, digamma_wide(v))
    VIA_DOUBLE(MK_SINC, sinc_f64(v))
    VIA_LONG(MK_LOGIT, logit_wide(v))
    LIBM(MK_ERFCX, erfcx_f64(v))
    LIBM(MK_NDTRI, ndtri_f64(v))
    LIBM(MK_LOG_NDTR, log_ndtr_f64(v))
    CASE(MK_FLOOR, __builtin_floorf(v))
    CASE(MK_CEIL, __builtin_ceilf(v))
    CASE(MK_ROUND, __builtin_elementwise_roundeven(v))
    CASE(MK_TRUNC, __builtin_truncf(v))
    CASE(MK_FRAC, v - __builtin_truncf(v))
    CASE(MK_RELU, v <= 0.0f ? 0.0f : v)
    LONG(MK_SIGMOID, sigmoid_f32(v))
    LONG(MK_SOFTPLUS, softplus_f32(v))
    LONG(MK_LOG_SIGMOID, -softplus_f32(-v))
    LONG(MK_GELU, gelu_f32(v))
    LONG(MK_GELU_TANH, gelu_tanh_f32(v))
    LONG(MK_SILU, silu_f32(v))
    LONG(MK_MISH, mish_f32(v))
    LONG(MK_SELU, selu_f32(v))
    CASE(MK_RELU6, v <= 0 ? 0 : v >= 6 ? 6 : v)
    CASE(MK_HARD_SIGMOID, v <= -3 ? 0 : v >= 3 ? 1 : (v + 3) / 6)
    CASE(MK_HARD_SWISH, v <= -3 ? 0 : v >= 3 ? v : v * (v + 3) / 6)
    CASE(MK_SOFTSIGN, __builtin_fabsf(v) == __builtin_inff() ? __builtin_copysignf(1.0f, v) : v / (1.0f + __builtin_fabsf(v)))
    VIA_LONG(MK_TANHSHRINK, tanhshrink_f64(v))
    case MK_UNARY_COUNT: break;
  }
}
#undef LONG
#undef T

#define T double
#define LONG(OP, ...) case OP: EACH(8, i, n, { const T v = x[i]; y[i] = (__VA_ARGS__); }) break;

INLINE double softplus_f64(double x) { return (x > 0.0 ? x : 0.0) + log1p(exp(-fabs(x))); }
INLINE double mish_f64(double x) {
  const double e = exp(x > 40.0 ? 40.0 : x), n = e * (e + 2.0);
  return (x < -800.0 ? -800.0 : x) * (n / (n + 2.0));
}

static CLONES void unary_f64(mk_unary_op op, const double *x, double *y, ptrdiff_t n) {
  switch (op) {
    CASE(MK_NEGATE, -v)
    CASE(MK_ABS, __builtin_fabs(v))
    CASE(MK_SIGN, sign_f64(v))
    CASE(MK_SQUARE, v * v)
    CASE(MK_RECIPROCAL, 1.0 / v)
    CASE(MK_SQRT, __builtin_elementwise_sqrt(v))
    CASE(MK_RSQRT, 1.0 / __builtin_elementwise_sqrt(v))
    LONG(MK_CBRT, cbrt_f64(v))
    LONG(MK_EXP, exp_f64(v))
    LIBM(MK_EXPM1, expm1(v))
    LIBM(MK_EXP2, exp2(v))
    LONG(MK_LOG, log_f64(v))
    LIBM(MK_LOG1P, log1p(v))
    LIBM(MK_LOG2, log2(v))
    LIBM(MK_LOG10, log10(v))
    LIBM(MK_SIN, sin(v))
    LIBM(MK_COS, cos(v))
    LIBM(MK_TAN, tan(v))
    LIBM(MK_ASIN, asin(v))
    LIBM(MK_ACOS, acos(v))
    LIBM(MK_ATAN, atan(v))
    LIBM(MK_SINH, sinh(v))
    LIBM(MK_COSH, cosh(v))
    LONG(MK_TANH, tanh_f64(v))
    LIBM(MK_ASINH, asinh(v))
    LIBM(MK_ACOSH, acosh(v))
    LIBM(MK_ATANH, atanh(v))
    LIBM(MK_ERF, erf(v))
    LIBM(MK_ERFC, erfc(v))
    LONG(MK_ERFINV, erfinv_f64(v))
    LIBM(MK_LGAMMA, lgamma(v))
    LIBM(MK_DIGAMMA, digamma_f64(v))
    LONG(MK_SINC, sinc_f64(v))
    LIBM(MK_LOGIT, logit_f64(v))
    LIBM(MK_ERFCX, erfcx_f64(v))
    LIBM(MK_NDTRI, ndtri_f64(v))
    LIBM(MK_LOG_NDTR, log_ndtr_f64(v))
    CASE(MK_FLOOR, __builtin_floor(v))
    CASE(MK_CEIL, __builtin_ceil(v))
    CASE(MK_ROUND, __builtin_elementwise_roundeven(v))
    CASE(MK_TRUNC, __builtin_trunc(v))
    CASE(MK_FRAC, v - __builtin_trunc(v))
    CASE(MK_RELU, v <= 0.0 ? 0.0 : v)
    LONG(MK_SIGMOID, sigmoid_f64(v))
    LIBM(MK_SOFTPLUS, softplus_f64(v))
    LIBM(MK_LOG_SIGMOID, -softplus_f64(-v))
    LIBM(MK_GELU, (v < -40.0 ? -40.0 : v) * (0.5 * erfc(v * -0.70710678118654752)))
    LONG(MK_GELU_TANH, (v < -30.0 ? -30.0 : v) * sigmoid_f64(1.5957691216057308 * (v + 0.044715 * (v * v * v))))
    LONG(MK_SILU, (v < -800.0 ? -800.0 : v) * sigmoid_f64(v))
    LIBM(MK_MISH, mish_f64(v))
    LIBM(MK_SELU, 1.0507009873554805 * (v > 0.0 ? v : 1.6732632423543772 * expm1(v)))
    CASE(MK_RELU6, v <= 0 ? 0 : v >= 6 ? 6 : v)
    CASE(MK_HARD_SIGMOID, v <= -3 ? 0 : v >= 3 ? 1 : (v + 3) / 6)
    CASE(MK_HARD_SWISH, v <= -3 ? 0 : v >= 3 ? v : v * (v + 3) / 6)
    CASE(MK_SOFTSIGN, __builtin_fabs(v) == __builtin_inf() ? __builtin_copysign(1.0, v) : v / (1.0 + __builtin_fabs(v)))
    LONG(MK_TANHSHRINK, tanhshrink_f64(v))
    case MK_UNARY_COUNT: break;
  }
}
#undef T

// U is unsigned, so that arithmetic in it wraps.
#define UNARY_INTEGER(NAME, TYPE, U) \
  static CLONES void NAME(mk_unary_op op, const TYPE *x, TYPE *y, ptrdiff_t n) { \
    switch (op) { \
      CASE(MK_NEGATE, 0 - (U)v) \
      CASE(MK_ABS, v > 0 ? (U)v : 0 - (U)v) \
      CASE(MK_SIGN, (v > 0) - (v < (T)0)) \
      CASE(MK_SQUARE, (U)v * (U)v) \
      default: break; \
    } \
  }
#define T int32_t
UNARY_INTEGER(unary_i32, int32_t, uint32_t)
#undef T
#define T int64_t
UNARY_INTEGER(unary_i64, int64_t, uint64_t)
#undef T

#define T uint8_t
static CLONES void unary_u8(mk_unary_op op, const uint8_t *x, uint8_t *y, ptrdiff_t n) {
  switch (op) {
    CASE(MK_NEGATE, 0u - v)
    CASE(MK_ABS, v)
    CASE(MK_SIGN, v > 0)
    CASE(MK_SQUARE, (unsigned)v * v)
    default: break;
  }
}
#undef T

// Computes sin and cos again for arguments that are too large for the vectorised reduction.
static void patch_large(mk_unary_op op, const float *x, float *y, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i++)
    if (!(fabsf(x[i]) <= SIN_COS_LIMIT)) y[i] = op == MK_SIN ? sinf(x[i]) : cosf(x[i]);
}

static CLONES bool any_large(const float *x, ptrdiff_t n) {
  int large = 0;
  for (ptrdiff_t i = 0; i < n; i++) large |= !(__builtin_fabsf(x[i]) <= SIN_COS_LIMIT);
  return large;
}

static void unary_f32(mk_unary_op op, const float *x, float *y, ptrdiff_t n) {
  if (op != MK_SIN && op != MK_COS) {
    loops_f32(op, x, y, n);
    return;
  }
  float kept[TILE];
  for (ptrdiff_t i = 0; i < n; i += TILE) {
    const ptrdiff_t count = n - i < TILE ? n - i : TILE;
    const bool large = any_large(x + i, count);
    if (large) memcpy(kept, x + i, (size_t)count * sizeof *x);
    loops_f32(op, x + i, y + i, count);
    if (large) patch_large(op, kept, y + i, count);
  }
}

static void unary_run(mk_unary_op op, mk_type type, const void *x, void *y, ptrdiff_t n) {
  BY_NUMERIC(type, unary, op, x, y, n)
}

void mk_unary(mk_unary_op op, mk_type type, const void *x, ptrdiff_t xs, void *y, ptrdiff_t n) {
  if (n <= 0) return;
  if (xs == 1) {
    unary_run(op, type, x, y, n);
    return;
  }
  const size_t size = size_of_type(type);
  if (xs == 0) {
    uint64_t value;
    unary_run(op, type, x, &value, 1);
    mk_fill(size, &value, y, n);
  } else {
    for (ptrdiff_t i = 0; i < n; i += TILE) {
      const ptrdiff_t count = n - i < TILE ? n - i : TILE;
      char *out = (char *)y + (size_t)i * size;
      mk_copy(size, (const char *)x + i * xs * (ptrdiff_t)size, xs, out, count);
      unary_run(op, type, out, out, count);
    }
  }
}
