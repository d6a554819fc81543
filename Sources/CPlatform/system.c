// The operating system: memory, the terminal, the environment.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <sys/ioctl.h>
#include <unistd.h>

#if defined(MARTLET_LINUX)
#include <sys/mman.h>

bool mk_has_system_files(void) { return true; }

void mk_advise_huge_pages(void *memory, size_t bytes) { madvise(memory, bytes, MADV_HUGEPAGE); }

#else

bool mk_has_system_files(void) { return false; }

void mk_advise_huge_pages(void *memory, size_t bytes) { (void)memory, (void)bytes; }

#endif

bool mk_is_portable(void) {
#if defined(MARTLET_PORTABLE)
  return true;
#else
  return false;
#endif
}

int64_t mk_physical_memory(void) {
#if defined(_SC_PHYS_PAGES)
  const int64_t pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
  if (pages > 0 && bytes > 0) return pages * bytes;
#endif
  return 0;
}

int mk_terminal_columns(void) {
#if defined(TIOCGWINSZ)
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) return size.ws_col;
#endif
  return 0;
}

#if defined(__APPLE__)
#include <crt_externs.h>
char **mk_environment(void) { return *_NSGetEnviron(); }
#else
extern char **environ;
char **mk_environment(void) { return environ; }
#endif
