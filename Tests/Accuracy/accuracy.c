#include "include/accuracy.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define PI_WIDE 3.14159265358979323846264338327950288L

enum { BLOCK = 1024 };

bool accuracy_has_wide_reference(void) { return LDBL_MANT_DIG > DBL_MANT_DIG; }

bool accuracy_has(mk_unary_op op) {
  switch (op) {
    case MK_NEGATE: case MK_ABS: case MK_SIGN: case MK_FLOOR: case MK_CEIL: case MK_ROUND: case MK_TRUNC: case MK_RELU:
    case MK_FRAC: case MK_RELU6: case MK_UNARY_COUNT: return false;
    default: return true;
  }
}

// The derivative of log gamma, for which C has no function. Near the zero at 1.46, a Chebyshev expansion of the quotient by
// the distance from it, which has two parts; elsewhere the recurrence, and 11 terms of the series from 30 on.
static long double digamma(long double x) {
  static const long double near[] = {
    -0.00000851962670658299261548193L, 0.0000127794406950384228933164L, -0.00000319486255565650975582933L,
    0.00000479229661251992329629733L, -0.0000206667675548505316502516L, 0.0000310001697080986768650132L,
    -0.000039740342791888061986209L, 0.0000596106285576424498730704L, -0.0000916587147842921656024624L,
    0.000137488787460519703616196L, -0.000205716955767000173438452L, 0.000308579907897233932966907L,
    -0.000462966491554466640185343L, 0.000694477747776492508604706L, -0.00104177659435921936635759L,
    0.00156284053221427164586313L, -0.00234470195537918210710602L, 0.00351815788468252891688372L,
    -0.00528001418485200861070147L, 0.00792701861388876787423572L, -0.0119082153336345061838301L,
    0.0179072484375449881037364L, -0.0269757968400769312531678L, 0.0407608339383289164426502L,
    -0.0619221332717134962064177L, 0.094988724452914657513058L, -0.148404923053917320812555L,
    0.240542484240786913980224L, -0.423627421281460496228587L, 0.951055876031832879711064L};
  static const long double far[] = {
    77683.0L / 276, -174611.0L / 6600, 43867.0L / 14364, -3617.0L / 8160, 1.0L / 12, -691.0L / 32760, 1.0L / 132,
    -1.0L / 240, 1.0L / 252, -1.0L / 120, 1.0L / 12};
  if (x == 0) return signbit(x) ? INFINITY : -INFINITY;
  if (isinf(x)) return x > 0 ? x : NAN;
  if (x < 0) {
    const long double rest = x - rintl(x);
    return rest == 0 ? NAN : digamma(1 - x) - PI_WIDE / tanl(PI_WIDE * rest);
  }
  if (x < 1) return digamma(x + 1) - 1 / x;
  if (x <= 2) {
    long double y = near[0];
    for (size_t i = 1; i < sizeof near / sizeof *near; i++) y = y * (x - 1.5L) + near[i];
    return y * ((x - 0x1.762d86356be3fp+0L) - 0x1.b86a722197829p-54L);
  }
  if (x < 8) return digamma(x - 1) + 1 / (x - 1);
  long double sum = 0, y = far[0];
  for (; x < 30; x += 1) sum += 1 / x;
  for (size_t i = 1; i < sizeof far / sizeof *far; i++) y = y / (x * x) + far[i];
  return logl(x) - 1 / (2 * x) - y / (x * x) - sum;
}

// The inverse of erf, by Newton's method with the second derivative, on erfc for the tail.
static long double erfinv(long double x) {
  const long double a = fabsl(x), tail = 1 - a, height = 2 / sqrtl(PI_WIDE);
  if (!(a < 1)) return a == 1 ? copysignl(INFINITY, x) : NAN;
  const long double l = log1pl(-a * a), half = 2 / (PI_WIDE * 0.147L) + l / 2;
  long double y = a < 1e-3L ? a / height : sqrtl(sqrtl(half * half - l / 0.147L) - half);
  for (int step = 0; step < 4; step++) {
    const long double error = (a < 0.5L ? erfl(y) - a : tail - erfcl(y)) / (height * expl(-y * y));
    y -= error / (1 + y * error);
  }
  return copysignl(y, x);
}

// exp(sign x²). Half of x's bits have an exact square, so that the exponent has no error that the result would multiply.
static long double exp_of_square(long double x, long double sign) {
  if (fabsl(x) > 200) return sign < 0 ? 0 : INFINITY;
  const long double high = (float)x, low = x - high;
  return expl(sign * high * high) * expl(sign * low * (x + high));
}

// exp(x²) erfc(x); far out by the asymptotic series (Abramowitz and Stegun, 7.1.23).
static long double erfcx(long double x) {
  if (!(x > 50)) return exp_of_square(x, 1) * erfcl(x);
  const long double z = 1 / (2 * x * x);
  long double sum = 1;
  for (int k = 15; k > 0; k -= 2) sum = 1 - k * z * sum;
  return sum / (x * sqrtl(PI_WIDE));
}

// The logarithm of the normal distribution function.
static long double log_ndtr(long double x) {
  const long double a = fabsl(x) / sqrtl(2);
  if (isinf(x)) return x > 0 ? 0 : x;
  if (x < -1) return logl(erfcx(a) / 2) - x * x / 2;
  if (x < 1) return log1pl(-erfcl(x / sqrtl(2)) / 2);
  return log1pl(-erfcx(a) * exp_of_square(x, -0.5L) / 2);
}

// The inverse of the normal distribution function: in the tail by Newton's method on the logarithm.
static long double ndtri(long double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
  if (p > 0.9L) return -ndtri(1 - p);
  if (p > 0.1L) return sqrtl(2) * erfinv(2 * p - 1);
  const long double goal = logl(p);
  long double y = -sqrtl(-2 * goal);
  for (int step = 0; step < 12; step++) y -= (log_ndtr(y) - goal) * erfcx(-y / sqrtl(2)) * sqrtl(PI_WIDE / 2);
  return y;
}

static long double sinc(long double x) {
  const long double turns = rintl(x), sine = sinl(PI_WIDE * (x - turns)) * (fmodl(turns, 2) == 0 ? 1 : -1);
  return x == 0 ? 1 : sine / (PI_WIDE * x);
}

static long double logit(long double x) {
  return fabsl(x - 0.5L) < 0.25L ? log1pl((2 * x - 1) / (1 - x)) : logl(x / (1 - x));
}

// By the series of x cosh(x) - sinh(x), whose terms are all positive.
static long double tanhshrink(long double x) {
  if (fabsl(x) > 2) return x - tanhl(x);
  long double term = x, sum = 0;
  for (int k = 1; k < 20; k++) {
    term *= x * x / (2 * k * (2 * k + 1));
    sum += 2 * k * term;
  }
  return sum / coshl(x);
}

// x within 0 ... 6 shifted by 3, over 6.
static long double gate(long double x) { return x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6; }

// In WIDE, from C's functions of that type: F(exp) is exp or expl.
#define REFERENCE(NAME, WIDE, F, PI) \
  static WIDE NAME(mk_unary_op op, WIDE x) { \
    const WIDE softplus = (x > 0 ? x : 0) + F(log1p)(F(exp)(-F(fabs)(x))); \
    switch (op) { \
      case MK_SQUARE: return x * x; \
      case MK_RECIPROCAL: return 1 / x; \
      case MK_SQRT: return F(sqrt)(x); \
      case MK_RSQRT: return 1 / F(sqrt)(x); \
      case MK_CBRT: return F(cbrt)(x); \
      case MK_EXP: return F(exp)(x); \
      case MK_EXPM1: return F(expm1)(x); \
      case MK_EXP2: return F(exp2)(x); \
      case MK_LOG: return F(log)(x); \
      case MK_LOG1P: return F(log1p)(x); \
      case MK_LOG2: return F(log2)(x); \
      case MK_LOG10: return F(log10)(x); \
      case MK_SIN: return F(sin)(x); \
      case MK_COS: return F(cos)(x); \
      case MK_TAN: return F(tan)(x); \
      case MK_ASIN: return F(asin)(x); \
      case MK_ACOS: return F(acos)(x); \
      case MK_ATAN: return F(atan)(x); \
      case MK_SINH: return F(sinh)(x); \
      case MK_COSH: return F(cosh)(x); \
      case MK_TANH: return F(tanh)(x); \
      case MK_ASINH: return F(asinh)(x); \
      case MK_ACOSH: return F(acosh)(x); \
      case MK_ATANH: return F(atanh)(x); \
      case MK_ERF: return F(erf)(x); \
      case MK_ERFC: return F(erfc)(x); \
      case MK_ERFINV: return (WIDE)erfinv(x); \
      case MK_ERFCX: return (WIDE)erfcx(x); \
      case MK_NDTRI: return (WIDE)ndtri(x); \
      case MK_LOG_NDTR: return (WIDE)log_ndtr(x); \
      case MK_LGAMMA: return F(lgamma)(x); \
      case MK_DIGAMMA: return (WIDE)digamma(x); \
      case MK_SINC: return (WIDE)sinc(x); \
      case MK_LOGIT: return (WIDE)logit(x); \
      case MK_SIGMOID: return 1 / (1 + F(exp)(-x)); \
      case MK_SOFTPLUS: return softplus; \
      case MK_LOG_SIGMOID: return -((x < 0 ? -x : 0) + F(log1p)(F(exp)(-F(fabs)(x)))); \
      /* The limit of x f(x) at minus infinity, where f goes to 0 faster than any power. */ \
      case MK_GELU: return x == -(WIDE)INFINITY ? 0 : x * (F(erfc)(-x / F(sqrt)(2)) / 2); \
      case MK_GELU_TANH: return x == -(WIDE)INFINITY ? 0 : x / (1 + F(exp)(-2 * F(sqrt)(2 / PI) * (x + (WIDE)0.044715 * x * x * x))); \
      case MK_SILU: return x == -(WIDE)INFINITY ? 0 : x / (1 + F(exp)(-x)); \
      case MK_MISH: return x == -(WIDE)INFINITY ? 0 : x * F(tanh)(softplus); \
      case MK_SELU: return (WIDE)1.0507009873554804934193349852946L * (x > 0 ? x : (WIDE)1.6732632423543772848170429916717L * F(expm1)(x)); \
      case MK_HARD_SIGMOID: return (WIDE)gate(x); \
      case MK_HARD_SWISH: return x == -(WIDE)INFINITY ? 0 : (WIDE)(x * gate(x)); \
      case MK_SOFTSIGN: return isinf(x) ? F(copysign)(1, x) : x / (1 + F(fabs)(x)); \
      case MK_TANHSHRINK: return (WIDE)tanhshrink(x); \
      default: return x; \
    } \
  }
#define NARROW(f) f
#define LONG(f) f##l
REFERENCE(reference, double, NARROW, 3.14159265358979323846)
REFERENCE(reference_wide, long double, LONG, PI_WIDE)

double accuracy_reference(mk_unary_op op, double x) { return reference(op, x); }

static void fault(accuracy *a, double x) {
  if (a->faults++ == 0) a->fault_at = x;
}

// x f(x) is 0 where f(x) is below the normal range, though the product need not be.
static int early(mk_unary_op op) {
  return op == MK_GELU || op == MK_GELU_TANH || op == MK_SILU || op == MK_MISH ? 10 : 0;
}

// The functions with zeros at negative numbers that no number of the type is near to: below 0 the unit is that of 1 at least.
static bool has_zeros(mk_unary_op op) { return op == MK_LGAMMA || op == MK_DIGAMMA; }

// Adds one result. `digits`, `least` and `most` are the type's mantissa bits and the exponents of its least normal number
// and of the first power of two beyond its largest; EXPONENT(w) is that of w, as of frexp, and POWER(e) is 2^e.
#define ADD(NAME, WIDE, ABS, EXPONENT, POWER, digits, least, most) \
  static void NAME(accuracy *a, mk_unary_op op, double x, double got, WIDE exact) { \
    a->count++; \
    if (isnan(exact) || isnan(got)) { \
      if (isnan(exact) != isnan(got)) fault(a, x); \
      return; \
    } \
    if (ABS(exact) < POWER(least) || (got == 0 && ABS(exact) < POWER(least + early(op)))) { \
      if (fabs(got) > (double)POWER(least)) fault(a, x); \
      return; \
    } \
    if (isinf(got) != isinf(exact) && !(ABS(exact) >= POWER(most - 1) && fabs(got) >= (double)POWER(most - 1))) \
      return fault(a, x); \
    /* What lies beyond the range counts as its end. */ \
    const WIDE end = POWER(most), limited = ABS(exact) > end ? (exact < 0 ? -end : end) : exact; \
    const WIDE result = isinf(got) ? (got < 0 ? -end : end) : got; \
    const int own = EXPONENT(limited) > most ? most : EXPONENT(limited); \
    const int exponent = has_zeros(op) && x < 0 && own < 1 ? 1 : own; \
    const double error = (double)(ABS(result - limited) * POWER(digits - exponent)); \
    a->sum += error; \
    if (error > a->worst) { \
      a->worst = error; \
      a->worst_at = x; \
    } \
  }

static int exponent_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (int)(bits >> 52 & 0x7ff) - 1022;
}
static double power_of(int e) {
  const uint64_t bits = (uint64_t)(e + 1023) << 52;
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
static int exponent_wide(long double x) {
  int e;
  frexpl(x, &e);
  return e;
}
static long double power_wide(int e) { return ldexpl(1, e); }

ADD(add_f32, double, fabs, exponent_of, power_of, FLT_MANT_DIG, (FLT_MIN_EXP - 1), FLT_MAX_EXP)
ADD(add_f64, long double, fabsl, exponent_wide, power_wide, DBL_MANT_DIG, (DBL_MIN_EXP - 1), DBL_MAX_EXP)

static void measure_f32(mk_unary_op op, const float *x, ptrdiff_t n, accuracy *a) {
  float y[BLOCK];
  const uint32_t mode = mk_flush_denormals();
  mk_unary(op, MK_FLOAT32, x, 1, y, n);
  mk_restore_float_mode(mode);
  for (ptrdiff_t i = 0; i < n; i++) add_f32(a, op, x[i], y[i], reference(op, x[i]));
}

static void measure_f64(mk_unary_op op, const double *x, ptrdiff_t n, accuracy *a) {
  double y[BLOCK];
  const uint32_t mode = mk_flush_denormals();
  mk_unary(op, MK_FLOAT64, x, 1, y, n);
  mk_restore_float_mode(mode);
  for (ptrdiff_t i = 0; i < n; i++) add_f64(a, op, x[i], y[i], reference_wide(op, x[i]));
}

void accuracy_walk_f32(mk_unary_op op, uint64_t first, uint64_t last, uint64_t step, accuracy *a) {
  float x[BLOCK];
  ptrdiff_t n = 0;
  for (uint64_t bits = first; bits < last; bits += step) {
    const uint32_t pattern = (uint32_t)bits;
    memcpy(x + n, &pattern, sizeof pattern);
    if (isnormal(x[n]) && ++n == BLOCK) {
      measure_f32(op, x, n, a);
      n = 0;
    }
  }
  if (n > 0) measure_f32(op, x, n, a);
}

// SplitMix64 (Steele, Lea and Flood, 2014).
static uint64_t draw(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static void sample_f32(mk_unary_op op, uint32_t top, int count, uint64_t *state, accuracy *a) {
  float x[BLOCK];
  for (int done = 0; done < count;) {
    int n = 0;
    for (; n < BLOCK && done < count; n++, done++) {
      const uint32_t bits = top << 23 | (uint32_t)(draw(state) >> 41);
      memcpy(x + n, &bits, sizeof bits);
    }
    measure_f32(op, x, n, a);
  }
}

static void sample_f64(mk_unary_op op, uint64_t top, int count, uint64_t *state, accuracy *a) {
  double x[BLOCK];
  for (int done = 0; done < count;) {
    int n = 0;
    for (; n < BLOCK && done < count; n++, done++) {
      const uint64_t bits = top << 52 | draw(state) >> 12;
      memcpy(x + n, &bits, sizeof bits);
    }
    measure_f64(op, x, n, a);
  }
}

void accuracy_sample(mk_unary_op op, mk_type type, int mantissas, int dense, uint64_t seed, accuracy *a) {
  uint64_t state = seed;
  const int bias = type == MK_FLOAT32 ? 127 : 1023, top = type == MK_FLOAT32 ? 8 : 11;
  for (int sign = 0; sign < 2; sign++)
    for (int exponent = 1; exponent <= 2 * bias; exponent++) {
      const bool near_one = exponent >= bias - 8 && exponent < bias + 8;
      const int count = near_one ? dense : mantissas;
      if (type == MK_FLOAT32) sample_f32(op, (uint32_t)(sign << top | exponent), count, &state, a);
      else sample_f64(op, (uint64_t)(sign << top | exponent), count, &state, a);
    }
}
