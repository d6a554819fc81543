// Convolution along one dimension.
#ifndef MARTLET_CONVOLVE_H
#define MARTLET_CONVOLVE_H
#include "types.h"

// y[i] = sum over j of w[j] * x[first + i - j], for i from 0 to count - 1, where x is 0 outside of its n elements; w has
// m elements. Numeric types; float32 is summed in double, integers wrap.
void mk_convolve(mk_type type, const void *x, ptrdiff_t n, const void *w, ptrdiff_t m, ptrdiff_t first, void *y, ptrdiff_t count);
#endif
