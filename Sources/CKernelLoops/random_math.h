// Functions whose every bit is the same on every processor: plain arithmetic in a fixed order, in which nothing is
// contracted. The pragma comes before the header, so that it holds for the functions there too.
#ifndef MARTLET_RANDOM_MATH_H
#define MARTLET_RANDOM_MATH_H

#pragma STDC FP_CONTRACT OFF

#include "vector_math_f64.h"

// Sine and cosine of the angle 2 pi w / 2^64.
INLINE void sin_cos_turn_f64(uint64_t w, double *sine, double *cosine) {
  const uint64_t quarter = (w + (1ull << 61)) >> 62;
  const double r = (double)(int64_t)(w - (quarter << 62)) * 0x1.921fb54442d18p-62, z = r * r;
  double s = 0x1.5d92208a5d9dcp-33;
  s = s * z + -0x1.ae5e63f84efc5p-26;
  s = s * z + 0x1.71de35760ea6cp-19;
  s = s * z + -0x1.a01a019c11934p-13;
  s = s * z + 0x1.111111110f89p-7;
  s = s * z + -0x1.5555555555549p-3;
  s = r + r * z * s;
  double c = -0x1.8fbecb16fcfdap-37;
  c = c * z + 0x1.1eea0e8cd6581p-29;
  c = c * z + -0x1.27e4f8431ebbep-22;
  c = c * z + 0x1.a01a019d0c068p-16;
  c = c * z + -0x1.6c16c16c155b5p-10;
  c = c * z + 0x1.555555555554ep-5;
  c = (1.0 - 0.5 * z) + z * z * c;
  const double a = quarter & 1 ? c : s, b = quarter & 1 ? s : c;
  *sine = from_bits_f64(bits_f64(a) ^ (quarter & 2) << 62);
  *cosine = from_bits_f64(bits_f64(b) ^ ((quarter + 1) & 2) << 62);
}

// log(1 + x) and e^x - 1: Kahan's corrections for what 1 + x and e^x lose.
INLINE double log1p_exact(double x) {
  const double u = 1.0 + x;
  if (u == 1.0) return x;
  if (u <= 0.0) return -__builtin_inf();
  return log_f64(u) * (x / (u - 1.0));
}

// log(1 + t) - t.
INLINE double log1p_less(double t) {
  if (__builtin_fabs(t) > 0.3) return log1p_exact(t) - t;
  // log(1 + t) = 2 atanh(r) for r = t / (2 + t), and 2 r - t = -t r.
  const double r = t / (2.0 + t), s = r * r;
  double p = 1.0 / 27.0;
  p = p * s + 1.0 / 25.0;
  p = p * s + 1.0 / 23.0;
  p = p * s + 1.0 / 21.0;
  p = p * s + 1.0 / 19.0;
  p = p * s + 1.0 / 17.0;
  p = p * s + 1.0 / 15.0;
  p = p * s + 1.0 / 13.0;
  p = p * s + 1.0 / 11.0;
  p = p * s + 1.0 / 9.0;
  p = p * s + 1.0 / 7.0;
  p = p * s + 1.0 / 5.0;
  p = p * s + 1.0 / 3.0;
  return r * (2.0 * s * p - t);
}

// asin(x) for |x| <= 1/2 (fdlibm).
INLINE double asin_small(double x) {
  const double z = x * x;
  double p = 3.47933107596021167570e-05, q = 7.70381505559019352791e-02;
  p = p * z + 7.91534994289814532176e-04;
  p = p * z + -4.00555345006794114027e-02;
  p = p * z + 2.01212532134862925881e-01;
  p = p * z + -3.25565818622400915405e-01;
  p = p * z + 1.66666666666666657415e-01;
  q = q * z + -6.88283971605453293030e-01;
  q = q * z + 2.02094576023350569471e+00;
  q = q * z + -2.40339491173441421878e+00;
  q = q * z + 1.0;
  return x + x * (z * p / q);
}

// 2 asin(sqrt(h)) for h in [0, 1]: the angle whose cosine is 1 - 2 h.
INLINE double angle_of(double h) {
  const double half_pi = 0x1.921fb54442d18p+0;
  if (h <= 0.25) return 2.0 * asin_small(__builtin_sqrt(h));
  if (h >= 0.75) return 2.0 * half_pi - 2.0 * asin_small(__builtin_sqrt(1.0 - h));
  return half_pi - asin_small(1.0 - 2.0 * h);
}

// log(k!) - (k + 1/2) log k + k - log(2 pi) / 2 for whole k >= 1.
INLINE double stirling_error(double k) {
  static const double few[16] = {
    0,
    0.0810614667953272582196702,
    0.0413406959554092940938221,
    0.02767792568499833914878929,
    0.02079067210376509311152277,
    0.01664469118982119216319487,
    0.01387612882307074799874573,
    0.01189670994589177009505572,
    0.010411265261972096497478567,
    0.009255462182712732917728637,
    0.008330563433362871256469318,
    0.007573675487951840794972024,
    0.006942840107209529865664152,
    0.006408994188004207068439631,
    0.005951370112758847735624416,
    0.005554733551962801371038690,
  };
  if (k < 16.0) return few[(int)k];
  const double s = 1.0 / (k * k);
  return ((((1.0 / 1188.0 * s - 1.0 / 1680.0) * s + 1.0 / 1260.0) * s - 1.0 / 360.0) * s + 1.0 / 12.0) / k;
}

// k log(k / m) + m - k, which loses no digits where k is near m.
INLINE double deviance(double k, double m) {
  const double d = (k - m) / m;
  return m * ((1.0 + d) * log1p_less(d) + d * d);
}

// Logarithms of probabilities (Loader, "Fast and accurate computation of binomial probabilities", 2000).
INLINE double log_poisson(double k, double rate) {
  if (k == 0.0) return -rate;
  return -stirling_error(k) - deviance(k, rate) - 0.5 * log_f64(0x1.921fb54442d18p+2 * k);
}

INLINE double log_binomial(double k, double n, double p) {
  const double q = 1.0 - p;
  if (k == 0.0) return n * log1p_exact(-p);
  if (k == n) return n * log_f64(p);
  return stirling_error(n) - stirling_error(k) - stirling_error(n - k) - deviance(k, n * p) - deviance(n - k, n * q)
    + 0.5 * log_f64(n / (0x1.921fb54442d18p+2 * k) / (n - k));
}

#endif
