// Kills the process at the n-th time it changes a file below a folder. Loaded before all else (LD_PRELOAD):
//
//   LETHE_KILL_UNDER  the folder, an absolute path
//   LETHE_KILL_AT     n, from 1: before that operation is done; of a write, after half of its bytes
//   LETHE_KILL_LOG    a file outside of the folder that gets a line an operation: its number, kind and path
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long count = 0;

static int is_under(const char *path) {
  const char *folder = getenv("LETHE_KILL_UNDER");
  if (!folder || !path) return 0;
  char absolute[PATH_MAX * 2];
  if (path[0] != '/') {
    char present[PATH_MAX];
    if (!getcwd(present, sizeof present)) return 0;
    snprintf(absolute, sizeof absolute, "%s/%s", present, path);
    path = absolute;
  }
  return strncmp(path, folder, strlen(folder)) == 0;
}

static int path_of(int descriptor, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_under(path);
}

// Whether this is the operation to die at; the process stays alone with it then, and the caller ends it.
static int is_last(const char *kind, const char *path) {
  pthread_mutex_lock(&lock);
  long number = ++count;
  const char *log = getenv("LETHE_KILL_LOG");
  if (log) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", number, kind, path);
    int file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    syscall(SYS_write, file, line, length);
    syscall(SYS_close, file);
  }
  const char *at = getenv("LETHE_KILL_AT");
  if (at && number == atol(at)) return 1;
  pthread_mutex_unlock(&lock);
  return 0;
}

static void die(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

static void count_descriptor(const char *kind, int descriptor) {
  int kept = errno;
  char path[PATH_MAX];
  if (path_of(descriptor, path, sizeof path) && is_last(kind, path)) die();
  errno = kept;
}

static void count_path(const char *kind, const char *path) {
  int kept = errno;
  if (is_under(path) && is_last(kind, path)) die();
  errno = kept;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void *bytes, size_t size) {
  char path[PATH_MAX];
  if (path_of(descriptor, path, sizeof path) && is_last("write", path)) {
    syscall(SYS_write, descriptor, bytes, size / 2);
    die();
  }
  return syscall(SYS_write, descriptor, bytes, size);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
  char path[PATH_MAX];
  if (path_of(descriptor, path, sizeof path) && is_last("write", path)) {
    syscall(SYS_pwrite64, descriptor, bytes, size / 2, offset);
    die();
  }
  return syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}
ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
  return pwrite64(descriptor, bytes, size, offset);
}

int fsync(int descriptor) {
  count_descriptor("fsync", descriptor);
  return NEXT(fsync)(descriptor);
}
int ftruncate(int descriptor, off_t size) {
  count_descriptor("truncate", descriptor);
  return NEXT(ftruncate)(descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) {
  count_descriptor("truncate", descriptor);
  return NEXT(ftruncate64)(descriptor, size);
}
int close(int descriptor) {
  if ((fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY) count_descriptor("close", descriptor);
  return NEXT(close)(descriptor);
}
int rename(const char *from, const char *to) {
  count_path("rename", to);
  return NEXT(rename)(from, to);
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  count_path("rename", to);
  return NEXT(renameat2)(from_folder, from, to_folder, to, flags);
}
int unlink(const char *path) {
  count_path("unlink", path);
  return NEXT(unlink)(path);
}
int unlinkat(int folder, const char *path, int flags) {
  char parent[PATH_MAX], whole[PATH_MAX * 2];
  if (path[0] != '/' && folder != AT_FDCWD && path_of(folder, parent, sizeof parent)) {
    snprintf(whole, sizeof whole, "%s/%s", parent, path);
    count_path("unlink", whole);
  } else {
    count_path("unlink", path);
  }
  return NEXT(unlinkat)(folder, path, flags);
}
int rmdir(const char *path) {
  count_path("rmdir", path);
  return NEXT(rmdir)(path);
}
int mkdir(const char *path, mode_t mode) {
  count_path("mkdir", path);
  return NEXT(mkdir)(path, mode);
}
int symlink(const char *target, const char *path) {
  count_path("symlink", path);
  return NEXT(symlink)(target, path);
}

static int opened(const char *path, int flags, mode_t mode) {
  if (flags & (O_CREAT | O_TRUNC)) count_path("create", path);
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return opened(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return opened(path, flags | O_LARGEFILE, mode);
}
