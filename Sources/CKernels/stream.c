// Elementwise operations and copies whose results go past the caches.
#include "stream.h"

#include "include/copy.h"
#include "include/elementwise.h"

static CLONES void write_tile(const char *tile, char *y, ptrdiff_t bytes) { stream_lines(tile, y, bytes); }

// A tile of the result is computed in the first cache; the first one is short, so that the others begin at a line.
#define IN_TILES(...) \
  { \
    _Alignas(LINE) char tile[STREAM_TILE]; \
    ptrdiff_t count = bytes_to_line(y) / size; \
    if (count == 0) count = STREAM_TILE / size; \
    for (ptrdiff_t i = 0; i < n; i += count, count = STREAM_TILE / size) { \
      if (count > n - i) count = n - i; \
      __VA_ARGS__ \
      write_tile(tile, (char *)y + i * size, count * size); \
    } \
    stream_end(); \
  }

void mk_unary_streamed(mk_unary_op op, mk_type type, const void *x, ptrdiff_t xs, void *y, ptrdiff_t n) {
  const ptrdiff_t size = (ptrdiff_t)size_of_type(type);
  IN_TILES(mk_unary(op, type, (const char *)x + i * xs * size, xs, tile, count);)
}

bool mk_binary_streamed(mk_binary_op op, mk_type type, const void *a, ptrdiff_t as, const void *b, ptrdiff_t bs, void *y, ptrdiff_t n) {
  const ptrdiff_t size = (ptrdiff_t)size_of_type(type);
  bool defined = true;
  IN_TILES(defined &= mk_binary(op, type, (const char *)a + i * as * size, as, (const char *)b + i * bs * size, bs, tile, count);)
  return defined;
}

void mk_copy_streamed(size_t element, const void *x, ptrdiff_t xs, void *y, ptrdiff_t n) {
  const ptrdiff_t size = (ptrdiff_t)element;
  if (n <= 0) return;
  if (xs != 1) {
    IN_TILES(mk_copy(element, (const char *)x + i * xs * size, xs, tile, count);)
    return;
  }
  const ptrdiff_t bytes = n * size, head = bytes_to_line(y) < bytes ? bytes_to_line(y) : bytes;
  memcpy(y, x, (size_t)head);
  write_tile((const char *)x + head, (char *)y + head, bytes - head);
  stream_end();
}
