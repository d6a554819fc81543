// Numbers of one element each, by rejection where there is no formula: every attempt takes the next block of the
// element.
#ifndef MARTLET_SAMPLE_H
#define MARTLET_SAMPLE_H

#include "philox.h"
#include "random_math.h"

INLINE double draw_exponential(cursor *c) { return -log_f64(unit(next_words(c).a)); }

// Box-Muller.
INLINE double normal_of(words w) {
  double sine, cosine;
  sin_cos_turn_f64(w.b, &sine, &cosine);
  return __builtin_sqrt(-2.0 * log_f64(unit(w.a))) * cosine;
}

// Within [a, b] where 0 <= a (Robert, "Simulation of truncated normal variables", 1995).
static double draw_tail(cursor *c, double a, double b) {
  const double root = __builtin_sqrt(a * a + 4.0), rate = 0.5 * (a + root), gap = 2.0 / (a + root);
  if (b - a > gap * exp_f64(0.5 - a * gap * 0.5)) {
    while (true) {
      const words w = next_words(c);
      const double step = -log_f64(unit(w.a)) / rate, off = step - gap;
      if (a + step <= b && log_f64(unit(w.b)) <= -0.5 * off * off) return a + step;
    }
  }
  while (true) {
    const words w = next_words(c);
    const double z = a + unit(w.a) * (b - a);
    if (log_f64(unit(w.b)) <= -0.5 * (z - a) * (z + a)) return z < b ? z : b;
  }
}

static double draw_truncated_normal(cursor *c, double a, double b) {
  if (a > 0.0) return draw_tail(c, a, b);
  if (b < 0.0) return -draw_tail(c, -b, -a);
  const bool is_wide = b - a > 2.5066282746310002;  // sqrt(2 pi)
  while (true) {
    const words w = next_words(c);
    if (is_wide) {
      const double z = normal_of(w);
      if (a <= z && z <= b) return z;
    } else {
      const double z = a + unit(w.a) * (b - a);
      if (log_f64(unit(w.b)) <= -0.5 * z * z) return z;
    }
  }
}

// Of concentration at least 1 (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000).
static double draw_large_gamma(cursor *c, double concentration) {
  const double d = concentration - 1.0 / 3.0, slope = 1.0 / (3.0 * __builtin_sqrt(d));
  while (true) {
    const double x = normal_of(next_words(c)), t = slope * x;
    const double u = unit(next_words(c).a), v = (1.0 + t) * (1.0 + t) * (1.0 + t), square = x * x;
    if (t <= -1.0) continue;
    if (u < 1.0 - 0.0331 * square * square) return d * v;
    // log v + 1 - v without loss where v is near 1.
    if (log_f64(u) < 0.5 * square + d * (3.0 * log1p_less(t) - t * t * (3.0 + t))) return d * v;
  }
}

// The logarithm, which is finite where the number itself is too small.
INLINE double draw_log_gamma(cursor *c, double concentration) {
  if (concentration >= 1.0) return log_f64(draw_large_gamma(c, concentration));
  const double large = log_f64(draw_large_gamma(c, concentration + 1.0));
  return large + log_f64(unit(next_words(c).a)) / concentration;
}

INLINE double draw_gamma(cursor *c, double concentration) {
  return concentration >= 1.0 ? draw_large_gamma(c, concentration) : exp_f64(draw_log_gamma(c, concentration));
}

INLINE double draw_beta(cursor *c, double a, double b) {
  if (a >= 1.0 && b >= 1.0) {
    const double x = draw_large_gamma(c, a), y = draw_large_gamma(c, b);
    return x / (x + y);
  }
  const double x = draw_log_gamma(c, a), y = draw_log_gamma(c, b);
  return 1.0 / (1.0 + exp_f64(y - x));
}

// Best and Fisher, "Efficient simulation of the von Mises distribution", 1979. With s and the cosine written as what
// they differ from 1 by, large concentrations lose nothing.
static double draw_von_mises(cursor *c, double mean, double concentration) {
  const double pi = 0x1.921fb54442d18p+1;
  double angle;
  if (concentration < 1e-8) {
    angle = (2.0 * unit(next_words(c).a) - 1.0) * pi;
  } else {
    // Their s = (1 + rho^2) / (2 rho) is (1 + root) / (2 concentration); here it is less 1.
    const double root = __builtin_sqrt(1.0 + 4.0 * concentration * concentration);
    const double s = (1.0 + 1.0 / (root + 2.0 * concentration)) / (2.0 * concentration);
    while (true) {
      const words w = next_words(c);
      double sine, cosine;
      sin_cos_turn_f64(w.a >> 1, &sine, &cosine);  // of an angle in [0, pi)
      const double off = s * (1.0 - cosine) / (s + 1.0 + cosine);
      const double y = concentration * (s + off), v = unit(w.b);
      if (y * (2.0 - y) < v && log_f64(y / v) + 1.0 - y < 0.0) continue;
      angle = angle_of(off < 2.0 ? 0.5 * off : 1.0);
      if (w.b & 1) angle = -angle;
      break;
    }
  }
  const double sum = mean + angle, turned = sum - 2.0 * pi * __builtin_floor(sum / (2.0 * pi) + 0.5);
  return turned > pi ? pi : turned < -pi ? -pi : turned;
}

// PTRS (Hormann, "The transformed rejection method for generating Poisson random variables", 1993), and inversion for
// small rates.
static double draw_poisson(cursor *c, double rate) {
  if (rate < 10.0) {
    double u = unit(next_words(c).a), p = exp_f64(-rate), k = 0.0;
    while (u > p && p > 0.0) {
      u -= p;
      k += 1.0;
      p *= rate / k;
    }
    return k;
  }
  const double root = __builtin_sqrt(rate), b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b;
  const double scale = 1.1239 + 1.1328 / (b - 3.4), inner = 0.9277 - 3.6224 / (b - 2.0);
  while (true) {
    const words w = next_words(c);
    const double u = unit(w.a) - 0.5, v = unit(w.b), us = 0.5 - __builtin_fabs(u);
    const double k = __builtin_floor((2.0 * a / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= inner) return k;
    if (k < 0.0 || (us < 0.013 && v > us)) continue;
    if (log_f64(v * scale / (a / (us * us) + b)) <= log_poisson(k, rate)) return k;
  }
}

// BTRS (Hormann, "The generation of binomial random variates", 1993), and inversion for few successes.
static double draw_small_binomial(cursor *c, double n, double p) {
  if (n * p < 10.0) {
    double u = unit(next_words(c).a), r = exp_f64(n * log1p_exact(-p)), k = 0.0;
    const double odds = p / (1.0 - p);
    while (u > r && k < n && r > 0.0) {
      u -= r;
      k += 1.0;
      r *= odds * ((n - k + 1.0) / k);
    }
    return k;
  }
  const double deviation = __builtin_sqrt(n * p * (1.0 - p)), b = 1.15 + 2.53 * deviation;
  const double a = -0.0873 + 0.0248 * b + 0.01 * p, center = n * p + 0.5, inner = 0.92 - 4.2 / b;
  const double alpha = (2.83 + 5.1 / b) * deviation, mode = __builtin_floor((n + 1.0) * p);
  const double most = log_binomial(mode, n, p);
  while (true) {
    const words w = next_words(c);
    const double u = unit(w.a) - 0.5, v = unit(w.b), us = 0.5 - __builtin_fabs(u);
    const double k = __builtin_floor((2.0 * a / us + b) * u + center);
    if (us >= 0.07 && v <= inner) return k;
    if (k < 0.0 || k > n) continue;
    if (log_f64(v * alpha / (a / (us * us) + b)) <= log_binomial(k, n, p) - most) return k;
  }
}

INLINE double draw_binomial(cursor *c, double n, double p) {
  return p <= 0.5 ? draw_small_binomial(c, n, p) : n - draw_small_binomial(c, n, 1.0 - p);
}

#endif
