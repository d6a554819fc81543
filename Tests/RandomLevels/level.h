// The sources of the kernels once more. LEVEL is the suffix of the functions' names; TARGET, where it is defined, what
// they are compiled for.
#define MARTLET_ONE_LEVEL
#define JOINED(a, b) a##_##b
#define JOIN(a, b) JOINED(a, b)
#define mk_philox_block JOIN(philox_block, LEVEL)
#define mk_random_uniform JOIN(random_uniform, LEVEL)
#define mk_random_normal JOIN(random_normal, LEVEL)
#define mk_random_integers JOIN(random_integers, LEVEL)
#define mk_random_bernoulli JOIN(random_bernoulli, LEVEL)
#define mk_random_exp JOIN(random_exp, LEVEL)
#define mk_random_permutation JOIN(random_permutation, LEVEL)
#define mk_random_sample JOIN(random_sample, LEVEL)
#define mk_random_between JOIN(random_between, LEVEL)
#define mk_first_outside JOIN(first_outside, LEVEL)
#define mk_first_bad_weights JOIN(first_bad_weights, LEVEL)
#define mk_weights_of_logits JOIN(weights_of_logits, LEVEL)
#define mk_weight_sums JOIN(weight_sums, LEVEL)
#define mk_weight_shares JOIN(weight_shares, LEVEL)
#define mk_random_categorical JOIN(random_categorical, LEVEL)
#define mk_random_multinomial JOIN(random_multinomial, LEVEL)
#define mk_random_dirichlet JOIN(random_dirichlet, LEVEL)

#if defined(__x86_64__)
#if defined(TARGET)
#pragma clang attribute push(__attribute__((target(TARGET))), apply_to = function)
#endif
#include "../../Sources/CKernelLoops/random.c"
#include "../../Sources/CKernelLoops/sample.c"
#include "include/RandomLevels.h"

const random_level *JOIN(random_level, LEVEL)(void) {
  static const random_level level = {
    mk_random_uniform, mk_random_normal, mk_random_exp, mk_random_permutation, mk_random_sample, mk_random_dirichlet,
  };
  return &level;
}
#if defined(TARGET)
#pragma clang attribute pop
#endif
#else
#include "include/RandomLevels.h"
const random_level *JOIN(random_level, LEVEL)(void) { return NULL; }
#endif
