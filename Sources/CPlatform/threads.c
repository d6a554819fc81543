// Threads: waiting and waking, starting, and what each thread has for itself.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#if defined(MARTLET_LINUX)
#include <linux/futex.h>
#include <sys/syscall.h>

void mk_wait(const uint32_t *word, uint32_t expected, int64_t nanoseconds) {
  const struct timespec most = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, nanoseconds < 0 ? NULL : &most, NULL, 0);
}

void mk_wake(const uint32_t *word, int count) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0); }

uint64_t mk_thread_id(void) { return (uint64_t)syscall(SYS_gettid); }

#else

// Threads that sleep on different words may share a condition variable, which the word's address chooses. The word is
// read under the lock that the waking thread takes after changing it, so that no wake-up is lost.
enum { ROOMS = 16 };
static struct { pthread_mutex_t lock; pthread_cond_t changed; } rooms[ROOMS];
static pthread_once_t rooms_once = PTHREAD_ONCE_INIT;

// How long a sleep lasts is counted by the monotonic clock, which setting the date does not change. macOS cannot set a
// condition variable's clock, and has a wait for a length of time instead.
static void set_rooms(void) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
#if !defined(__APPLE__)
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
  for (size_t room = 0; room < ROOMS; room++) {
    pthread_mutex_init(&rooms[room].lock, NULL);
    pthread_cond_init(&rooms[room].changed, &attributes);
  }
  pthread_condattr_destroy(&attributes);
}

// In the child of a fork the rooms are made anew: they remember sleepers that the child does not have, for whom a
// broadcast may wait for ever, and may be locked by a thread of the parent.
static void make_rooms(void) {
  set_rooms();
  pthread_atfork(NULL, NULL, set_rooms);
}

static size_t room_of(const uint32_t *word) {
  pthread_once(&rooms_once, make_rooms);
  return (uintptr_t)word / sizeof *word % ROOMS;
}

static void wait_in(size_t room, int64_t nanoseconds) {
#if defined(__APPLE__)
  const struct timespec most = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  pthread_cond_timedwait_relative_np(&rooms[room].changed, &rooms[room].lock, &most);
#else
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  const int64_t sum = end.tv_nsec + nanoseconds % 1000000000;
  end.tv_sec += nanoseconds / 1000000000 + sum / 1000000000;
  end.tv_nsec = sum % 1000000000;
  pthread_cond_timedwait(&rooms[room].changed, &rooms[room].lock, &end);
#endif
}

void mk_wait(const uint32_t *word, uint32_t expected, int64_t nanoseconds) {
  const size_t room = room_of(word);
  pthread_mutex_lock(&rooms[room].lock);
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == expected) {
    if (nanoseconds < 0) pthread_cond_wait(&rooms[room].changed, &rooms[room].lock);
    else wait_in(room, nanoseconds);
  }
  pthread_mutex_unlock(&rooms[room].lock);
}

void mk_wake(const uint32_t *word, int count) {
  const size_t room = room_of(word);
  (void)count;
  pthread_mutex_lock(&rooms[room].lock);
  pthread_cond_broadcast(&rooms[room].changed);
  pthread_mutex_unlock(&rooms[room].lock);
}

uint64_t mk_thread_id(void) {
  static uint64_t last;
  static _Thread_local uint64_t own;
  if (own == 0) own = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
  return own;
}

#endif

bool mk_start_thread(void *(*body)(void *), void *argument) {
  pthread_attr_t attributes;
  pthread_t thread;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 8 << 20);
  const bool started = pthread_create(&thread, &attributes, body, argument) == 0;
  pthread_attr_destroy(&attributes);
  return started;
}

_Thread_local void *mk_slots[MK_SLOT_COUNT];

static _Thread_local struct { void *block; size_t bytes; } memory;
static pthread_key_t memory_key;
static pthread_once_t memory_once = PTHREAD_ONCE_INIT;

// The key exists only for its destructor.
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
