// Elementary functions for float64 that are faster as vectors; the others come from libm.
#ifndef MARTLET_VECTOR_MATH_F64_H
#define MARTLET_VECTOR_MATH_F64_H

#include "vector_math.h"

// 1, unknown to the compiler. The C library reads denormals from their bits; where the processor flushes them, a
// product with this 1, which the compiler cannot leave out, makes them 0 for the library as well.
INLINE double flushing_unit(void) {
  static const volatile double one = 1;
  return one;
}

INLINE double power_of_two_f64(int64_t k) { return from_bits_f64((uint64_t)(k + 1023) << 52); }

// e^x = 2^k * (1 + q).
typedef struct { double q; int64_t k; } exp_parts_f64;

INLINE exp_parts_f64 exp_reduce_f64(double x) {
  const double shift = 0x1.8p52;
  const double t = x * 0x1.71547652b82fep+0 + shift;
  const double n = t - shift;
  const double r = (x - n * 0x1.62e42fefa38p-1) - n * 0x1.ef35793c7673p-45;
  double p = 0x1.af73d8c93d917p-26;
  p = p * r + 0x1.28a7c239bdb5cp-22;
  p = p * r + 0x1.71ddeb89a3f8fp-19;
  p = p * r + 0x1.a019a202b8fp-16;
  p = p * r + 0x1.a01a01b54b378p-13;
  p = p * r + 0x1.6c16c1806ff79p-10;
  p = p * r + 0x1.111111110e829p-7;
  p = p * r + 0x1.5555555551ddap-5;
  p = p * r + 0x1.555555555555cp-3;
  p = p * r + 0.5;
  return (exp_parts_f64){r + r * r * p, (int64_t)(bits_f64(t) - bits_f64(shift))};
}

INLINE double scale_f64(double x, int64_t k) {
  const uint64_t half = ((uint64_t)k + 2048) / 2 - 1024;
  return x * from_bits_f64((half + 1023) << 52) * from_bits_f64(((uint64_t)k - half + 1023) << 52);
}

INLINE double exp_f64(double x) {
  x = x > 710.0 ? 710.0 : x;
  x = x < -746.0 ? -746.0 : x;
  const exp_parts_f64 e = exp_reduce_f64(x);
  return scale_f64(1.0 + e.q, e.k);
}

INLINE double tanh_f64(double x) {
  double a = __builtin_fabs(x);
  a = a > 20.0 ? 20.0 : a;
  const exp_parts_f64 parts = exp_reduce_f64(2.0 * a);
  const double s = power_of_two_f64(parts.k);
  const double e = s * parts.q + (s - 1.0);
  return __builtin_copysign(e / (e + 2.0), x);
}

INLINE double sigmoid_f64(double x) {
  const double e = exp_f64(-__builtin_fabs(x));
  return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

INLINE double log_f64(double x) {
  const uint64_t root = 0x3fe6a09e667f3bcd;
  const double normal = x < 0x1p-1022 ? x * 0x1p54 : x;
  const uint64_t u = bits_f64(normal) - root;
  const double f = from_bits_f64((u & 0xfffffffffffff) + root) - 1.0;
  // The exponent as a double; the bias keeps it above 0 for the logical shift.
  const double biased = from_bits_f64(((u + (2048ull << 52)) >> 52 & 0xfff) | bits_f64(0x1p52));
  const double k = biased - 0x1p52 - 2048.0 - (x < 0x1p-1022 ? 54.0 : 0.0);
  const double s = f / (2.0 + f), z = s * s;
  double p = 0x1.2e75e7ebafa82p-3;
  p = p * z + 0x1.39b1d29732b73p-3;
  p = p * z + 0x1.746588ff62d7bp-3;
  p = p * z + 0x1.c71c5607d96fp-3;
  p = p * z + 0x1.2492493c2affcp-2;
  p = p * z + 0x1.9999999987c1dp-2;
  p = p * z + 0x1.5555555555574p-1;
  const double half = 0.5 * f * f;
  double y = k * 0x1.62e42fefa38p-1 - ((half - (s * (half + z * p) + k * 0x1.ef35793c7673p-45)) - f);
  y = x < __builtin_inf() ? y : x;
  y = x == 0.0 ? -__builtin_inf() : y;
  return x < 0.0 ? __builtin_nan("") : y;
}

// C's pow for floats, computed in double.
INLINE float pow_f32(float a, float b) {
  const double y = exp_f64((double)b * log_f64(__builtin_fabs((double)a)));
  const float half = 0.5f * b;
  const int whole = __builtin_truncf(b) == b, even = __builtin_truncf(half) == half;
  float r = (float)y;
  const int finite_base = a - a == 0.0f;
  const int undefined = (a < 0.0f) & !whole & finite_base, odd = whole & !even;
  r = undefined ? __builtin_nanf("") : r;
  r = odd ? __builtin_copysignf(r, a) : r;
  const int one = (b == 0.0f) | (a == 1.0f) | ((__builtin_fabsf(b) == __builtin_inff()) & (a == -1.0f));
  return one ? 1.0f : r;
}

#endif
