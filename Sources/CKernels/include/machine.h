// Kernels that measure the limits of the machine.
#ifndef MARTLET_MACHINE_H
#define MARTLET_MACHINE_H
#include "types.h"

// The numbers of 64-byte vectors that mk_multiply_add takes, by index; 0 ends the list. Which one fills the arithmetic
// units depends on their latency, and on how many registers there are.
int mk_multiply_add_count(int index);
// x[i] = x[i] * factor + addend, `repeats` times, on `vectors` × 64 bytes of float32 or float64 that stay in registers.
// Returns false for a count that is not in the list.
bool mk_multiply_add(mk_type type, int vectors, void *x, double factor, double addend, ptrdiff_t repeats);
// a[i] = b[i] + factor * c[i], the triad of the STREAM benchmark. Streaming stores do not read the cache lines that
// they fill; they need n to be a multiple of 16 and `a` to be aligned to 64 bytes.
void mk_triad(bool streaming, float *a, const float *b, const float *c, float factor, ptrdiff_t n);
#endif
