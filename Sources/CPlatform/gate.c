// A gate that keeps code from running while the process forks or exits, and the calls around a fork.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

// A thread's mark that it is inside. Whoever shuts the gate looks at all marks, so that entering touches no cache line
// that threads share.
typedef struct pass {
  bool inside, taken;
  struct pass *next;
} __attribute__((aligned(64))) pass;

static pass *passes;
static _Thread_local pass *own;
static pthread_key_t pass_key;
static pthread_once_t pass_once = PTHREAD_ONCE_INIT;

enum { OPEN, SHUT, SHUT_FOR_GOOD };
static int gate = OPEN;
// The thread that has shut the gate may still enter.
static pass *keeper;
static pthread_mutex_t shutting = PTHREAD_MUTEX_INITIALIZER;

static void give_back(void *given) {
  own = NULL;
  __atomic_store_n(&((pass *)given)->taken, false, __ATOMIC_RELEASE);
}
static void make_key(void) { pthread_key_create(&pass_key, give_back); }

// Passes are never freed, because the list is walked without a lock; the pass of a thread that has ended is given to
// another.
static pass *own_pass(void) {
  if (own) return own;
  pthread_once(&pass_once, make_key);
  for (pass *each = __atomic_load_n(&passes, __ATOMIC_ACQUIRE); each; each = each->next) {
    bool free_one = false;
    if (__atomic_compare_exchange_n(&each->taken, &free_one, true, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
      own = each;
      break;
    }
  }
  if (!own) {
    void *memory;
    if (posix_memalign(&memory, sizeof(pass), sizeof(pass)) != 0) abort();
    own = memory;
    *own = (pass){.inside = false, .taken = true, .next = __atomic_load_n(&passes, __ATOMIC_RELAXED)};
    while (!__atomic_compare_exchange_n(&passes, &own->next, own, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {}
  }
  pthread_setspecific(pass_key, own);
  return own;
}

void mk_gate_enter(void) {
  pass *const mine = own_pass();
  while (true) {
    __atomic_store_n(&mine->inside, true, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&gate, __ATOMIC_SEQ_CST) == OPEN || __atomic_load_n(&keeper, __ATOMIC_RELAXED) == mine) return;
    __atomic_store_n(&mine->inside, false, __ATOMIC_RELEASE);
    while (true) {
      const int now = __atomic_load_n(&gate, __ATOMIC_ACQUIRE);
      if (now == OPEN) break;
      // The process is exiting, and this thread ends with it.
      if (now == SHUT_FOR_GOOD) pause();
      else sched_yield();
    }
  }
}

void mk_gate_leave(void) { __atomic_store_n(&own->inside, false, __ATOMIC_RELEASE); }

// Returns when no other thread is inside. This thread may be, if a signal handler has interrupted it there.
static void shut(int how) {
  pass *const mine = own_pass();
  __atomic_store_n(&keeper, mine, __ATOMIC_RELAXED);
  __atomic_store_n(&gate, how, __ATOMIC_SEQ_CST);
  for (pass *each = __atomic_load_n(&passes, __ATOMIC_ACQUIRE); each; each = each->next) {
    while (each != mine && __atomic_load_n(&each->inside, __ATOMIC_SEQ_CST)) sched_yield();
  }
}

// Runs before the destructors of the libraries that this was linked with, and after all handlers that were registered
// with atexit. A handler registered at the library's first use would come too late if that use comes while the process
// is already exiting.
__attribute__((destructor)) static void end_of_process(void) { shut(SHUT_FOR_GOOD); }

static void (*settle)(void), (*prepare)(void), (*resume)(bool);

// Never freed, because the list is walked without a lock.
typedef struct child_call {
  void (*call)(void *);
  void *argument;
  struct child_call *next;
} child_call;
static child_call *child_calls;

void mk_in_child(void (*call)(void *), void *argument) {
  child_call *const added = malloc(sizeof *added);
  if (!added) abort();
  *added = (child_call){call, argument, __atomic_load_n(&child_calls, __ATOMIC_RELAXED)};
  while (!__atomic_compare_exchange_n(&child_calls, &added->next, added, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {}
}

static void before_fork(void) {
  settle();
  pthread_mutex_lock(&shutting);
  if (__atomic_load_n(&gate, __ATOMIC_ACQUIRE) == OPEN) shut(SHUT);
  prepare();
}

static void after_fork(bool is_child) {
  if (is_child) {
    // The child has no other threads.
    for (pass *each = passes; each; each = each->next) {
      if (each != own) each->taken = each->inside = false;
    }
  }
  resume(is_child);
  if (is_child) {
    for (child_call *each = child_calls; each; each = each->next) each->call(each->argument);
  }
  if (is_child || __atomic_load_n(&gate, __ATOMIC_ACQUIRE) == SHUT) {
    __atomic_store_n(&keeper, NULL, __ATOMIC_RELAXED);
    __atomic_store_n(&gate, OPEN, __ATOMIC_SEQ_CST);
  }
  pthread_mutex_unlock(&shutting);
}

static void in_parent(void) { after_fork(false); }
static void in_child(void) { after_fork(true); }

void mk_at_fork(void (*first)(void), void (*before)(void), void (*after)(bool is_child)) {
  settle = first;
  prepare = before;
  resume = after;
  pthread_atfork(before_fork, in_parent, in_child);
}
