// Signals that ask the program to end, caught while something runs that can end in order.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#if defined(MARTLET_LINUX)
#include <sys/syscall.h>
#include <time.h>
#endif

typedef struct {
  const int number;
  unsigned watchers;
  bool is_installed;
  // How many have been caught, and whether one of them is still to be answered; all that the handler writes.
  atomic_uint caught;
  atomic_bool is_pending;
} watched_signal;

static watched_signal watched[MK_SIGNAL_COUNT] = {{.number = SIGINT}, {.number = SIGTERM}};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int deadline_seconds;

// Sends the signal again when the deadline is over, which ends the process. A system call is safe in a handler.
static void start_deadline(int number) {
#if defined(MARTLET_LINUX)
  struct sigevent event;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = number;
  int timer;
  const struct itimerspec time = {.it_value = {.tv_sec = atomic_load(&deadline_seconds)}};
  if (time.it_value.tv_sec > 0 && syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == 0)
    syscall(SYS_timer_settime, timer, 0, &time, NULL);
#else
  (void)number;
#endif
}

static void handle(int number) {
  const int error = errno;
  watched_signal *signal_watched = &watched[number == SIGTERM ? MK_SIGNAL_TERMINATE : MK_SIGNAL_INTERRUPT];
  if (atomic_exchange(&signal_watched->is_pending, true)) {
    // The second one ends the process as if nobody had watched: when this handler returns.
    signal(number, SIG_DFL);
    raise(number);
  } else {
    atomic_fetch_add(&signal_watched->caught, 1);
    if (number == SIGTERM) start_deadline(number);
  }
  errno = error;
}

static bool is_handler(const struct sigaction *action, void (*handler)(int)) {
  return !(action->sa_flags & SA_SIGINFO) && action->sa_handler == handler;
}

void mk_watch_signal(mk_signal which, int deadline) {
  watched_signal *it = &watched[which];
  pthread_mutex_lock(&lock);
  if (it->watchers++ == 0) {
    atomic_store(&it->is_pending, false);
    struct sigaction now;
    // A handler of the program's, or its wish to ignore the signal, is left alone.
    if (sigaction(it->number, NULL, &now) == 0 && is_handler(&now, SIG_DFL)) {
      struct sigaction action;
      memset(&action, 0, sizeof action);
      action.sa_handler = handle;
      action.sa_flags = SA_RESTART;
      sigemptyset(&action.sa_mask);
      it->is_installed = sigaction(it->number, &action, NULL) == 0;
    }
  }
  if (which == MK_SIGNAL_TERMINATE) atomic_store(&deadline_seconds, deadline);
  pthread_mutex_unlock(&lock);
}

void mk_unwatch_signal(mk_signal which) {
  watched_signal *it = &watched[which];
  bool ends = false;
  pthread_mutex_lock(&lock);
  if (--it->watchers == 0 && it->is_installed) {
    it->is_installed = false;
    struct sigaction now;
    // The program may have set a handler meanwhile.
    if (sigaction(it->number, NULL, &now) == 0 && is_handler(&now, handle)) signal(it->number, SIG_DFL);
    ends = which == MK_SIGNAL_TERMINATE && atomic_load(&it->is_pending);
  }
  pthread_mutex_unlock(&lock);
  // Whatever had to be saved is saved.
  if (ends) raise(it->number);
}

unsigned mk_caught_signals(mk_signal which) { return atomic_load_explicit(&watched[which].caught, memory_order_relaxed); }
