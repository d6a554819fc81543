// The kernels of random numbers for one x86-64 level each. In a program the loader chooses one level for all; here a
// test calls several, as far as the processor knows them (mk_processor_features).
#ifndef RANDOM_LEVELS_H
#define RANDOM_LEVELS_H

#include <CKernels.h>

typedef struct {
  __typeof__(mk_random_uniform) *uniform;
  __typeof__(mk_random_normal) *normal;
  __typeof__(mk_random_exp) *exp;
  __typeof__(mk_random_permutation) *permutation;
  __typeof__(mk_random_sample) *sample;
  __typeof__(mk_random_dirichlet) *dirichlet;
} random_level;

// Compiled for the compiler's default level, for x86-64-v3 and for x86-64-v4; NULL on other processors.
const random_level *random_level_default(void);
const random_level *random_level_3(void);
const random_level *random_level_4(void);

#endif
