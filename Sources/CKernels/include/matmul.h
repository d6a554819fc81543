// Matrix products by Martlet's own kernels, for processors with AVX-512, or AVX2 and FMA: C = A · B, with a bias and an activation.
#ifndef MARTLET_MATMUL_H
#define MARTLET_MATMUL_H
#include "elementwise.h"
#include "types.h"

// C (m × n, row i at c + i * c_row) = activation(A (m × k) · B (k × n) + bias), of float32 or float64. An element of A
// is at a[i * a_row + p * a_column], of B at b[p * b_row + j * b_column]. bias may be null. k is at least 1.
typedef struct mk_product {
  const void *a, *b, *bias;
  void *c;
  ptrdiff_t m, n, k;
  ptrdiff_t a_row, a_column, b_row, b_column, c_row;
  mk_type type;
  mk_epilogue activation;
  int8_t level;  // of the kernels: mk_matmul_level(), or one below; integers have no levels
} mk_product;

// The x86-64 level of the best kernels that this processor can run: 4 (AVX-512), 3 (AVX2 and FMA), or 0 where there are
// none. Without any, only mk_matmul_integers is to be called.
int mk_matmul_level(void);

// Every element's sum is taken in the order of k, in blocks that depend on k alone: it has the same bits in whatever
// part of the product it is computed, at any level, and whether B is packed or not.

// Without packing: for products so small, or with so few rows or columns, that packing would cost more than it gains.
// b_column is 1.
void mk_matmul_direct(const mk_product *product);
// Packs B in blocks, and A in strips where its columns lie a page or more apart, into `workspace`, which has
// mk_matmul_workspace bytes, aligned to 64. Each operand has a stride of 1 along one axis.
void mk_matmul_packed(const mk_product *product, void *workspace);
size_t mk_matmul_workspace(const mk_product *product);
// Dot products of A's rows and B's columns, both contiguous (a_column and b_row are 1): for few rows or few columns.
// Here too an element's bits are the same in every part of the product, but they differ from those of the kernels
// above.
void mk_matmul_dot(const mk_product *product);
// Of integers, which wrap around, on every processor; with any strides, a k of 0, and no bias or activation.
void mk_matmul_integers(const mk_product *product);
#endif
