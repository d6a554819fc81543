// Special functions for float64, from which those for float32 are rounded: first those without branches, which vectorise.
// The coefficients are Chebyshev expansions, made with 60 digits.
#ifndef MARTLET_SPECIAL_MATH_H
#define MARTLET_SPECIAL_MATH_H

#include <math.h>

#include "vector_math_f64.h"

// A polynomial; its highest coefficient comes first. The loop is unrolled where `count` is a constant.
INLINE double polynomial(const double *coefficients, int count, double x) {
  double p = coefficients[0];
  _Pragma("clang loop unroll(full)") for (int i = 1; i < count; i++) p = p * x + coefficients[i];
  return p;
}
#define POLYNOMIAL(NAME, x) polynomial(NAME, (int)(sizeof NAME / sizeof *NAME), x)

static const double pi = 0x1.921fb54442d18p+1;

// The cube root, after Kahan and the FreeBSD project's cbrt: a guess from a third of the exponent, a polynomial, and a
// step of Newton's method on a number of few enough digits to be cubed exactly.
INLINE double cbrt_f64(double x) {
  const double a = __builtin_fabs(x);
  const int small = a < 0x1p-1022;
  const double b = small ? a * 0x1p54 : a;
  const uint64_t third = ((bits_f64(b) >> 32) * 0x55555556) >> 32;
  double t = from_bits_f64((third + 715094163) << 32);
  const double r = t * t * (t / b);
  t *= (1.87595182427177009643 + r * (-1.88497979543377169875 + r * 1.621429720105354466140))
    + r * r * r * (-0.758397934778766047437 + r * 0.145996192886612446982);
  t = from_bits_f64((bits_f64(t) + 0x80000000) & 0xffffffffc0000000);
  const double q = b / (t * t);
  t += t * ((q - t) / (t + t + q));
  const double ordinary = __builtin_copysign(small ? t * 0x1p-18 : t, x);
  return b > 0.0 && b < __builtin_inf() ? ordinary : x + x;
}

// sin(pi r) / (pi r), as a function of the square of r, for |r| up to 1/2.
static const double sinc_terms[] = {
  0x1.07192db714f81p-22, -0x1.d3e3c296a65cfp-18, 0x1.37469730d3391p-13, -0x1.3381697088111p-9, 0x1.ac6805cbe14fp-6,
  -0x1.86a8e472088a4p-3, 0x1.9f9cb402bc3ebp-1, -0x1.a51a6625307d3p+0, 0x1p+0};
INLINE double sinc_near_f64(double r) { return POLYNOMIAL(sinc_terms, r * r); }

// An integer's distance from x, and whether the integer is odd.
typedef struct { double rest; int odd; } turns_f64;
INLINE turns_f64 half_turns_f64(double x) {
  const double n = __builtin_elementwise_roundeven(x), half = 0.5 * n;
  return (turns_f64){x - n, __builtin_trunc(half) != half};
}

INLINE double sinc_f64(double x) {
  const turns_f64 t = half_turns_f64(x);
  const double near = sinc_near_f64(t.rest), far = t.rest * near / x;
  return __builtin_fabs(x) <= 0.5 ? near : t.odd ? -far : far;
}

// cos(pi r) for |r| up to 1/2.
INLINE double cos_near_f64(double r) {
  const double rest = 0.5 - __builtin_fabs(r);
  return pi * rest * sinc_near_f64(rest);
}

// erfinv(x) / x as functions of w = -log(1 - x^2), after Giles (Approximating the erfinv function, 2010): of w - 3.125
// for w up to 6.25, of sqrt(w) - 3.25 up to 16, of sqrt(w) - 5 beyond.
static const double erfinv_near[] = {
  0x1.e9b8ae7230c25p-69, -0x1.5087a244b0f6cp-70, -0x1.9d290dd3bcb7p-62, 0x1.536d397f9b9b1p-60, 0x1.1f4ba5de5dc3fp-56,
  -0x1.2c266176e7096p-53, -0x1.73898c37dc54ap-55, 0x1.db523eb040288p-48, -0x1.686642b67610ap-45, -0x1.6d9ec5e3ec6afp-44,
  0x1.723527b7cff86p-39, -0x1.c89564c5d1004p-37, -0x1.dc3ee8b6c53ccp-35, 0x1.20f4e6bf074cfp-30, -0x1.1a9eb1bc8f0fp-28,
  -0x1.f36ce4ae847fdp-26, 0x1.c6b4f890935ddp-22, -0x1.6e8a53f106129p-20, -0x1.d1d1f7ca4030fp-17, 0x1.879c2a20da432p-13,
  -0x1.84576948353e1p-11, -0x1.8b6c33114eeaep-8, 0x1.ebd80d9b13df9p-3, 0x1.a755e7c99ae86p+0};
static const double erfinv_middle[] = {
  -0x1.03765b5ec5c93p-26, 0x1.7f235c757454ep-31, 0x1.1969ef2a9394p-23, -0x1.235ac6aaf025ep-22, -0x1.cfedcff90217p-26,
  0x1.924ec74d8058bp-20, -0x1.0b8068913d37bp-18, 0x1.88af4a1d56a98p-19, 0x1.a242f876789c6p-17, -0x1.8cf0bea0971c6p-15,
  0x1.1e6ab36be6c27p-14, 0x1.932d7684a6a52p-16, -0x1.7448bc8217f18p-12, 0x1.f3cc552091e2bp-11, -0x1.ba9240d9b7431p-10,
  0x1.468eeca71fc73p-9, -0x1.ebadabb9fd945p-9, 0x1.5ffcfe5b71831p-8, 0x1.0158a6d641d54p+0, 0x1.8abcc380d5a48p+1};
static const double erfinv_far[] = {
  -0x1.0f9c53d96325ep-36, 0x1.787e82bfc54c9p-35, 0x1.9d377baf867ep-35, -0x1.e0ea0c935ac67p-32, 0x1.758aa846815a1p-30,
  -0x1.dd1c5d2bcb83cp-29, 0x1.0b3afc230df8dp-27, -0x1.0614e76d4effcp-26, 0x1.f2fcdcb2d2d17p-26, -0x1.2226a4120b222p-24,
  0x1.ebde10d893374p-23, -0x1.0a907750d4472p-20, 0x1.2fbd0572e3d65p-18, -0x1.4a348fb6eb341p-16, 0x1.3ebf4eeeae35cp-14,
  -0x1.c2f36aa269dddp-13, -0x1.22ea5df1901eep-13, 0x1.02a30d1fba10ep+0, 0x1.3664ddd1ad7fbp+2};
INLINE double erfinv_at_f64(double x, double w) {
  const double s = __builtin_elementwise_sqrt(w);
  const double near = POLYNOMIAL(erfinv_near, w - 3.125), middle = POLYNOMIAL(erfinv_middle, s - 3.25);
  const double far = POLYNOMIAL(erfinv_far, s - 5.0);
  return x * (w < 6.25 ? near : s < 4.0 ? middle : far);
}
INLINE double erfinv_f64(double x) {
  const double y = erfinv_at_f64(x, -log_f64((1.0 - x) * (1.0 + x)));
  return __builtin_fabs(x) == 1.0 ? __builtin_copysign(__builtin_inf(), x) : y;
}

// Up to 1, (x cosh(x) - sinh(x)) / cosh(x) by the two series, whose terms are all positive; beyond, a difference.
INLINE double tanhshrink_f64(double x) {
  const double z = x * x;
  static const double over[] = {
    1 / 6758061133824000.0, 1 / 22230464256000.0, 1 / 93405312000.0, 1 / 518918400.0, 1 / 3991680.0, 1 / 45360.0,
    1 / 840.0, 1 / 30.0, 1 / 3.0};
  static const double under[] = {
    1 / 2432902008176640000.0, 1 / 6402373705728000.0, 1 / 20922789888000.0, 1 / 87178291200.0, 1 / 479001600.0,
    1 / 3628800.0, 1 / 40320.0, 1 / 720.0, 1 / 24.0, 0.5, 1};
  const double near = x * z * (POLYNOMIAL(over, z) / POLYNOMIAL(under, z)), far = x - tanh_f64(x);
  return __builtin_fabs(x) < 1.0 ? near : far;
}

// 1/12, -1/360 ...: the Bernoulli numbers B_2k / (2k (2k - 1)) of Stirling's series for log gamma.
static const double stirling_terms[] = {
  1 / 156.0, -691 / 360360.0, 1 / 1188.0, -1 / 1680.0, 1 / 1260.0, -1 / 360.0, 1 / 12.0};

// The product of a, a + 1 ... a + 7, and the sum of their reciprocals, by pairs.
typedef struct { double product, reciprocals; } eight_f64;
INLINE eight_f64 eight_from_f64(double a) {
  const double t = a * (a + 7.0), u = t * (t + 6.0), v = (t + 10.0) * (t + 12.0);
  return (eight_f64){u * v, (2.0 * a + 7.0) * ((2.0 * t + 6.0) * v + (2.0 * t + 22.0) * u) / (u * v)};
}

// log |gamma(x)| for float32, to an absolute error of about 1e-14: Stirling's series from 8 on, below it by the recurrence,
// and below 1/2 by reflection. Around the zeros 1 and 2, the product with the distances from them of a function of
// x - 1.5.
static const double lgamma_near[] = {
  -0x1.5548a1e3fccecp-14, 0x1.0c7e06ad7d00ep-13, 0x1.0e035f0d8efa9p-18, -0x1.38ff95551a6f1p-18, -0x1.be5520b30402fp-13,
  0x1.64aa1e3a3be2cp-12, -0x1.bb24b6408badep-12, 0x1.6867b4dd49e16p-11, -0x1.320e914d6151ap-10, 0x1.f95ab447378b2p-10,
  -0x1.a4f7b018ff892p-9, 0x1.64e7492c2e64bp-8, -0x1.34dc0370cf766p-7, 0x1.133443b930b07p-6, -0x1.007aa804b0164p-5,
  0x1.01af627683a75p-4, -0x1.2aed059be28ccp-3, 0x1.eeb95b0955e71p-2};
INLINE double lgamma_wide(double x) {
  const int low = x < 0.5;
  const double a = low ? 1.0 - x : x, z = a < 8.0 ? a + 8.0 : a, r = 1.0 / z;
  const double series = (z - 0.5) * (log_f64(z) - 1.0) + (0x1.acfe390c97d6ap-2 + r * POLYNOMIAL(stirling_terms, r * r));
  const double product = a < 8.0 ? eight_from_f64(a).product : 1.0;
  const double rest = half_turns_f64(x).rest, sine = __builtin_fabs(rest * sinc_near_f64(rest));
  const double other = log_f64(low ? product / sine : product);
  const double y = low ? other - series : series - other;
  const double near = (x - 1.0) * (x - 2.0) * POLYNOMIAL(lgamma_near, x - 1.5) + 0.0;
  return __builtin_fabs(x - 1.5) <= 0.75 ? near : __builtin_fabs(x) == __builtin_inf() ? __builtin_inf() : y;
}

// B_2k / 2k, for the series of digamma.
static const double digamma_terms[] = {
  1 / 12.0, -691 / 32760.0, 1 / 132.0, -1 / 240.0, 1 / 252.0, -1 / 120.0, 1 / 12.0};
INLINE double digamma_far_f64(double x) {
  const double r = 1.0 / x, z = r * r;
  return log_f64(x) - (0.5 * r + z * POLYNOMIAL(digamma_terms, z));
}

// pi / tan(pi x), NaN at -1, -2 ... and infinite at 0, with the zero's sign.
INLINE double reflection_f64(double x) {
  const double r = half_turns_f64(x).rest, y = cos_near_f64(r) / (r * sinc_near_f64(r));
  return r != 0.0 ? y : x != 0.0 ? __builtin_nan("") : __builtin_copysign(__builtin_inf(), x);
}

// digamma(x) to an absolute error of about 1e-14, which does for float32.
INLINE double digamma_wide(double x) {
  const int low = x < 0.5;
  const double a = low ? 1.0 - x : x;
  const double sum = a < 8.0 ? eight_from_f64(a).reciprocals : 0.0;
  const double y = digamma_far_f64(a < 8.0 ? a + 8.0 : a) - sum;
  return low ? y - reflection_f64(x) : y;
}

INLINE double logit_wide(double x) { return log_f64(x / (1.0 - x)); }

// From here on with branches, for float64 alone or for functions that are seldom called.

static inline double logit_f64(double x) {
  return fabs(x - 0.5) < 0.25 ? log1p((2 * x - 1) / (1 - x)) : log(x / (1 - x));
}

// digamma(x) / (x - root) as a function of x - 1.5, for x from 1 to 2; the root has a second part.
static const double digamma_near[] = {
  -0x1.5600aebc07538p-14, 0x1.0080971c5617fp-13, -0x1.0081238b97022p-14, 0x1.80c273fb322c5p-14, -0x1.c8e71b670fd14p-13,
  0x1.56ae8897d5d3dp-12, -0x1.e24e3f4fdc1dcp-12, 0x1.69be71d89ad4p-11, -0x1.1138fd323dc0cp-10, 0x1.99e14548a2d9bp-10,
  -0x1.335166d938f39p-9, 0x1.cd1f2dbc0dbedp-9, -0x1.5a07ffdcf1525p-8, 0x1.03c0b29031197p-7, -0x1.8635595c2848p-7,
  0x1.256471573c163p-6, -0x1.b9f8b14eb372ep-6, 0x1.4de9aa17fed5cp-5, -0x1.fb4420299c39ep-5, 0x1.8512e59037f3fp-4,
  -0x1.2feeeb98a7e14p-3, 0x1.eca189b8e6f7bp-3, -0x1.b1cb63005ee96p-2, 0x1.e6f0cbb873616p-1};
static inline double digamma_f64(double x) {
  double other = 0;
  if (x <= 0) {
    other = reflection_f64(x);
    x = 1 - x;
  }
  if (x < 1) {
    other += 1 / x;
    x += 1;
  }
  double sum = 0;
  while (x > 2 && x < 6) {
    x -= 1;
    sum += 1 / x;
  }
  if (x <= 2) return ((x - 0x1.762d86356be3fp+0) - 0x1.b86a722197829p-54) * POLYNOMIAL(digamma_near, x - 1.5) + sum - other;
  while (x < 10) {
    sum -= 1 / x;
    x += 1;
  }
  return x < INFINITY ? digamma_far_f64(x) + sum - other : x - other;
}

// The sum of (x + k)^-s over k from 0 on, for x > 0 and an integer s above 1, by the formula of Euler and Maclaurin.
static inline double zeta_f64(double s, double x) {
  double sum = 0;
  for (; x < s + 10; x += 1) {
    const double term = pow(x, -s);
    sum += term;
    if (term < sum * 0x1p-60) return sum;
  }
  // B_2k / (2k)!
  static const double terms[] = {
    1 / 12.0, -1 / 720.0, 1 / 30240.0, -1 / 1209600.0, 1 / 47900160.0, -691 / 1307674368000.0, 1 / 74724249600.0,
    -3617 / 10670622842880000.0, 43867 / 5109094217170944000.0};
  double factor = s / x, rest = 1 / (s - 1) * x + 0.5;
  for (int k = 0; k < (int)(sizeof terms / sizeof *terms); k++) {
    rest += terms[k] * factor;
    factor *= (s + 2 * k + 1) * (s + 2 * k + 2) / (x * x);
  }
  return sum + pow(x, -s) * rest;
}

// The derivative of pi / tan(pi x) of an order n: pi^(n + 1) P_n(cot(pi x)), P_0(c) = c, P_k+1 = -(1 + c^2) P_k'.
enum { COTANGENT_ORDERS = 20 };
static inline double cotangent_derivative_f64(int n, double x) {
  double p[COTANGENT_ORDERS + 2] = {0, 1};
  for (int k = 0; k < n; k++) {
    double q[COTANGENT_ORDERS + 2] = {0};
    for (int i = 1; i <= k + 1; i++) {
      q[i - 1] -= i * p[i];
      q[i + 1] -= i * p[i];
    }
    memcpy(p, q, sizeof p);
  }
  const double r = half_turns_f64(x).rest, cotangent = cos_near_f64(r) / (pi * r * sinc_near_f64(r));
  double y = 0;
  for (int i = n + 1; i >= 0; i--) y = y * cotangent + p[i];
  return y * pow(pi, n + 1);
}

// The derivative of digamma of an order, rounded to an integer: (-1)^(n + 1) n! times the sum of (x + k)^-(n + 1).
static inline double polygamma_f64(double order, double x) {
  const double n = floor(order + 0.5);
  if (!(n >= 0) || x != x || x == -INFINITY) return NAN;
  if (n == 0) return digamma_f64(x);
  if (n == INFINITY) return NAN;
  const double sign = fmod(n, 2) == 1 ? 1 : -1;
  if (x == INFINITY) return sign * 0.0;
  if (x <= 0 && x == floor(x)) return sign * INFINITY;
  if (x <= 0 && n <= COTANGENT_ORDERS) return -sign * polygamma_f64(n, 1 - x) - cotangent_derivative_f64((int)n, x);
  double sum = 0;
  if (x > 0) {
    sum = zeta_f64(n + 1, x);
  } else {
    // Poles that are further away do not count.
    const double nearest = rint(x);
    for (double pole = nearest + 20 > 0 ? 0 : nearest + 20; pole >= nearest - 20; pole -= 1) {
      const double d = x - pole, power = pow(fabs(d), -n - 1);
      sum += d < 0 ? sign * power : power;
    }
  }
  return sign * (n <= 150 ? tgamma(n + 1) * sum : sum < 0 ? -exp(lgamma(n + 1) + log(-sum)) : exp(lgamma(n + 1) + log(sum)));
}

// The derivative of sinc of an order, rounded to an integer: pi^k f_k, where f_j = (sin(z + j pi / 2) - j f_j-1) / z with
// z = pi x. The recurrence keeps errors small upwards for |z| > k, and downwards, from 0 at a high order, below.
static inline double sinc_derivative_f64(double order, double x) {
  const double k = floor(order + 0.5);
  if (!(k >= 0) || k > 10000) return NAN;
  const turns_f64 t = half_turns_f64(x);
  const double z = pi * x, sign = t.odd ? -1 : 1;
  const double s = sign * pi * t.rest * sinc_near_f64(t.rest), c = sign * cos_near_f64(t.rest);
  const double turned[] = {s, c, -s, -c};
  const int last = (int)k;
  double f = 0;
  if (fabs(z) > k) {
    f = sinc_f64(x);
    for (int j = 1; j <= last; j++) f = (turned[j & 3] - j * f) / z;
  } else {
    for (int j = 2 * last + 40; j > last; j--) f = (turned[j & 3] - z * f) / j;
  }
  return x != x ? x : f * pow(pi, k);
}

#endif
