// What matmul.c and the files of the levels share.
#ifndef MARTLET_MATMUL_LEVELS_H
#define MARTLET_MATMUL_LEVELS_H
#include "clones.h"
#include "families.h"
#include "matmul.h"

enum {
  DEPTH = 256,            // of a block of k: a strip of A stays in the first-level cache
  HALF_CACHE = 16 << 10,  // bytes: half of the first-level cache
  PAGE = 4096,
};

#define UNROLL _Pragma("clang loop unroll(full)")

// The number of parts of k: as few as possible, of at most DEPTH each.
INLINE ptrdiff_t parts_of(ptrdiff_t k) { return (k + DEPTH - 1) / DEPTH; }

// The most bytes of a packed block of B, which stays in the second-level cache.
ptrdiff_t mk_matmul_block_bytes(void);

// The kernels of a level, for both scalar types.
typedef struct mk_matmul_kernels {
  void (*direct)(const mk_product *q);
  void (*packed)(const mk_product *q, void *workspace);
  void (*dot)(const mk_product *q);
} mk_matmul_kernels;
extern const mk_matmul_kernels mk_matmul_avx512, mk_matmul_avx2;

// Defines these of a level.
#define MATMUL_KERNELS(NAME) \
  static void direct(const mk_product *q) { BY_FLOATING(q->type, direct, q) } \
  static void packed(const mk_product *q, void *workspace) { BY_FLOATING(q->type, packed, q, workspace) } \
  static void dot(const mk_product *q) { BY_FLOATING(q->type, dot, q) } \
  const mk_matmul_kernels NAME = {direct, packed, dot};
#endif
