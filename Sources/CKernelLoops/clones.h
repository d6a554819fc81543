// How the kernels are compiled: once for each x86-64 level, among which the loader chooses.
#ifndef MARTLET_CLONES_H
#define MARTLET_CLONES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <CPlatform.h>

// Only for static functions: exported clones crash in shared libraries. The attribute `target` would not do, because
// with it a level's tuning limits vectors to 256 bits.
#if defined(MARTLET_LEVELS)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

// Without debugging information of its own, which is copied with the function to wherever it is inlined and takes a
// tenth of the compiler's time.
#define INLINE static inline __attribute__((always_inline, nodebug))

// For a loop whose result may be exactly one of its operands (in place): no element depends on another.
#define IN_PLACE _Pragma("clang loop vectorize(assume_safety)")
// The same for loops with many instructions, W elements (16 or 8) at a time: more would only spill registers. On x86
// the last elements are one masked vector, because up to W - 1 elements one by one would take several times as long.
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

// Elements of a given number of bits, whatever their type.
typedef uint8_t __attribute__((may_alias)) raw_8;
typedef uint16_t __attribute__((may_alias)) raw_16;
typedef uint32_t __attribute__((may_alias)) raw_32;
typedef uint64_t __attribute__((may_alias)) raw_64;

// How many elements of a strided operand are packed at a time.
enum { TILE = 512 };

#endif
