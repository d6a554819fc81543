// Elementary functions for float32, without branches, so that loops over them vectorise.
#ifndef MARTLET_VECTOR_MATH_H
#define MARTLET_VECTOR_MATH_H

#include "clones.h"

INLINE uint32_t bits_f32(float x) {
  uint32_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}

INLINE float from_bits_f32(uint32_t u) {
  float x;
  memcpy(&x, &u, sizeof x);
  return x;
}

INLINE uint64_t bits_f64(double x) {
  uint64_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}

INLINE double from_bits_f64(uint64_t u) {
  double x;
  memcpy(&x, &u, sizeof x);
  return x;
}

// A finite x itself, computed by arithmetic, so that a denormal becomes 0 where the processor flushes denormals.
INLINE float flushed_f32(float x) { return x * 0.0f + x; }

// 2^k, for normal results.
INLINE float power_of_two_f32(int32_t k) { return from_bits_f32((uint32_t)(k + 127) << 23); }

// e^x = 2^k * (1 + q).
typedef struct { float q; int32_t k; } exp_parts_f32;

// For e^(x + low), where `low` is at most a rounding error of x.
INLINE exp_parts_f32 exp_reduce_f32(float x, float low) {
  const float shift = 0x1.8p23f;  // adding it rounds to an integer, which is in the low bits
  const float t = x * 0x1.715476p+0f + shift;
  const float n = t - shift;
  const float r = (x - n * 0x1.62e4p-1f) - (n * 0x1.7f7d1cp-20f - low);
  float p = 0x1.6cf452p-10f;
  p = p * r + 0x1.122e02p-7f;
  p = p * r + 0x1.555534p-5f;
  p = p * r + 0x1.5554a8p-3f;
  p = p * r + 0.5f;
  return (exp_parts_f32){r + r * r * p, (int32_t)(bits_f32(t) - bits_f32(shift))};
}

// x * 2^k in two steps, so that it is right where 2^k alone is below the normal range or is 2^128.
INLINE float scale_f32(float x, int32_t k) {
  const int32_t half = k >> 1;
  return x * power_of_two_f32(half) * power_of_two_f32((int32_t)((uint32_t)k - (uint32_t)half));
}

// e^(x + low) for x <= 0.
INLINE float exp_decay_f32(float x, float low) {
  const exp_parts_f32 e = exp_reduce_f32(x < -104.0f ? -104.0f : x, low);
  return scale_f32(1.0f + e.q, e.k);
}

INLINE float exp_f32(float x) { return exp_decay_f32(x > 89.0f ? 89.0f : x, -0.0f); }

INLINE float exp2_f32(float x) {
  const float shift = 0x1.8p23f;
  x = x > 130.0f ? 130.0f : x;
  x = x < -152.0f ? -152.0f : x;
  const float t = x + shift;
  const float r = x - (t - shift);
  float p = 0x1.44b84cp-13f;
  p = p * r + 0x1.5f0c38p-10f;
  p = p * r + 0x1.3b293ep-7f;
  p = p * r + 0x1.c6af7ap-5f;
  p = p * r + 0x1.ebfbe2p-3f;
  p = p * r + 0x1.62e43p-1f;
  return scale_f32(1.0f + r * p, (int32_t)(bits_f32(t) - bits_f32(shift)));
}

// e^x - 1 for |x| below 88.
INLINE float expm1_small_f32(float x) {
  const exp_parts_f32 e = exp_reduce_f32(x, -0.0f);
  const float s = power_of_two_f32(e.k);
  return s * e.q + (s - 1.0f);
}

INLINE float expm1_f32(float x) {
  float c = x > 89.0f ? 89.0f : x;
  c = c < -18.0f ? -18.0f : c;
  const exp_parts_f32 e = exp_reduce_f32(c, -0.0f);
  const int32_t over = e.k > 127;
  const float s = power_of_two_f32(e.k - over);
  const float y = s * e.q + (s - 1.0f);
  const float z = over ? 2.0f * y : y;
  return __builtin_fabsf(x) < 0x1p-25f ? flushed_f32(x) : z;
}

// (e^2|x| - 1) / (e^2|x| + 1) with the sign of x.
INLINE float tanh_f32(float x) {
  float a = __builtin_fabsf(x);
  a = a > 9.5f ? 9.5f : a;
  const float e = expm1_small_f32(2.0f * a);
  return __builtin_copysignf(e / (e + 2.0f), x);
}

INLINE float sigmoid_f32(float x) {
  const float e = exp_decay_f32(-__builtin_fabsf(x), -0.0f);
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

// log(1 + f) - f, for 1 + f from sqrt(1/2) to sqrt(2).
INLINE float log_tail_f32(float f) {
  float p = -0x1.41b2cap-4f;
  p = p * f + 0x1.0804fcp-3f;
  p = p * f + -0x1.0cffecp-3f;
  p = p * f + 0x1.2268dp-3f;
  p = p * f + -0x1.547546p-3f;
  p = p * f + 0x1.99a5cp-3f;
  p = p * f + -0x1.00022ap-2f;
  p = p * f + 0x1.55554ap-2f;
  const float z = f * f;
  return f * z * p - 0.5f * z;
}

// x = 2^k * (1 + f), 1 + f from sqrt(1/2) to sqrt(2), for x normal and positive.
typedef struct { float f, k; } log_parts_f32;

INLINE log_parts_f32 log_reduce_f32(float x) {
  const uint32_t root = 0x3f3504f3;
  const uint32_t u = bits_f32(x) - root;
  return (log_parts_f32){from_bits_f32((u & 0x7fffff) + root) - 1.0f, (float)((int32_t)u >> 23)};
}

INLINE log_parts_f32 log_reduce_any_f32(float x) {
  const float small = x < 0x1p-126f ? 23.0f : 0.0f;
  log_parts_f32 l = log_reduce_f32(x < 0x1p-126f ? x * 0x1p23f : x);
  l.k -= small;
  return l;
}

INLINE float log_sum_f32(log_parts_f32 l) {
  const float tail = log_tail_f32(l.f) + l.k * -0x1.bd0106p-13f;
  return (l.f + tail) + l.k * 0x1.63p-1f;
}

// Corrects y, a logarithm of x, where x is not a positive finite number.
INLINE float log_ends_f32(float x, float y) {
  y = x < __builtin_inff() ? y : x;
  y = x == 0.0f ? -__builtin_inff() : y;
  return x < 0.0f ? __builtin_nanf("") : y;
}

INLINE float log_f32(float x) { return log_ends_f32(x, log_sum_f32(log_reduce_any_f32(x))); }

INLINE float log2_f32(float x) {
  const log_parts_f32 l = log_reduce_any_f32(x);
  const float m = log_tail_f32(l.f);
  // log2(e) = 1 + 0.4427
  const float low = m + (l.f + m) * 0x1.c551dap-2f;
  return log_ends_f32(x, (l.k + l.f) + (low + (l.f - ((l.k + l.f) - l.k))));
}

INLINE float log10_f32(float x) {
  const log_parts_f32 l = log_reduce_any_f32(x);
  const float m = l.f + log_tail_f32(l.f);
  return log_ends_f32(x, l.k * 0x1.344p-2f + (m * 0x1.bcb7b2p-2f + l.k * 0x1.3509f8p-18f));
}

INLINE float log1p_f32(float x) {
  const float u = 1.0f + x;
  // The rounding error of 1 + x.
  const float lost = x < 1.0f ? x - (u - 1.0f) : 1.0f - (u - x);
  log_parts_f32 l = log_reduce_f32(u);
  const int32_t k = (int32_t)l.k;
  l.f += lost * power_of_two_f32(k > 64 ? -64 : -k);
  const float y = log_sum_f32(l);
  return __builtin_fabsf(x) < 0x1p-25f ? flushed_f32(x) : log_ends_f32(u, x < __builtin_inff() ? y : x);
}

// log(1 + y) for y from 0 to 1.
INLINE float log1p_unit_f32(float y) {
  const float u = 1.0f + y;
  const float lost = y - (u - 1.0f);
  const float s = u > 0x1.6a09e6p+0f ? 0.5f : 1.0f;
  const float f = (u * s - 1.0f) + lost * s;
  const float k = 2.0f - 2.0f * s;
  return log_sum_f32((log_parts_f32){f, k});
}

INLINE float softplus_f32(float x) {
  return (x > 0.0f ? x : 0.0f) + log1p_unit_f32(exp_decay_f32(-__builtin_fabsf(x), -0.0f));
}

// Up to this argument, a reduction by pi / 2, in two parts and in double, is exact enough for sin and cos.
#define SIN_COS_LIMIT 0x1p20f

// sin(x + quarters * pi / 2).
INLINE float sin_turned_f32(float x, uint32_t quarters) {
  const double shift = 0x1.8p52;
  const double t = (double)x * 0x1.45f306dc9c883p-1 + shift, n = t - shift;
  const float r = (float)((x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34);
  const float z = r * r;
  float s = -0x1.9951e6p-13f;
  s = s * z + 0x1.110774p-7f;
  s = s * z + -0x1.555546p-3f;
  s = r + r * z * s;
  float c = 0x1.99df14p-16f;
  c = c * z + -0x1.6c0c16p-10f;
  c = c * z + 0x1.55554ap-5f;
  c = c * z + -0.5f;
  c = c * z + 1.0f;
  const uint32_t quarter = (uint32_t)bits_f64(t) + quarters;
  return from_bits_f32(bits_f32(quarter & 1 ? c : s) ^ (quarter & 2) << 30);
}

INLINE float sin_f32(float x) {
  const float y = sin_turned_f32(x, 0);
  return __builtin_fabsf(x) < 0x1p-13f ? flushed_f32(x) : y;
}

INLINE float cos_f32(float x) { return sin_turned_f32(x, 1); }

INLINE float erf_f32(float x) {
  const float a = __builtin_fabsf(x), z = x * x;
  float p = 0x1.477202p-14f;
  p = p * z + -0x1.a3515ep-11f;
  p = p * z + 0x1.53f224p-8f;
  p = p * z + -0x1.b7f71ap-6f;
  p = p * z + 0x1.ce2ce6p-4f;
  p = p * z + -0x1.81273ep-2f;
  const float near = x + x * (p * z + 0x1.06eba8p-3f);
  // For |x| of 1 or more: 1 - e^-g.
  const float c = a > 4.0f ? 4.0f : a;
  float g = -0x1.897064p-13f;
  g = g * c + 0x1.83fd5p-9f;
  g = g * c + -0x1.66a3e8p-6f;
  g = g * c + 0x1.a6c824p-4f;
  g = g * c + 0x1.46a98ap-1f;
  g = g * c + 0x1.208e52p+0f;
  g = g * c + 0x1.502644p-12f;
  const float far = -expm1_small_f32(-g);
  return a < 1.0f ? near : __builtin_copysignf(far, x);
}

// e^(a * a / 2) times the probability above a of the normal distribution, for a from 0 to 14.5, as a ratio of
// polynomials.
typedef struct { float over, under; } mills_f32;

INLINE mills_f32 mills_ratio_f32(float a) {
  float p = 0x1.0bbb7p-8f;
  p = p * a + 0x1.4b4572p-5f;
  p = p * a + 0x1.761fdcp-3f;
  p = p * a + 0x1.c013a6p-2f;
  p = p * a + 0.5f;
  float q = 0x1.4f8c6ap-7f;
  q = q * a + 0x1.9f36c8p-4f;
  q = q * a + 0x1.df39a2p-2f;
  q = q * a + 0x1.3342f6p+0f;
  q = q * a + 0x1.ac4c02p+0f;
  q = q * a + 1.0f;
  return (mills_f32){p, q};
}

// e^(-c * a * a) for c a power of two. With fused multiply-add it includes the rounding error of the square.
INLINE float exp_square_f32(float a, float c) {
  const float s = a * a, lost = a * a - s;
  return exp_decay_f32(-c * s, -c * lost);
}

INLINE float erfc_f32(float x) {
  float a = __builtin_fabsf(x);
  a = a > 10.2f ? 10.2f : a;
  const mills_f32 m = mills_ratio_f32(a * 0x1.6a09e6p+0f);
  const float y = 2.0f * exp_square_f32(a, 1.0f) * (m.over / m.under);
  const float far = x < 0.0f ? 2.0f - y : y;
  return a < 0.5f ? 1.0f - erf_f32(x) : far;
}

// e^(-a * a / 2) for a up to 13.18, where it is a normal number, with the rounding error of the square as above. The
// coefficients of the series of e^(-r / 2) include the powers of 2.
INLINE float bell_f32(float a) {
  const float shift = 0x1.8p23f;
  const float s = a * a, lost = a * a - s;
  const float t = s * -0x1.715476p-1f + shift, n = t - shift;
  const float r = (s + n * 0x1.62e4p+0f) + (n * 0x1.7f7d1cp-19f + lost);
  float p = 0x1.6cf452p-16f;
  p = p * r + -0x1.122e02p-12f;
  p = p * r + 0x1.555534p-9f;
  p = p * r + -0x1.5554a8p-6f;
  p = p * r + 0x1p-3f;
  p = p * r + -0.5f;
  return from_bits_f32(bits_f32(p * r + 1.0f) + (bits_f32(t) << 23));
}

// x times the probability below x, by that above |x|: for positive x, x less x times it. Near 0, where a product may have
// been flushed to 0, that would be x instead of half of x, and both probabilities are a half. For large |x| the product is
// below the normal range, and left out, since its factors no longer hold.
INLINE float gelu_f32(float x) {
  const float a = __builtin_fabsf(x);
  const mills_f32 m = mills_ratio_f32(a);
  const int32_t is_small = x < 0x1p-125f;
  const float rest = is_small ? 0.0f : x, tail = (is_small ? -x : x) * m.over * bell_f32(a) / m.under;
  return a < 13.18f ? rest - tail : rest;
}

// The derivative of gelu: the probability below x plus x times the density at x.
INLINE float gelu_slope_f32(float x) {
  const float a = __builtin_fabsf(x);
  const mills_f32 m = mills_ratio_f32(a);
  const float low = bell_f32(a) * (m.over / m.under - a * 0x1.988454p-2f);
  const float below = a > 13.18f ? 0.0f : low;
  return x < 0.0f ? below : 1.0f - below;
}

INLINE float gelu_tanh_f32(float x) {
  x = x < -12.0f ? -12.0f : x;
  return x * sigmoid_f32(0x1.988454p+0f * (x + 0.044715f * (x * x * x)));
}

INLINE float silu_f32(float x) {
  x = x < -110.0f ? -110.0f : x;
  return x * sigmoid_f32(x);
}

// The derivative of silu: sigmoid(x) * (1 + x * sigmoid(-x)).
INLINE float silu_slope_f32(float x) {
  x = x < -110.0f ? -110.0f : x;
  x = x > 110.0f ? 110.0f : x;
  const float e = exp_decay_f32(-__builtin_fabsf(x), -0.0f), whole = 1.0f / (1.0f + e);
  const float gate = (x < 0.0f ? e : 1.0f) * whole, rest = (x < 0.0f ? 1.0f : e) * whole;
  return gate * (1.0f + x * rest);
}

// tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2) with e = e^x.
INLINE float mish_f32(float x) {
  x = x < -110.0f ? -110.0f : x;
  const float e = exp_f32(x > 20.0f ? 20.0f : x);
  const float n = e * (e + 2.0f);
  return x * (n / (n + 2.0f));
}

INLINE float selu_f32(float x) {
  return 1.0507009873554805f * (x > 0.0f ? x : 1.6732632423543772f * expm1_f32(x));
}

#endif
