// Elementwise operations. Each has its row, in the same order, in the tables of Swift's primitives.
#ifndef MARTLET_ELEMENTWISE_H
#define MARTLET_ELEMENTWISE_H
#include "types.h"

typedef enum mk_unary_op : uint8_t {
  // every numeric type (negate, abs, sign, square wrap for integers)
  MK_NEGATE, MK_ABS, MK_SIGN, MK_SQUARE,
  // float32 and float64 from here on
  MK_RECIPROCAL, MK_SQRT, MK_RSQRT, MK_CBRT,
  MK_EXP, MK_EXPM1, MK_EXP2, MK_LOG, MK_LOG1P, MK_LOG2, MK_LOG10,
  MK_SIN, MK_COS, MK_TAN, MK_ASIN, MK_ACOS, MK_ATAN,
  MK_SINH, MK_COSH, MK_TANH, MK_ASINH, MK_ACOSH, MK_ATANH,
  MK_ERF, MK_ERFC, MK_ERFINV,
  MK_LGAMMA,   // log |gamma(x)|
  MK_DIGAMMA,  // its derivative
  MK_SINC,     // sin(pi x) / (pi x)
  MK_LOGIT,    // log(x / (1 - x))
  MK_ERFCX,    // exp(x^2) erfc(x)
  MK_NDTRI,    // the inverse of the normal distribution function
  MK_LOG_NDTR, // its logarithm
  MK_FLOOR, MK_CEIL, MK_ROUND,  // round: half to even, as NumPy and PyTorch
  MK_TRUNC, MK_FRAC,  // frac: x - trunc(x)
  MK_RELU, MK_SIGMOID, MK_SOFTPLUS, MK_LOG_SIGMOID,
  MK_GELU,       // with erf
  MK_GELU_TANH,  // the tanh form
  MK_SILU, MK_MISH, MK_SELU,
  MK_RELU6,         // x within 0 ... 6
  MK_HARD_SIGMOID,  // x / 6 + 1 / 2 within 0 ... 1
  MK_HARD_SWISH,    // x * hard sigmoid(x)
  MK_SOFTSIGN,      // x / (1 + |x|)
  MK_TANHSHRINK,    // x - tanh(x)
  MK_UNARY_COUNT
} mk_unary_op;

typedef enum mk_binary_op : uint8_t {
  // every numeric type; integers wrap
  MK_ADD, MK_SUBTRACT, MK_MULTIPLY,
  MK_DIVIDE,  // integers truncate
  MK_MINIMUM, MK_MAXIMUM,  // NaN propagates
  MK_REMAINDER,  // sign of the divisor, as NumPy's and PyTorch's remainder
  MK_FMOD,       // sign of the dividend, as C's fmod and %
  MK_FLOOR_DIVIDE,  // rounded down, as Python's //
  MK_POWER,      // exponents of integers are at least 0
  // float32 and float64
  MK_ATAN2, MK_HYPOT,
  MK_FMIN, MK_FMAX,  // of a number and NaN, the number
  MK_COPY_SIGN, MK_NEXT_AFTER,
  MK_HEAVISIDE,    // 0 below 0, 1 above it, b at 0
  MK_XLOGY,        // a * log(b), 0 where a is 0 and b is no NaN
  MK_LOG_ADD_EXP,  // log(e^a + e^b)
  // functions of b whose order is a, rounded to an integer
  MK_POLYGAMMA,        // the derivative of digamma; digamma for order 0
  MK_SINC_DERIVATIVE,  // the derivative of sinc; sinc for order 0
  MK_BESSEL_J, MK_BESSEL_Y,
  MK_BESSEL_I, MK_BESSEL_I_SCALED,  // scaled: times exp(-|b|)
  MK_BESSEL_K, MK_BESSEL_K_SCALED,  // scaled: times exp(b)
  // the incomplete gamma functions of a below and above b, and Hurwitz's zeta of a from b on
  MK_GAMMA_BELOW, MK_GAMMA_ABOVE, MK_ZETA,
  MK_LEAKY_RELU,  // a > 0 ? a : b * a
  MK_ELU,         // a > 0 ? a : b * expm1(a)
  MK_CELU,        // a > 0 ? a : b * expm1(a / b)
  MK_SOFTSHRINK,  // a by b nearer to 0, and 0 where |a| <= b
  MK_HARDSHRINK,  // a, and 0 where |a| <= b
  // a gradient g and the result y of the activation: a = g, b = y
  MK_RELU_BACKWARD,     // y <= 0 ? 0 : g; where y is NaN, g
  MK_TANH_BACKWARD,     // g * (1 - y * y)
  MK_SIGMOID_BACKWARD,  // g * y * (1 - y)
  // a gradient g and the operand x: a = g, b = x
  MK_ABS_BACKWARD,   // g * (1, -1, or 0 at 0 and NaN)
  MK_GELU_BACKWARD,  // g * (probability below x + x * density at x), of the normal distribution
  MK_SILU_BACKWARD,  // g * sigmoid(x) * (1 + x * sigmoid(-x))
  // bool (bytes 0 and 1) and integers, bit by bit
  MK_AND, MK_OR, MK_XOR,
  // integers
  MK_SHIFT_LEFT, MK_SHIFT_RIGHT,  // Swift's: by as many bits as there are or more too, and the other way by negative numbers
  MK_GCD, MK_LCM,  // of the magnitudes
  MK_BINARY_COUNT
} mk_binary_op;

typedef enum mk_compare_op : uint8_t {
  MK_EQUAL, MK_NOT_EQUAL, MK_LESS, MK_LESS_EQUAL, MK_GREATER, MK_GREATER_EQUAL, MK_COMPARE_COUNT
} mk_compare_op;

typedef enum mk_test_op : uint8_t { MK_IS_NAN, MK_IS_INFINITE, MK_IS_FINITE, MK_SIGN_BIT, MK_NOT } mk_test_op;

// y[i] = op(x[i * xs]).
void mk_unary(mk_unary_op op, mk_type type, const void *x, ptrdiff_t xs, void *y, ptrdiff_t n);
// y[i] = op(a[i * as], b[i * bs]). Returns false, leaving y unspecified, when an integer is divided by zero or
// has a negative exponent.
bool mk_binary(mk_binary_op op, mk_type type, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, void *y, ptrdiff_t n);
// The same for rows: row r of an operand begins at x + r * xr, and the rows of y follow one another. With `streams`, y
// is written by streaming stores, which bypass the caches: for results too large to stay there.
void mk_unary_rows(
  bool streams, mk_unary_op op, mk_type type, const void *x, ptrdiff_t xs, ptrdiff_t xr, void *y, ptrdiff_t rows, ptrdiff_t n);
bool mk_binary_rows(
  bool streams, mk_binary_op op, mk_type type, const void *a, ptrdiff_t as, ptrdiff_t ar, const void *b, ptrdiff_t bs, ptrdiff_t br,
  void *y, ptrdiff_t rows, ptrdiff_t n);
// y[i] = a[i * as] <op> b[i * bs], as bytes 0 and 1; bool only for equal and not equal.
void mk_compare(mk_compare_op op, mk_type type, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, uint8_t *y, ptrdiff_t n);
// y[i] = test(x[i * xs]); MK_NOT takes bool, the others float32 and float64.
void mk_test(mk_test_op op, mk_type type, const void *x, ptrdiff_t xs, uint8_t *y, ptrdiff_t n);
// y[i] = mask[i * ms] ? a[i * as] : b[i * bs] for elements of `size` bytes (1, 2, 4 or 8).
void mk_select(size_t size, const uint8_t *mask, ptrdiff_t ms, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, void *y, ptrdiff_t n);
// y[i] += x[i]: accumulates gradients.
void mk_accumulate(mk_type type, const void *x, void *y, ptrdiff_t n);

// The end of a matrix product: for each of `rows` rows (row r begins at c + r * ldc),
// c[r][j] = activation(c[r][j] + bias[j]). bias may be null. The activations are those whose derivative is computed
// from the result alone.
typedef enum mk_epilogue : uint8_t { MK_EPILOGUE_NONE, MK_EPILOGUE_RELU, MK_EPILOGUE_TANH, MK_EPILOGUE_SIGMOID } mk_epilogue;
void mk_finish_panel(mk_type type, mk_epilogue activation, const void *bias, void *c, ptrdiff_t ldc, ptrdiff_t rows, ptrdiff_t cols);
#endif
