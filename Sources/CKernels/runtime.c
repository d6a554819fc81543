// Floating-point mode, waiting, processors, thread-local slots.
#define _GNU_SOURCE
#include "runtime.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>

enum { FLUSH = 0x8000 | 0x40 };  // flush to zero, denormals are zero

uint32_t mk_flush_denormals(void) {
  const uint32_t mode = _mm_getcsr();
  if ((mode & FLUSH) != FLUSH) _mm_setcsr(mode | FLUSH);
  return mode;
}

void mk_restore_float_mode(uint32_t mode) {
  // Writing the register is slow, and the exception flags in it are no one's.
  if ((mode & FLUSH) != FLUSH) _mm_setcsr(mode);
}

void mk_pause(void) { _mm_pause(); }

uint32_t mk_processor_features(void) {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
    && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vl");
  const bool bf16 = avx512 && __builtin_cpu_supports("avx512bf16");
  return (uint32_t)avx2 | (uint32_t)avx512 << 1 | (uint32_t)bf16 << 2;
}

#elif defined(__aarch64__)

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

void mk_pause(void) { __asm__ volatile("yield"); }

uint32_t mk_processor_features(void) { return 0; }

#else

uint32_t mk_flush_denormals(void) { return 0; }
void mk_restore_float_mode(uint32_t mode) { (void)mode; }
void mk_pause(void) {}
uint32_t mk_processor_features(void) { return 0; }

#endif

void mk_futex_wait(const uint32_t *word, uint32_t expected) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void mk_futex_wake(const uint32_t *word, int count) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0); }

_Thread_local void *mk_slots[MK_SLOT_COUNT];
const void *mk_tables[MK_TABLE_COUNT];

uint64_t mk_thread_id(void) { return (uint64_t)syscall(SYS_gettid); }

static _Thread_local struct { void *block; size_t bytes; } memory;
static pthread_key_t memory_key;
static pthread_once_t memory_once = PTHREAD_ONCE_INIT;

// The key is there for its destructor alone.
static void make_memory_key(void) { pthread_key_create(&memory_key, free); }

void *mk_thread_memory(size_t bytes) {
  if (bytes <= memory.bytes) return memory.block;
  pthread_once(&memory_once, make_memory_key);
  free(memory.block);
  memory.bytes = 0;
  if (posix_memalign(&memory.block, 64, bytes) != 0) memory.block = NULL;
  else memory.bytes = bytes;
  pthread_setspecific(memory_key, memory.block);
  return memory.block;
}

int mk_available_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  // More processors than a cpu_set_t holds.
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}
