#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CConfinement.h"

#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LETHE_SANITIZED 1
#endif
#endif

static int limit(int resource, rlim_t value) {
  struct rlimit bounds;
  if (getrlimit(resource, &bounds) != 0) return -1;
  if (bounds.rlim_max != RLIM_INFINITY && bounds.rlim_max < value) value = bounds.rlim_max;
  bounds.rlim_cur = bounds.rlim_max = value;
  return setrlimit(resource, &bounds);
}

int lethe_limit(uint64_t bytes, uint64_t seconds) {
  if (limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_FSIZE, 0) != 0 || limit(RLIMIT_CPU, seconds) != 0) return -1;
#ifndef LETHE_SANITIZED
  // A sanitizer reserves terabytes. macOS has the limit and refuses to set it below what is mapped already.
  if (limit(RLIMIT_AS, bytes) != 0) return 0;
#else
  (void)bytes;
#endif
  return 1;
}

#ifdef __linux__

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

int lethe_close_from(int first) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) return 1;
#endif
  long count = sysconf(_SC_OPEN_MAX);
  for (long descriptor = first; descriptor < count && descriptor < 65536; descriptor++) close((int)descriptor);
  return 1;
}

// From linux/landlock.h, which older systems do not have: the numbers are the same on all architectures.
struct landlock_ruleset {
  uint64_t handled_access_fs;
};
struct landlock_path {
  uint64_t allowed_access;
  int32_t parent_fd;
} __attribute__((packed));
enum { landlock_create = 444, landlock_add = 445, landlock_restrict = 446 };

int lethe_confine_files(int descriptor) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  long version = syscall(landlock_create, NULL, 0, 1U);
  if (version < 1) return 0;
  // 13 rights in the first version; then moving files elsewhere, truncating, and commands to devices.
  uint64_t rights = (1ULL << 13) - 1;
  if (version >= 2) rights |= 1ULL << 13;
  if (version >= 3) rights |= 1ULL << 14;
  if (version >= 5) rights |= 1ULL << 15;
  struct landlock_ruleset ruleset = {rights};
  int rules = (int)syscall(landlock_create, &ruleset, sizeof ruleset, 0U);
  if (rules < 0) return -1;
  struct landlock_path path = {1ULL << 2, descriptor};  // reading a file
  long status = syscall(landlock_add, rules, 1, &path, 0U);
  if (status == 0) status = syscall(landlock_restrict, rules, 0U);
  int reason = errno;
  close(rules);
  errno = reason;
  return status == 0 ? 1 : -1;
}

#if defined(__x86_64__)
#define LETHE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define LETHE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef LETHE_ARCHITECTURE

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define REFUSAL (SECCOMP_RET_ERRNO | EPERM)
// Each is a pair: the call is this one, then it is allowed.
#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(call), 0, 1), ANSWER(SECCOMP_RET_ALLOW)

int lethe_confine_calls(int opens) {
  struct sock_filter filter[] = {
      LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LETHE_ARCHITECTURE, 1, 0), ANSWER(SECCOMP_RET_KILL_PROCESS),
      LOAD(nr),
      // What opens the file, and takes this away later on.
      ALLOW(opens ? SYS_openat : SYS_read), ALLOW(opens ? SYS_readlinkat : SYS_read),
#ifdef SYS_readlink
      ALLOW(opens ? SYS_readlink : SYS_read),
#endif
      ALLOW(opens ? SYS_getcwd : SYS_read), ALLOW(opens ? SYS_seccomp : SYS_read), ALLOW(opens ? SYS_prctl : SYS_read),
      ALLOW(SYS_read), ALLOW(SYS_pread64), ALLOW(SYS_readv), ALLOW(SYS_write), ALLOW(SYS_writev), ALLOW(SYS_lseek),
      ALLOW(SYS_close), ALLOW(SYS_fstat), ALLOW(SYS_newfstatat),
      ALLOW(SYS_mmap), ALLOW(SYS_munmap), ALLOW(SYS_mremap), ALLOW(SYS_mprotect), ALLOW(SYS_madvise), ALLOW(SYS_brk),
      ALLOW(SYS_exit), ALLOW(SYS_exit_group), ALLOW(SYS_rt_sigaction), ALLOW(SYS_rt_sigprocmask),
      ALLOW(SYS_rt_sigreturn), ALLOW(SYS_sigaltstack), ALLOW(SYS_getpid), ALLOW(SYS_gettid), ALLOW(SYS_clock_gettime),
      ALLOW(SYS_gettimeofday), ALLOW(SYS_futex), ALLOW(SYS_sched_yield), ALLOW(SYS_getrandom),
      ALLOW(SYS_restart_syscall),
      // A signal to this process, which is how it ends itself; to no other.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 3), LOAD(args[0]),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 0, 1), ANSWER(SECCOMP_RET_ALLOW),
      ANSWER(REFUSAL),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  // All threads at once.
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0) return 1;
  return errno == ENOSYS || errno == EINVAL ? 0 : -1;
}

#else

int lethe_confine_calls(int opens) {
  (void)opens;
  return 0;
}

#endif

#else

int lethe_close_from(int first) {
  for (int descriptor = first; descriptor < getdtablesize(); descriptor++) close(descriptor);
  return 1;
}

int lethe_confine_files(int descriptor) {
  (void)descriptor;
  return 0;
}

int lethe_confine_calls(int opens) {
  (void)opens;
  return 0;
}

#endif
