// Bessel functions of integer orders and what belongs to the normal distribution, for float64, from which those for float32
// are rounded. The coefficients are Chebyshev expansions, made with 60 digits; the constant term comes last.
#ifndef MARTLET_BESSEL_MATH_H
#define MARTLET_BESSEL_MATH_H

#include "special_math.h"

// A sum of Chebyshev polynomials of t, within -1 ... 1, by Clenshaw's recurrence.
static inline double chebyshev(const double *coefficients, int count, double t) {
  double last = 0, before = 0;
  for (int i = 0; i < count - 1; i++) {
    const double next = 2 * t * last - before + coefficients[i];
    before = last;
    last = next;
  }
  return t * last - before + coefficients[count - 1];
}
#define CHEBYSHEV(NAME, t) chebyshev(NAME, (int)(sizeof NAME / sizeof *NAME), t)

// e^-x I0(x), x up to 8, of x / 4 - 1, and beyond it sqrt(x) e^-x I0(x) of 16 / x - 1; then the same of I1, near also
// divided by x.
static const double bessel_i0_near[] = {
  0x1.4ea63223aef14p-61, -0x1.45cb72134d0efp-58, 0x1.33362977da589p-55, -0x1.184eb721ebbb4p-52, 0x1.ee6d893f65ebap-50,
  -0x1.a5022c297fbebp-47, 0x1.59b464b262627p-44, -0x1.1164c62ee1af0p-41, 0x1.9fe2fe19bd324p-39,
  -0x1.2fc957a946abcp-36, 0x1.a98becc743c10p-34, -0x1.1d4fe13ae9556p-31, 0x1.6d903a454cb34p-29,
  -0x1.beaf68c0b30abp-27, 0x1.03b769d4d6435p-24, -0x1.1ec638f227f8dp-22, 0x1.2bf24978cf4acp-20,
  -0x1.2866fcba56427p-18, 0x1.13f58be9a2859p-16, -0x1.e2b2659c41d5ap-15, 0x1.8b51b74107cabp-13,
  -0x1.2e2fd1f15eb52p-11, 0x1.adc758a12100ep-10, -0x1.1b65e201aa849p-8, 0x1.59961f3dde3ddp-7, -0x1.84e9ef121b6f0p-6,
  0x1.93e8acea8a32dp-5, -0x1.84b70342d06eap-4, 0x1.5f7ac77ac88c0p-3, -0x1.37febc057cd8dp-2, 0x1.5a84e9035a22ap-2};
static const double bessel_i0_far[] = {
  0x1.604db61ad3debp-60, 0x1.24d48c789b293p-60, -0x1.0adb754ca8b19p-57, -0x1.646da66119130p-58, 0x1.9be1812d98421p-55,
  0x1.3f3dd076041cdp-55, -0x1.4600babd21fe4p-52, -0x1.8aee7d908de38p-52, 0x1.fee7da3eafb1fp-50, 0x1.12a919094e6d7p-48,
  -0x1.583fe7e65629ap-47, -0x1.75d99cf68bb32p-45, 0x1.156ff0d5fc545p-46, 0x1.b1c8c6b83c073p-42, 0x1.94347fa268cecp-41,
  -0x1.f904303178d66p-40, -0x1.d0fd7357e7bf2p-37, -0x1.1511d08397425p-35, 0x1.a24feabe8004fp-37,
  0x1.0f9ccc0f46f75p-31, 0x1.d2c64a9225b87p-29, 0x1.8569280d6d56dp-26, 0x1.b8007d9cd616ep-23, 0x1.8412bc101c586p-19,
  0x1.20fa378999e52p-14, 0x1.b998ca2e59049p-9, 0x1.9be62aca809cbp-2};
static const double bessel_i1_near[] = {
  -0x1.a21dbdbdd0288p-62, 0x1.99f2a0c3c4014p-59, -0x1.857d0c38a0576p-56, 0x1.663e3e593bfacp-53,
  -0x1.3eaaa7e0d1573p-50, 0x1.11d7f0615290cp-47, -0x1.c628e1c8f0b3bp-45, 0x1.6af784779d955p-42,
  -0x1.173835fb70366p-39, 0x1.9cee2b21d3154p-37, -0x1.2510397eb07dep-34, 0x1.8ea34b43fdf6cp-32,
  -0x1.0361b28ea67e6p-29, 0x1.4258e02395010p-27, -0x1.7dd3e24b8c3e8p-25, 0x1.ae344b347d108p-23,
  -0x1.cc0798363992ap-21, 0x1.d1c4ed511afc5p-19, -0x1.bd5f9b8debbcfp-17, 0x1.911b542c70d0bp-15,
  -0x1.533cad3d694fep-13, 0x1.0c95db6c6df7dp-11, -0x1.8cc620b3cd4a4p-10, 0x1.1065349d3a1b4p-8, -0x1.5a29f7913a26ap-7,
  0x1.951e3e7bb2349p-6, -0x1.b1bbc537c9ebcp-5, 0x1.a46dad536f53cp-4, -0x1.694d10469192ep-3, 0x1.02a63724a7ffap-3};
static const double bessel_i1_far[] = {
  -0x1.6ea1785f94461p-60, -0x1.12e7f21d2c006p-60, 0x1.1556db352e8e6p-57, 0x1.45b8aea87b950p-58,
  -0x1.acea3b2532277p-55, -0x1.2806c9c773320p-55, 0x1.55915fceb588ap-52, 0x1.7d68e5f04a2d1p-52,
  -0x1.0efcd8bc4d22ap-49, -0x1.12db5138afbc7p-48, 0x1.776e1762d31e8p-47, 0x1.80d3c26b3281ep-45,
  -0x1.7a9482e6d22a0p-46, -0x1.cbc458e73e255p-42, -0x1.953e1076ab493p-41, 0x1.1e7d3f6439fa3p-39,
  0x1.f101f653c457bp-37, 0x1.1e1a1f1587865p-35, -0x1.4dcf9d4504c0cp-36, -0x1.334ca5423dd80p-31,
  -0x1.0790b9ad53528p-28, -0x1.c415394bb46c1p-26, -0x1.0dbfd2e9e5443p-22, -0x1.048df49ca0373p-18,
  -0x1.cfd7f804aa9a6p-14, -0x1.3fda053fcdb4cp-7, 0x1.8ea18b55b1514p-2};
// Up to 2, as functions of x^2 / 2 - 1, K0(x) + log(x / 2) I0(x) and x (K1(x) - log(x / 2) I1(x)); beyond, of 4 / x - 1,
// sqrt(x) e^x K0(x) and sqrt(x) e^x K1(x).
static const double bessel_k0_near[] = {
  0x1.a593b9ae0e9dcp-62, 0x1.3cee1e6b887dcp-53, 0x1.7fb0ac384a073p-45, 0x1.6c25c475120bep-37, 0x1.05c1367e58a13p-29,
  0x1.102bce7f95efcp-22, 0x1.7f900fe8cfca0p-16, 0x1.4b82e75633d73p-10, 0x1.26bf6554a9085p-5, 0x1.608d881213db9p-2,
  -0x1.12166e9d2f61fp-2};
static const double bessel_k0_far[] = {
  -0x1.ff8ab6a08c2e2p-60, 0x1.871a5cf6ebbb5p-58, -0x1.2feccb331b557p-56, 0x1.e092e5c062a6ap-55,
  -0x1.82f947bd75936p-53, 0x1.3dbf96cd7929dp-51, -0x1.0a690ed1130d0p-49, 0x1.c8d9c4a6808e8p-48,
  -0x1.9145ebaf9922fp-46, 0x1.69c4ecd913e48p-44, -0x1.4f87721a3b2dbp-42, 0x1.40fa32fcce645p-40,
  -0x1.3dafc3f00540bp-38, 0x1.46808475fbf4dp-36, -0x1.5df95d2e7ca15p-34, 0x1.8956c819ff63dp-32,
  -0x1.d29d5f22bf5e2p-30, 0x1.269a0033f428ep-27, -0x1.905541b54f2afp-25, 0x1.2915981e3e46fp-22,
  -0x1.ebb547f18d3a9p-20, 0x1.d413fcc7470a9p-17, -0x1.0d797e7889f42p-13, 0x1.9b891fca79342p-10, -0x1.019f72d4ff71ep-5,
  0x1.385bd9f4e6907p+0};
static const double bessel_k1_near[] = {
  -0x1.032283d3cda56p-57, -0x1.5dd517a0399e0p-49, -0x1.77502ddd0e045p-41, -0x1.3663bb84626cap-33,
  -0x1.7c41d145c31d0p-26, -0x1.469b32c832e3ap-19, -0x1.6ade2e5a3bd02p-13, -0x1.c92939d7d4192p-8,
  -0x1.f637243c1db74p-4, -0x1.69a1b757b0dd4p-2, 0x1.867a1361008cap-1};
static const double bessel_k1_far[] = {
  0x1.151fbdb6907c6p-59, -0x1.a8c5d42a4b314p-58, 0x1.4af1aa55c043fp-56, -0x1.0661525866f5ap-54, 0x1.a7d5e4c65543cp-53,
  -0x1.5d2a3d9ce2a50p-51, 0x1.25cedf006519fp-49, -0x1.f9d52362a3e00p-48, 0x1.be3e9590877a3p-46,
  -0x1.94465d4c8014bp-44, 0x1.78ffa0409e616p-42, -0x1.6adec61fc71a4p-40, 0x1.69ab846c05207p-38,
  -0x1.76b539401d12cp-36, 0x1.956d008a43059p-34, -0x1.ccbc00365cf5fp-32, 0x1.14f242a73d252p-29,
  -0x1.637a49fe1e088p-27, 0x1.ed27c668fc461p-25, -0x1.780528fada5c6p-22, 0x1.42fe31752d1b6p-19,
  -0x1.44d711dcdb2e5p-16, 0x1.9965888f6908ep-13, -0x1.76946be66b48ap-9, 0x1.a9abef9e023fbp-4, 0x1.5c3d7aa062c8ap+0};
// (1 + 2x) e^(x^2) erfc(x) as a function of (x - 4) / (x + 4), for x from 0 on.
static const double erfcx_terms[] = {
  0x1.6fbfbc73f7b96p-60, -0x1.2e4a1567a7226p-57, -0x1.246d137a7141bp-55, 0x1.ffeb28f8a7c30p-53, 0x1.b09c53938c643p-51,
  -0x1.e08757ddb404fp-48, -0x1.091c39299cbc7p-46, 0x1.e31cd1e31c253p-43, 0x1.9ce35d0f342aap-44,
  -0x1.e59f50c0d2a6dp-38, 0x1.efb3e315738f5p-37, 0x1.a3fa2e79e6fdep-33, -0x1.421950d8f4ea7p-30,
  -0x1.216acaa8bc34bp-29, 0x1.df061781bececp-25, -0x1.04813a1b8a43fp-22, -0x1.804fd072268f5p-21,
  0x1.204c1fa3be6c7p-16, -0x1.1f3f05651159ap-13, 0x1.86ef5f940a354p-11, -0x1.9b29d047b35d8p-9, 0x1.5b32ddd011bcbp-7,
  -0x1.d71abf3cb584ep-6, 0x1.ec465395e4195p-5, -0x1.4cdca869ad5c3p-4, -0x1.dbd7f406f0499p-8, 0x1.2d6f89fde5d31p+0};

enum { BESSEL_ORDERS = 10000 };

// An order, rounded to an integer; -1 for one that is none or too large.
static inline int bessel_order(double order) {
  const double n = fabs(floor(order + 0.5));
  return n <= BESSEL_ORDERS ? (int)n : -1;
}

// e^-x I(n, x) for x above 0, by the asymptotic series far out, and else downwards from an order where it is 0, which keeps
// errors small (Abramowitz and Stegun, 9.7.1 and 9.12).
static inline double bessel_i_series(int n, double x) {
  const double square = 4.0 * n * n;
  if (x > 30 + 20.0 * n * n) {
    double term = 1, sum = 1;
    for (int k = 1; k < 40; k++) {
      const double odd = 2.0 * k - 1;
      term *= -(square - odd * odd) / (k * 8 * x);
      sum += term;
      if (fabs(term) < fabs(sum) * 0x1p-60) break;
    }
    return sum / sqrt(2 * pi * x);
  }
  double above = 0, here = 1, found = 0;
  for (int k = n + 20 + (int)sqrt(80 * (n + x)); k > 0; k--) {
    if (k == n) found = here;
    const double below = above + 2 * k / x * here;
    above = here;
    here = below;
    if (here > 0x1p500) {
      here *= 0x1p-500;
      above *= 0x1p-500;
      found *= 0x1p-500;
    }
  }
  return found / here;
}

// e^-|x| I(n, x)
static inline double bessel_i_scaled_f64(double order, double x) {
  const int n = bessel_order(order);
  const double a = fabs(x);
  if (n < 0 || x != x) return NAN;
  const double zero = a <= 8 ? CHEBYSHEV(bessel_i0_near, a / 4 - 1) : CHEBYSHEV(bessel_i0_far, 16 / a - 1) / sqrt(a);
  if (n == 0) return zero;
  if (n == 1) {
    return a <= 8 ? x * CHEBYSHEV(bessel_i1_near, a / 4 - 1) : copysign(CHEBYSHEV(bessel_i1_far, 16 / a - 1) / sqrt(a), x);
  }
  if (a == 0 || a == INFINITY) return 0;
  const double y = bessel_i_series(n, a) * (a > 30 + 20.0 * n * n ? 1 : zero);
  return x < 0 && n % 2 == 1 ? -y : y;
}

static inline double bessel_i_f64(double order, double x) {
  const double half = exp(0.5 * fabs(x));
  return isinf(x) && bessel_order(order) >= 0 ? (x < 0 && bessel_order(order) % 2 == 1 ? -INFINITY : INFINITY)
    : bessel_i_scaled_f64(order, x) * half * half;
}

// K(n, x), times e^x where it is scaled, by the recurrence upwards.
static inline double bessel_k_any(double order, double x, bool scaled) {
  const int n = bessel_order(order);
  if (n < 0 || !(x >= 0)) return NAN;
  if (x == 0) return INFINITY;
  double here, next;
  if (x <= 2) {
    const double logarithm = log(0.5 * x), t = 0.5 * x * x - 1, factor = scaled ? exp(x) : 1;
    here = (CHEBYSHEV(bessel_k0_near, t) - logarithm * bessel_i_f64(0, x)) * factor;
    next = (CHEBYSHEV(bessel_k1_near, t) / x + logarithm * bessel_i_f64(1, x)) * factor;
  } else {
    const double factor = (scaled ? 1 : exp(-x)) / sqrt(x);
    here = CHEBYSHEV(bessel_k0_far, 4 / x - 1) * factor;
    next = CHEBYSHEV(bessel_k1_far, 4 / x - 1) * factor;
  }
  for (int k = 1; k <= n; k++) {
    const double above = here + 2 * k / x * next;
    here = next;
    next = above;
  }
  return here;
}
static inline double bessel_k_f64(double order, double x) { return bessel_k_any(order, x, false); }
static inline double bessel_k_scaled_f64(double order, double x) { return bessel_k_any(order, x, true); }

// The C library's, whose orders are integers: B(-n, x) is (-1)^n B(n, x).
static inline double bessel_j_f64(double order, double x) {
  const int n = bessel_order(order);
  if (n < 0 || x != x) return NAN;
  const double y = isinf(x) ? 0 : jn(n, x);
  return order < -0.5 && n % 2 == 1 ? -y : y;
}
static inline double bessel_y_f64(double order, double x) {
  const int n = bessel_order(order);
  if (n < 0 || !(x >= 0)) return NAN;
  const double y = x == 0 ? -INFINITY : isinf(x) ? 0 : yn(n, x);
  return order < -0.5 && n % 2 == 1 ? -y : y;
}

// e^(x^2) erfc(x)
static inline double erfcx_f64(double x) {
  const double a = fabs(x);
  const double y = a > 1e8 ? 0x1.20dd750429b6dp-1 / a : CHEBYSHEV(erfcx_terms, (a - 4) / (a + 4)) / (1 + 2 * a);
  if (!(x < 0)) return x == x ? y : x;
  // What is lost in the square is a factor.
  const double square = x * x, lost = fma(x, x, -square);
  return square > 800 ? INFINITY : 2 * exp(square) * (1 + lost) - y;
}

// The logarithm of the normal distribution function.
static inline double log_ndtr_f64(double x) {
  const double root = 0.70710678118654752;
  if (x < -1) return x == -INFINITY ? x : log(0.5 * erfcx_f64(-x * root)) - 0.5 * x * x;
  return log1p(-0.5 * erfc(x * root));
}

// The number below which a normal variable is with a probability: by erfinv, and in the far tail by Newton's method on the
// logarithm.
static inline double ndtri_f64(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
  const double tail = p < 0.5 ? p : 1 - p, w = -log(4 * tail * (1 - tail));
  double y;
  if (tail > 1e-14) {
    y = 1.4142135623730951 * erfinv_at_f64(1 - 2 * tail, w);
  } else {
    const double goal = log(tail);
    y = sqrt(-2 * goal - log(-4 * pi * goal));
    for (int i = 0; i < 5; i++) y += (log_ndtr_f64(-y) - goal) * erfcx_f64(y * 0.70710678118654752) / 0x1.9884533d43651p-1;
  }
  return p < 0.5 ? -y : y;
}

// x^a e^-x / gamma(a), for a and x above 0, by Stirling's series where a is large.
static inline double gamma_weight_f64(double a, double x) {
  if (a < 10) return exp(a * log(x) - x - lgamma(a));
  const double r = 1 / a, rest = (x - a) / a;
  return exp(a * (log1p(rest) - rest) - r * POLYNOMIAL(stirling_terms, r * r)) * sqrt(a / (2 * pi));
}

// The regularised incomplete gamma function below x, or above it: the power series, or the continued fraction by Lentz's
// method (Press et al., "Numerical Recipes", 6.2).
static inline double incomplete_gamma_f64(double a, double x, bool upper) {
  if (!(a >= 0 && x >= 0) || (a == 0 && x == 0) || (isinf(a) && isinf(x))) return NAN;
  if (x == 0 || isinf(a)) return upper;
  if (a == 0 || isinf(x)) return !upper;
  const double weight = gamma_weight_f64(a, x);
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (double k = a + 1; term > sum * 0x1p-60; k += 1) sum += term *= x / k;
    return upper ? 1 - weight * sum : weight * sum;
  }
  double b = x + 1 - a, c = 0x1p1000, d = 1 / b, y = d;
  for (int k = 1; k < 1000000; k++) {
    const double factor = -k * (k - a);
    b += 2;
    d = factor * d + b;
    c = b + factor / c;
    d = 1 / (fabs(d) < 0x1p-1000 ? 0x1p-1000 : d);
    c = fabs(c) < 0x1p-1000 ? 0x1p-1000 : c;
    y *= d * c;
    if (fabs(d * c - 1) < 0x1p-52) break;
  }
  return upper ? weight * y : 1 - weight * y;
}

// The sum of (q + k)^-s over k from 0 on; below 0 for integers s alone.
static inline double hurwitz_zeta_f64(double s, double q) {
  if (!(s > 1)) return s == 1 ? INFINITY : NAN;
  if (q <= 0 && q == floor(q)) return INFINITY;
  if (q < 0 && (s != floor(s) || q < -1000000)) return NAN;
  double sum = 0;
  for (; q < 0; q += 1) sum += pow(q, -s);
  return q == q ? sum + (isinf(q) ? 0 : zeta_f64(s, q)) : q;
}

#endif
