// One optimiser step over a run of parameters, float32 or float64 (hyperparameters in double, rounded once). The caller
// has denormals flushed.
#ifndef MARTLET_OPTIMISE_H
#define MARTLET_OPTIMISE_H
#include "types.h"

typedef struct mk_sgd {
  double learning_rate, momentum, weight_decay, dampening;
  bool nesterov;
  bool first_step;  // the velocity is set to the gradient, as PyTorch does
} mk_sgd;
// velocity may be null when momentum is 0. Formula: torch.optim.SGD.
void mk_sgd_step(mk_type type, const mk_sgd *h, void *parameter, const void *gradient, void *velocity, ptrdiff_t n);

typedef struct mk_adam {
  double learning_rate, beta1, beta2, epsilon, weight_decay;
  double correction1, correction2;  // 1 - beta1^t, 1 - beta2^t
  bool decoupled;  // AdamW: parameter *= 1 - learning_rate * weight_decay before the step
} mk_adam;
// Formula: torch.optim.Adam / AdamW: p -= learning_rate / correction1 * m / (sqrt(v) / sqrt(correction2) + epsilon).
// `maximum` is the running maximum of v for AMSGrad, or null.
void mk_adam_step(mk_type type, const mk_adam *h, void *parameter, const void *gradient, void *m, void *v, void *maximum, ptrdiff_t n);
#endif
