// Matrix products: on the operands as they are stored, on packed operands, and by dot products, at the product's level.
#include "matmul_levels.h"

#if defined(MARTLET_X86)

int mk_matmul_level(void) {
  const uint32_t features = mk_processor_features();
  return features & 2 ? 4 : features & 1 ? 3 : 0;
}

ptrdiff_t mk_matmul_block_bytes(void) {
  static _Atomic ptrdiff_t known;
  if (!known) {
    // 768 columns of 256 floats, which are as good with 1 MiB as with 2; less where the cache is smaller.
    const ptrdiff_t most = 768 * DEPTH * 4, cache = (ptrdiff_t)mk_second_level_cache(), part = cache / 4 * 3;
    known = cache == 0 || part > most ? most : part < most / 4 ? most / 4 : part;
  }
  return known;
}

// Not CLONES, because tests choose a level that the loader did not.
static const mk_matmul_kernels *kernels_of(const mk_product *q) {
  if (q->level == 4) return &mk_matmul_avx512;
  if (q->level == 3) return &mk_matmul_avx2;
  __builtin_trap();
}

// Applies the activations that the kernels do not apply themselves.
static void finish(const mk_product *q) {
  if (q->activation >= MK_EPILOGUE_TANH) mk_finish_panel(q->type, q->activation, 0, q->c, q->c_row, q->m, q->n);
}

void mk_matmul_direct(const mk_product *q) {
  kernels_of(q)->direct(q);
  finish(q);
}

void mk_matmul_packed(const mk_product *q, void *workspace) {
  kernels_of(q)->packed(q, workspace);
  finish(q);
}

size_t mk_matmul_workspace(const mk_product *q) {
  const size_t size = size_of_type(q->type), width = 256 / size;
  size_t columns = ((size_t)q->n + width - 1) / width * width;
  const size_t most = (size_t)mk_matmul_block_bytes() / DEPTH / size;
  if (columns > most) columns = most;
  // A strip of A is at most 16 wide.
  return (16 + columns) * DEPTH * size;
}

void mk_matmul_dot(const mk_product *q) {
  kernels_of(q)->dot(q);
  finish(q);
}

#else

int mk_matmul_level(void) { return 0; }
void mk_matmul_direct(const mk_product *q) { (void)q; }
void mk_matmul_packed(const mk_product *q, void *workspace) { (void)q, (void)workspace; }
size_t mk_matmul_workspace(const mk_product *q) { return (void)q, 0; }
void mk_matmul_dot(const mk_product *q) { (void)q; }

#endif
