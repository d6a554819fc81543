// How far the kernels' elementwise functions are from the true values, in units in the last place (ULP).
//
// The unit is the distance between neighbouring numbers of the type at the true value. References: for float32 C's double
// functions, for float64 its long double ones (where those are wider). Kernels run as the library runs them, with
// denormals flushed: a denormal argument counts as 0, and a result whose true value is below the normal range may be
// anything up to the least normal number. Functions of the form x f(x) (gelu, geluTanh, silu, mish) may be 0 where f(x)
// is below the normal range. lgamma and digamma have
// zeros at negative numbers where the value is a difference: there the unit is at least that of 1.
#ifndef MARTLET_ACCURACY_H
#define MARTLET_ACCURACY_H
#include "CKernels.h"

typedef struct accuracy {
  double worst, worst_at;  // the largest error in ULP, and the argument where it occurs
  double sum;              // of all errors
  uint64_t count;
  // NaN for a number or the reverse, infinity for a number that is not at the end of the range, or the reverse, and
  // true values below the normal range that gave more than that.
  uint64_t faults;
  double fault_at;
} accuracy;

// Functions whose error is looked at: the others are exact, or correctly rounded by the processor.
bool accuracy_has(mk_unary_op op);
// The function's true value for a float, to about a double's precision.
double accuracy_reference(mk_unary_op op, double x);

// Adds the errors of op for every normal float32 whose bit pattern is in first ..< last, step by step.
void accuracy_walk_f32(mk_unary_op op, uint64_t first, uint64_t last, uint64_t step, accuracy *a);
// Adds the errors of op for `mantissas` random numbers of each sign and exponent of the type, and `dense` of those from
// 2^-8 up to 2^8 in magnitude.
void accuracy_sample(mk_unary_op op, mk_type type, int mantissas, int dense, uint64_t seed, accuracy *a);
// Whether there is a wider type to hold float64 against.
bool accuracy_has_wide_reference(void);
#endif
