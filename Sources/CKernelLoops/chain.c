// Chains of cheap operations, a strip of a row at a time: the strip stays in registers from the first link to the last,
// so that a link costs its arithmetic and a jump.
#include "chain.h"

#include "families.h"
#include "stream.h"

// The operations with one operand v and with two, u and v. Comparisons make vectors of masks.
#define UNARY(DO) \
  DO(MK_NEGATE, -v) \
  DO(MK_ABS, __builtin_elementwise_abs(v)) \
  DO(MK_SQUARE, v * v) \
  DO(MK_RECIPROCAL, 1 / v) \
  DO(MK_SQRT, __builtin_elementwise_sqrt(v)) \
  DO(MK_RELU, UNLESS(v <= 0, v))
#define BINARY(DO) \
  DO(MK_ADD, u + v) \
  DO(MK_SUBTRACT, u - v) \
  DO(MK_MULTIPLY, u * v) \
  DO(MK_DIVIDE, u / v) \
  DO(MK_LEAKY_RELU, CHOOSE(u > 0, u, v * u)) \
  DO(MK_RELU_BACKWARD, UNLESS(v <= 0, u)) \
  DO(MK_TANH_BACKWARD, u * (1 - v * v)) \
  DO(MK_SIGMOID_BACKWARD, u * v * (1 - v))

#define UNLESS(mask, x) ((V)(~(mask) & (I)(x)))
#define CHOOSE(mask, x, y) ((V)(((mask) & (I)(x)) | (~(mask) & (I)(y))))

// The codes. A binary operation has five: each side of it an operand that is contiguous or a scalar, and both sides.
enum {
  NO_LINK, LOAD_VECTOR, LOAD_SCALAR, STORE, FETCH,
#define CODE(OP, ...) OP##_CODE,
  UNARY(CODE)
#undef CODE
#define CODE(OP, ...) OP##_FIRST_VECTOR, OP##_FIRST_SCALAR, OP##_SECOND_VECTOR, OP##_SECOND_SCALAR, OP##_BOTH,
  BINARY(CODE)
#undef CODE
  CODE_COUNT
};
_Static_assert(CODE_COUNT < 256, "a code is a byte");

uint8_t mk_link_code(mk_link_form form, uint8_t op, bool scalar) {
  switch (form) {
    case MK_LINK_LOAD: return scalar ? LOAD_SCALAR : LOAD_VECTOR;
    case MK_LINK_STORE: return scalar ? NO_LINK : STORE;
    case MK_LINK_FETCH: return scalar ? NO_LINK : FETCH;
    case MK_LINK_UNARY:
      switch (op) {
#define CODE(OP, ...) case OP: return OP##_CODE;
        UNARY(CODE)
#undef CODE
        default: return NO_LINK;
      }
    default:
      switch (op) {
#define CODE(OP, ...) \
  case OP: \
    return form == MK_LINK_BOTH ? OP##_BOTH : (form == MK_LINK_FIRST ? OP##_FIRST_VECTOR : OP##_SECOND_VECTOR) + scalar;
        BINARY(CODE)
#undef CODE
        default: return NO_LINK;
      }
  }
}

enum {
  VECTOR = 64,   // bytes
  AHEAD = 8192,  // bytes from an element to that which is fetched meanwhile: more than the processor does by itself
};
typedef float vector_f32 __attribute__((ext_vector_type(16)));
typedef double vector_f64 __attribute__((ext_vector_type(8)));
typedef int32_t mask_f32 __attribute__((ext_vector_type(16)));
typedef int64_t mask_f64 __attribute__((ext_vector_type(8)));
typedef vector_f32 unaligned_f32 __attribute__((aligned(4), may_alias));
typedef vector_f64 unaligned_f64 __attribute__((aligned(8), may_alias));

#define STRIP_OF(...) _Pragma("clang loop unroll(full)") for (int j = 0; j < STRIP; j++) { __VA_ARGS__ } break;
#define OPERAND (*(const UNALIGNED *)(p + j * VECTOR))
#define SCALAR ((V)*(const T *)starts[k])
#define UNARY_CASE(OP, ...) case OP##_CODE: STRIP_OF(const V v = x[j]; x[j] = __VA_ARGS__;)
#define BINARY_CASES(OP, ...) \
  case OP##_FIRST_VECTOR: STRIP_OF(const V u = x[j], v = OPERAND; x[j] = __VA_ARGS__;) \
  case OP##_FIRST_SCALAR: STRIP_OF(const V u = x[j], v = SCALAR; x[j] = __VA_ARGS__;) \
  case OP##_SECOND_VECTOR: STRIP_OF(const V u = OPERAND, v = x[j]; x[j] = __VA_ARGS__;) \
  case OP##_SECOND_SCALAR: STRIP_OF(const V u = SCALAR, v = x[j]; x[j] = __VA_ARGS__;) \
  case OP##_BOTH: STRIP_OF(const V u = x[j], v = u; x[j] = __VA_ARGS__;)

// A row of `bytes`, SIZE vectors at a time. The last strip overlaps the one before; where streaming stores begin at a
// cache line, `head` bytes from the row's first element, the first one is overlapped too.
#define ROW(NAME, SIZE) \
  INLINE void NAME(const mk_link *links, int count, const char *const *starts, ptrdiff_t head, ptrdiff_t bytes) { \
    enum { STRIP = SIZE, STEP = STRIP * VECTOR }; \
    if (head + STEP > bytes) head = 0; \
    for (ptrdiff_t at = 0;;) { \
      V x[STRIP] = {}; \
      for (int k = 0; k < count; k++) { \
        const char *p = starts[k] + at; \
        switch (links[k].code) { \
          UNARY(UNARY_CASE) \
          BINARY(BINARY_CASES) \
          case LOAD_VECTOR: STRIP_OF(x[j] = OPERAND;) \
          case LOAD_SCALAR: STRIP_OF(x[j] = SCALAR;) \
          case FETCH: STRIP_OF(__builtin_prefetch(p + AHEAD + j * VECTOR);) \
          case STORE: \
            if (links[k].streams && (uintptr_t)p % LINE == 0) { STRIP_OF(__builtin_nontemporal_store(x[j], (V *)p + j);) } \
            STRIP_OF(*((UNALIGNED *)p + j) = x[j];) \
          default: __builtin_unreachable(); \
        } \
      } \
      at = at == 0 && head > 0 ? head : at + STEP; \
      if (at >= bytes) return; \
      if (at + STEP > bytes) at = bytes - STEP; \
    } \
  }

#define ROWS(ROW) \
  const char *starts[MK_MOST_LINKS]; \
  for (ptrdiff_t r = 0; r < rows; r++) { \
    ptrdiff_t head = 0; \
    for (int k = 0; k < count; k++) { \
      starts[k] = links[k].memory + r * links[k].row; \
      if (links[k].streams) head = bytes_to_line(starts[k]); \
    } \
    ROW(links, count, starts, head, bytes); \
  }

// Eight vectors at a time, where there are 32 registers of 64 bytes. Not CLONES, since this is for one level; its
// features are named one by one, because naming a level limits vectors to 256 bits.
#if defined(MARTLET_X86)
#define WIDE_RUN(S) \
  ROW(wide_row_##S, 8) \
  static __attribute__((target("avx512f,avx512dq,avx512bw,avx512cd,avx512vl"))) void wide_run_##S( \
    const mk_link *links, int count, ptrdiff_t rows, ptrdiff_t bytes) { ROWS(wide_row_##S) }
#define IS_WIDE (mk_kernel_level() == 4)
#else
#define WIDE_RUN(S) \
  static void wide_run_##S(const mk_link *links, int count, ptrdiff_t rows, ptrdiff_t bytes) { run_##S(links, count, rows, bytes); }
#define IS_WIDE false
#endif

// Four vectors at a time: where vectors have 32 bytes they are half of the 16 registers.
#define RUN(S) \
  ROW(row_##S, 4) \
  static CLONES void run_##S(const mk_link *links, int count, ptrdiff_t rows, ptrdiff_t bytes) { ROWS(row_##S) } \
  WIDE_RUN(S)

#define T float
#define V vector_f32
#define I mask_f32
#define UNALIGNED unaligned_f32
RUN(f32)
#undef T
#undef V
#undef I
#undef UNALIGNED
#define T double
#define V vector_f64
#define I mask_f64
#define UNALIGNED unaligned_f64
RUN(f64)

void mk_run_links(mk_type type, const mk_link *links, int count, ptrdiff_t rows, ptrdiff_t n) {
  const ptrdiff_t bytes = n * (ptrdiff_t)size_of_type(type);
  if (IS_WIDE && bytes >= 8 * VECTOR) BY_FLOATING(type, wide_run, links, count, rows, bytes)
  else BY_FLOATING(type, run, links, count, rows, bytes)
  bool streams = false;
  for (int k = 0; k < count; k++) streams |= links[k].streams;
  if (streams) stream_end();
}
