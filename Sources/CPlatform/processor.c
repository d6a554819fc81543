// The processor: floating-point mode, pauses, features, and the number of processors.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int mk_forced_level(void) {
  // 0 until the environment has been read, then the level plus 2.
  static _Atomic int known;
  if (known) return known - 2;
  const char *name = getenv("MARTLET_LEVEL");
  int level = -1;
  if (name && *name) {
    if (!strcmp(name, "x86-64-v4")) level = 4;
    else if (!strcmp(name, "x86-64-v3")) level = 3;
    else if (!strcmp(name, "default")) level = 0;
    else {
      fprintf(stderr, "Martlet: MARTLET_LEVEL: expected x86-64-v4, x86-64-v3 or default, got %s\n", name);
      abort();
    }
  }
  known = level + 2;
  return level;
}

#if defined(MARTLET_X86)
#include <immintrin.h>

enum { FLUSH = 0x8000 | 0x40 };  // flush to zero, denormals are zero

uint32_t mk_flush_denormals(void) {
  const uint32_t mode = _mm_getcsr();
  if ((mode & FLUSH) != FLUSH) _mm_setcsr(mode | FLUSH);
  return mode;
}

void mk_restore_float_mode(uint32_t mode) {
  // Writing the register is slow, and nobody reads the exception flags in it.
  if ((mode & FLUSH) != FLUSH) _mm_setcsr(mode);
}

uint32_t mk_keep_denormals(void) {
  const uint32_t mode = _mm_getcsr();
  if (mode & FLUSH) _mm_setcsr(mode & ~(uint32_t)FLUSH);
  return mode;
}

void mk_end_keeping(uint32_t mode) {
  if (mode & FLUSH) _mm_setcsr(mode);
}

bool mk_can_flush_denormals(void) { return true; }

void mk_pause(void) { _mm_pause(); }

uint32_t mk_processor_features(void) {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
    && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vl");
  const bool bf16 = avx512 && __builtin_cpu_supports("avx512bf16");
  const int level = mk_forced_level();
  const uint32_t allowed = level == 0 ? 0 : level == 3 ? 1 : ~(uint32_t)0;
  return ((uint32_t)avx2 | (uint32_t)avx512 << 1 | (uint32_t)bf16 << 2) & allowed;
}

#elif defined(MARTLET_ARM)

enum { FLUSH = 1 << 24 };

uint32_t mk_flush_denormals(void) {
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  if (!(mode & FLUSH)) __asm__ volatile("msr fpcr, %0" : : "r"(mode | FLUSH));
  return (uint32_t)mode;
}

void mk_restore_float_mode(uint32_t mode) {
  if (!(mode & FLUSH)) __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)mode));
}

uint32_t mk_keep_denormals(void) {
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  if (mode & FLUSH) __asm__ volatile("msr fpcr, %0" : : "r"(mode & ~(uint64_t)FLUSH));
  return (uint32_t)mode;
}

void mk_end_keeping(uint32_t mode) {
  if (mode & FLUSH) __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)mode));
}

bool mk_can_flush_denormals(void) { return true; }

void mk_pause(void) { __asm__ volatile("yield"); }

uint32_t mk_processor_features(void) { return 0; }

#else

uint32_t mk_flush_denormals(void) { return 0; }
void mk_restore_float_mode(uint32_t mode) { (void)mode; }
uint32_t mk_keep_denormals(void) { return 0; }
void mk_end_keeping(uint32_t mode) { (void)mode; }
bool mk_can_flush_denormals(void) { return false; }
void mk_pause(void) {}
uint32_t mk_processor_features(void) { return 0; }

#endif

int mk_kernel_level(void) {
#if defined(MARTLET_LEVELS)
  // The loader's resolver of CLONES asks the same.
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return 4;
  if (__builtin_cpu_supports("x86-64-v3")) return 3;
  return 0;
#else
  return -1;
#endif
}

size_t mk_second_level_cache(void) {
#if defined(MARTLET_LINUX)
  const long size = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return size > 0 ? (size_t)size : 0;
#else
  return 0;
#endif
}

int mk_available_processors(void) {
#if defined(MARTLET_LINUX)
  // The call fails where there are more processors than a cpu_set_t holds.
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

int mk_machine_processors(void) {
  const long configured = sysconf(_SC_NPROCESSORS_CONF);
  return configured > 0 ? (int)configured : 1;
}
