// Files: directories to work in, and files that have no name yet.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int mk_open_directory(const char *path) {
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // A directory that may be written to but not listed is good enough.
#if defined(O_PATH)
  if (directory < 0 && errno == EACCES) directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
#elif defined(O_SEARCH)
  if (directory < 0 && errno == EACCES) directory = open(path, O_SEARCH | O_DIRECTORY | O_CLOEXEC);
#endif
  return directory;
}

#if defined(MARTLET_LINUX) && defined(O_TMPFILE)

enum { LINK_BYTES = 40 };

// The path of an open file below /proc: the only way in which a process without privileges can give it a name.
static void link_path(char path[LINK_BYTES], int file) { snprintf(path, LINK_BYTES, "/proc/self/fd/%d", file); }

int mk_open_unnamed(int directory, unsigned mode) {
  const int file = openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
  if (file < 0) return -1;
  char path[LINK_BYTES];
  link_path(path, file);
  if (access(path, F_OK) == 0) return file;
  close(file);
  errno = ENOTSUP;
  return -1;
}

int mk_name_file(int file, int directory, const char *name) {
  char path[LINK_BYTES];
  link_path(path, file);
  return linkat(AT_FDCWD, path, directory, name, AT_SYMLINK_FOLLOW);
}

#else

int mk_open_unnamed(int directory, unsigned mode) {
  (void)directory, (void)mode;
  errno = ENOTSUP;
  return -1;
}

int mk_name_file(int file, int directory, const char *name) {
  (void)file, (void)directory, (void)name;
  errno = ENOTSUP;
  return -1;
}

#endif
