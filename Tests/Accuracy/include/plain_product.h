// A matrix product in plain loops: in C, because a build of Swift for tests takes a hundred times as long over it.
#ifndef MARTLET_PLAIN_PRODUCT_H
#define MARTLET_PLAIN_PRODUCT_H
#include <stddef.h>

// c [m, n] += a [m, k] b [k, n], all row-major without gaps, summed in the order of k.
void plain_product(const double *a, const double *b, double *c, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k);
#endif
