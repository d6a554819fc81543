// Optimiser steps: one pass over parameters, gradients and state.
#include "optimise.h"

#include <math.h>

#include "clones.h"
#include "families.h"

#define SGD(NAME, TYPE) \
  static CLONES void NAME(const mk_sgd *h, TYPE *p, const TYPE *gradient, TYPE *velocity, ptrdiff_t n) { \
    const TYPE rate = (TYPE)-h->learning_rate, momentum = (TYPE)h->momentum, decay = (TYPE)h->weight_decay; \
    const TYPE fresh = (TYPE)(1 - h->dampening); \
    const TYPE ahead = h->nesterov ? 1 : 0, along = h->nesterov ? momentum : 1; \
    if (h->momentum == 0) { \
      IN_PLACE for (ptrdiff_t i = 0; i < n; i++) { \
        const TYPE decayed = decay * p[i], g = gradient[i] + decayed; \
        p[i] += rate * g; \
      } \
    } else { \
      IN_PLACE for (ptrdiff_t i = 0; i < n; i++) { \
        const TYPE decayed = decay * p[i], g = gradient[i] + decayed; \
        /* The first velocity is the gradient itself. */ \
        const TYPE v = h->first_step ? g : momentum * velocity[i] + fresh * g; \
        velocity[i] = v; \
        p[i] += rate * (ahead * g + along * v); \
      } \
    } \
  }
SGD(sgd_f32, float)
SGD(sgd_f64, double)

void mk_sgd_step(mk_type type, const mk_sgd *h, void *parameter, const void *gradient, void *velocity, ptrdiff_t n) {
  BY_FLOATING(type, sgd, h, parameter, gradient, velocity, n)
}

// `amsgrad` is a constant where the loop is inlined.
#define ADAM(NAME, TYPE) \
  INLINE void NAME##_loop(const mk_adam *h, TYPE *p, const TYPE *gradient, TYPE *m, TYPE *v, bool amsgrad, TYPE *maximum, ptrdiff_t n) { \
    const TYPE decay = h->decoupled ? 0 : (TYPE)h->weight_decay; \
    const TYPE shrink = h->decoupled ? (TYPE)(1 - h->learning_rate * h->weight_decay) : 1; \
    const TYPE new1 = (TYPE)(1 - h->beta1), beta2 = (TYPE)h->beta2, new2 = (TYPE)(1 - h->beta2); \
    /* As PyTorch's lerp, which starts from the nearer end: exact where beta1 is 0. */ \
    const bool from_gradient = new1 >= (TYPE)0.5; \
    const TYPE blend = from_gradient ? -(TYPE)h->beta1 : new1; \
    const TYPE rate = (TYPE)(-h->learning_rate / h->correction1); \
    const TYPE root = (TYPE)(1 / sqrt(h->correction2)), epsilon = (TYPE)h->epsilon; \
    IN_PLACE for (ptrdiff_t i = 0; i < n; i++) { \
      const TYPE decayed = decay * p[i], g = gradient[i] + decayed; \
      const TYPE first = (from_gradient ? g : m[i]) + blend * (g - m[i]); \
      const TYPE second = beta2 * v[i] + new2 * (g * g); \
      TYPE peak = second; \
      m[i] = first; \
      v[i] = second; \
      if (amsgrad) { \
        peak = ((maximum[i] > second) | (maximum[i] != maximum[i])) ? maximum[i] : second; \
        maximum[i] = peak; \
      } \
      p[i] = shrink * p[i] + rate * first / (__builtin_elementwise_sqrt(peak) * root + epsilon); \
    } \
  } \
  static CLONES void NAME(const mk_adam *h, TYPE *p, const TYPE *gradient, TYPE *m, TYPE *v, TYPE *maximum, ptrdiff_t n) { \
    if (maximum) NAME##_loop(h, p, gradient, m, v, true, maximum, n); \
    else NAME##_loop(h, p, gradient, m, v, false, maximum, n); \
  }
ADAM(adam_f32, float)
ADAM(adam_f64, double)

void mk_adam_step(mk_type type, const mk_adam *h, void *parameter, const void *gradient, void *m, void *v, void *maximum, ptrdiff_t n) {
  BY_FLOATING(type, adam, h, parameter, gradient, m, v, maximum, n)
}
