// What the machine can do at most: the kernels that its limits are measured with.
#ifndef MARTLET_MACHINE_H
#define MARTLET_MACHINE_H
#include "types.h"

// The counts of 64-byte vectors that mk_multiply_add takes, by index, then 0: which one fills the arithmetic units depends on
// their latency, and on how many registers there are.
int mk_multiply_add_count(int index);
// x[i] = x[i] * factor + addend, `repeats` times, on `vectors` × 64 bytes of float32 or float64 that stay in registers.
// Returns false for a count that is not in the list.
bool mk_multiply_add(mk_type type, int vectors, void *x, double factor, double addend, ptrdiff_t repeats);
// a[i] = b[i] + factor * c[i], STREAM's triad. Streaming stores do not read the lines that they fill; they take n in multiples of
// 16, and `a` aligned to 64 bytes.
void mk_triad(bool streaming, float *a, const float *b, const float *c, float factor, ptrdiff_t n);
#endif
