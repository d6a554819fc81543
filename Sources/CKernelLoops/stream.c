// Elementwise operations and copies of several rows, with ordinary or streaming stores.
#include "stream.h"

#include "families.h"
#include "copy.h"
#include "elementwise.h"

static CLONES void write_tile(const char *tile, char *y, ptrdiff_t bytes) { stream_lines(tile, y, bytes); }

// Rows of up to SHORT_ROW elements are computed many at a time: a call for each would cost more than its elements.
enum { SHORT_ROW = 128 };
INLINE bool are_short(ptrdiff_t rows, ptrdiff_t n) { return rows > 1 && n <= SHORT_ROW; }

// y[r * n + i] = x[r * xr + i * xs]
#define PACK(BITS) \
  static CLONES void pack_##BITS(const raw_##BITS *restrict x, ptrdiff_t xs, ptrdiff_t xr, raw_##BITS *restrict y, ptrdiff_t rows, ptrdiff_t n) { \
    for (ptrdiff_t r = 0; r < rows; r++, x += xr, y += n) { \
      if (xs == 1) for (ptrdiff_t i = 0; i < n; i++) y[i] = x[i]; \
      else if (xs == 0) for (ptrdiff_t i = 0; i < n; i++) y[i] = *x; \
      else for (ptrdiff_t i = 0; i < n; i++) y[i] = x[i * xs]; \
    } \
  }
PACK(8)
PACK(16)
PACK(32)
PACK(64)

static void pack(ptrdiff_t size, const void *x, ptrdiff_t xs, ptrdiff_t xr, void *y, ptrdiff_t rows, ptrdiff_t n) {
  BY_SIZE((size_t)size, pack, x, xs, xr, y, rows, n)
}

// Where row r of an operand begins.
#define ROW(x, xr) ((const char *)(x) + r * (xr) * size)

// The next rows of an operand, contiguous: where they are stored, or packed. One row that serves for all is packed only
// once.
#define IN_ORDER(x, xs, xr, packed) \
  (xs == 1 && xr == n ? ROW(x, xr) : ((xr != 0 || r == 0) ? pack(size, ROW(x, xr), xs, xr, packed, count, n) : (void)0, packed))

static void unary_rows(mk_unary_op op, mk_type type, const void *x, ptrdiff_t xs, ptrdiff_t xr, void *y, ptrdiff_t rows, ptrdiff_t n) {
  const ptrdiff_t size = (ptrdiff_t)size_of_type(type);
  if (!are_short(rows, n)) {
    for (ptrdiff_t r = 0; r < rows; r++) mk_unary(op, type, ROW(x, xr), xs, (char *)y + r * n * size, n);
    return;
  }
  _Alignas(LINE) char packed[TILE * 8];
  const ptrdiff_t most = TILE / n;
  for (ptrdiff_t r = 0; r < rows; r += most) {
    const ptrdiff_t count = most < rows - r ? most : rows - r;
    mk_unary(op, type, IN_ORDER(x, xs, xr, packed), 1, (char *)y + r * n * size, count * n);
  }
}

static bool binary_rows(
  mk_binary_op op, mk_type type, const void *a, ptrdiff_t as, ptrdiff_t ar, const void *b, ptrdiff_t bs, ptrdiff_t br, void *y,
  ptrdiff_t rows, ptrdiff_t n) {
  const ptrdiff_t size = (ptrdiff_t)size_of_type(type);
  bool defined = true;
  if (!are_short(rows, n)) {
    for (ptrdiff_t r = 0; r < rows; r++) defined &= mk_binary(op, type, ROW(a, ar), as, ROW(b, br), bs, (char *)y + r * n * size, n);
    return defined;
  }
  _Alignas(LINE) char left[TILE * 8], right[TILE * 8];
  const ptrdiff_t most = TILE / n;
  for (ptrdiff_t r = 0; r < rows; r += most) {
    const ptrdiff_t count = most < rows - r ? most : rows - r;
    const void *u = IN_ORDER(a, as, ar, left), *v = IN_ORDER(b, bs, br, right);
    defined &= mk_binary(op, type, u, 1, v, 1, (char *)y + r * n * size, count * n);
  }
  return defined;
}

static void copy_rows(ptrdiff_t size, const void *x, ptrdiff_t xs, ptrdiff_t xr, void *y, ptrdiff_t rows, ptrdiff_t n) {
  if (are_short(rows, n)) {
    pack(size, x, xs, xr, y, rows, n);
    return;
  }
  for (ptrdiff_t r = 0; r < rows; r++) mk_copy((size_t)size, ROW(x, xr), xs, (char *)y + r * n * size, n);
}

// Computes the result in tiles that stay in the first-level cache, each from as many rows as it takes, and streams
// them. The first tile is short, so that the others begin at a cache line. The statement computes `lines` rows of
// `count` elements into `out`, from element i of row r on.
#define IN_TILES(...) \
  { \
    _Alignas(LINE) char tile[STREAM_TILE]; \
    const ptrdiff_t total = rows * n; \
    ptrdiff_t room = bytes_to_line(y) / size, r = 0, i = 0; \
    if (room == 0) room = STREAM_TILE / size; \
    for (ptrdiff_t done = 0; done < total; done += room, room = STREAM_TILE / size) { \
      if (room > total - done) room = total - done; \
      for (ptrdiff_t filled = 0; filled < room;) { \
        const ptrdiff_t left = room - filled; \
        const ptrdiff_t lines = i == 0 && left >= n ? left / n : 1; \
        const ptrdiff_t count = n - i < left ? n - i : left; \
        char *out = tile + filled * size; \
        __VA_ARGS__ \
        filled += lines * count; \
        i += count; \
        if (i == n) i = 0, r += lines; \
      } \
      write_tile(tile, (char *)y + done * size, room * size); \
    } \
    stream_end(); \
  }

// Streams a row of an arithmetic operation, which needs no tile; the elements at its ends that fill no group are stored
// as usual.
static void stream_row(
  mk_binary_op op, mk_type type, const char *a, ptrdiff_t as, const char *b, ptrdiff_t bs, char *y, ptrdiff_t n) {
  const ptrdiff_t size = (ptrdiff_t)size_of_type(type), head = bytes_to_line(y) / size < n ? bytes_to_line(y) / size : n;
  mk_binary(op, type, a, as, b, bs, y, head);
  const ptrdiff_t end =
    head + stream_arithmetic(op, type, a + head * as * size, as, b + head * bs * size, bs, y + head * size, n - head);
  mk_binary(op, type, a + end * as * size, as, b + end * bs * size, bs, y + end * size, n - end);
}

void mk_unary_rows(
  bool streams, mk_unary_op op, mk_type type, const void *x, ptrdiff_t xs, ptrdiff_t xr, void *y, ptrdiff_t rows, ptrdiff_t n) {
  const ptrdiff_t size = (ptrdiff_t)size_of_type(type);
  if (n <= 0) return;
  if (streams) IN_TILES(unary_rows(op, type, ROW(x, xr) + i * xs * size, xs, xr, out, lines, count);)
  else unary_rows(op, type, x, xs, xr, y, rows, n);
}

bool mk_binary_rows(
  bool streams, mk_binary_op op, mk_type type, const void *a, ptrdiff_t as, ptrdiff_t ar, const void *b, ptrdiff_t bs, ptrdiff_t br,
  void *y, ptrdiff_t rows, ptrdiff_t n) {
  const ptrdiff_t size = (ptrdiff_t)size_of_type(type);
  if (n <= 0) return true;
  if (!streams) return binary_rows(op, type, a, as, ar, b, bs, br, y, rows, n);
  bool defined = true;
  if (!are_short(rows, n) && streams_arithmetic(op, type, as, bs)) {
    for (ptrdiff_t r = 0; r < rows; r++) stream_row(op, type, ROW(a, ar), as, ROW(b, br), bs, (char *)y + r * n * size, n);
    stream_end();
    return true;
  }
  IN_TILES(
    defined &= binary_rows(op, type, ROW(a, ar) + i * as * size, as, ar, ROW(b, br) + i * bs * size, bs, br, out, lines, count);)
  return defined;
}

void mk_copy_rows(bool streams, size_t element, const void *x, ptrdiff_t xs, ptrdiff_t xr, void *y, ptrdiff_t rows, ptrdiff_t n) {
  const ptrdiff_t size = (ptrdiff_t)element, bytes = n * size;
  if (n <= 0) return;
  if (!streams) {
    copy_rows(size, x, xs, xr, y, rows, n);
    return;
  }
  if (xs != 1 || bytes < STREAM_TILE) {
    IN_TILES(copy_rows(size, ROW(x, xr) + i * xs * size, xs, xr, out, lines, count);)
    return;
  }
  for (ptrdiff_t r = 0; r < rows; r++) {
    char *out = (char *)y + r * bytes;
    const ptrdiff_t head = bytes_to_line(out);
    memcpy(out, ROW(x, xr), (size_t)head);
    write_tile(ROW(x, xr) + head, out + head, bytes - head);
  }
  stream_end();
}
