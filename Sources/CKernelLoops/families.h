// The code for a scalar type or an element size is chosen here and nowhere else. A type or size that a kernel does not
// support stops the program: read as another type, it would silently give wrong numbers.
#ifndef MARTLET_FAMILIES_H
#define MARTLET_FAMILIES_H

#include "types.h"

// A kernel exists once for each scalar type, as NAME_f32, NAME_f64 and so on. BY_FLOATING(type, softmax, x, y) calls
// the one for `type`. A `return` before the name returns its result.
#define BY_FLOATING(type, NAME, ...) \
  switch (type) { \
    FLOATING_CALLS(NAME, __VA_ARGS__) \
    default: mk_unsupported_type(__func__, type); \
  }
#define BY_NUMERIC(type, NAME, ...) \
  switch (type) { \
    FLOATING_CALLS(NAME, __VA_ARGS__) \
    INTEGER_CALLS(NAME, __VA_ARGS__) \
    default: mk_unsupported_type(__func__, type); \
  }
#define BY_INTEGER(type, NAME, ...) \
  switch (type) { \
    INTEGER_CALLS(NAME, __VA_ARGS__) \
    default: mk_unsupported_type(__func__, type); \
  }
// Bool is computed as uint8.
#define BY_NUMERIC_OR_BOOL(type, NAME, ...) \
  switch (type) { \
    FLOATING_CALLS(NAME, __VA_ARGS__) \
    INTEGER_CALLS(NAME, __VA_ARGS__) \
    case MK_BOOL: NAME##_u8(__VA_ARGS__); break; \
    default: mk_unsupported_type(__func__, type); \
  }
// The types that are stored and converted, but not computed with.
#define BY_HALF(type, NAME, ...) \
  switch (type) { \
    case MK_FLOAT16: NAME##_f16(__VA_ARGS__); break; \
    case MK_BFLOAT16: NAME##_bf16(__VA_ARGS__); break; \
    default: mk_unsupported_type(__func__, type); \
  }
// NAME_8, NAME_16, NAME_32 or NAME_64, for elements of `size` bytes whatever their type.
#define BY_SIZE(size, NAME, ...) \
  switch (size) { \
    case 1: NAME##_8(__VA_ARGS__); break; \
    case 2: NAME##_16(__VA_ARGS__); break; \
    case 4: NAME##_32(__VA_ARGS__); break; \
    case 8: NAME##_64(__VA_ARGS__); break; \
    default: mk_unsupported_size(__func__, size); \
  }
// The element sizes for which there are streaming stores.
#define BY_WORD_SIZE(size, NAME, ...) \
  switch (size) { \
    case 4: NAME##_32(__VA_ARGS__); break; \
    case 8: NAME##_64(__VA_ARGS__); break; \
    default: mk_unsupported_size(__func__, size); \
  }

#define FLOATING_CALLS(NAME, ...) \
  case MK_FLOAT32: NAME##_f32(__VA_ARGS__); break; \
  case MK_FLOAT64: NAME##_f64(__VA_ARGS__); break;
#define INTEGER_CALLS(NAME, ...) \
  case MK_INT32: NAME##_i32(__VA_ARGS__); break; \
  case MK_INT64: NAME##_i64(__VA_ARGS__); break; \
  case MK_UINT8: NAME##_u8(__VA_ARGS__); break;

// Stop the program with a message that names the kernel.
_Noreturn void mk_unsupported_type(const char *kernel, unsigned type) __attribute__((cold));
_Noreturn void mk_unsupported_size(const char *kernel, size_t size) __attribute__((cold));

static inline bool is_floating(mk_type type) { return type == MK_FLOAT32 || type == MK_FLOAT64; }
static inline bool is_half(mk_type type) { return type == MK_FLOAT16 || type == MK_BFLOAT16; }

// The size of an element in bytes.
#define size_of_type(type) size_of_type_in(__func__, type)
static inline __attribute__((always_inline)) size_t size_of_type_in(const char *kernel, unsigned type) {
  static const uint8_t sizes[] = {4, 8, 4, 8, 1, 1, 2, 2};
  if (type >= sizeof sizes) mk_unsupported_type(kernel, type);
  return sizes[type];
}

#endif
