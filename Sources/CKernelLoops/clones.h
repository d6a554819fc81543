// How the kernels are compiled: once per CPU level, the level chosen by the loader.
#ifndef MARTLET_CLONES_H
#define MARTLET_CLONES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <CPlatform.h>

// Only on static functions: exported clones crash in shared libraries.
// Not plain `target`: the level's tuning would keep to 256-bit vectors.
#if defined(MARTLET_LEVELS)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

#define INLINE static inline __attribute__((always_inline))

// A loop whose result may be exactly an operand: no element depends on another one.
#define IN_PLACE _Pragma("clang loop vectorize(assume_safety)")
// The same for long bodies, W elements (16 or 8) at a time: more would only spill registers. The last few are one masked
// vector, since up to W - 1 elements one by one would take several times as long.
#define EACH(W, i, n, ...) \
  { \
    const ptrdiff_t whole_ = (n) - (n) % W; \
    FULL_##W for (ptrdiff_t i = 0; i < whole_; i++) __VA_ARGS__ \
    MASKED_##W for (ptrdiff_t i = whole_; i < (n); i++) __VA_ARGS__ \
  }
#define FULL_16 _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(1)")
#define FULL_8 _Pragma("clang loop vectorize(assume_safety) vectorize_width(8) interleave_count(1)")
#if defined(MARTLET_X86)
#define MASKED_16 \
  _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(1) vectorize_predicate(enable)")
#define MASKED_8 \
  _Pragma("clang loop vectorize(assume_safety) vectorize_width(8) interleave_count(1) vectorize_predicate(enable)")
#else
#define MASKED_16 _Pragma("clang loop vectorize(disable)")
#define MASKED_8 _Pragma("clang loop vectorize(disable)")
#endif

// Elements seen as bytes of a size alone, whatever their type.
typedef uint8_t __attribute__((may_alias)) raw_8;
typedef uint16_t __attribute__((may_alias)) raw_16;
typedef uint32_t __attribute__((may_alias)) raw_32;
typedef uint64_t __attribute__((may_alias)) raw_64;

// Elements that strided operands are packed into at a time.
enum { TILE = 512 };

#endif
