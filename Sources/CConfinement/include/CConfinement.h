// What a process gives up before it reads a file that it does not trust. Nothing of it can be taken back.
#pragma once

#include <stdint.h>

// Each returns 1 where it was done, 0 where the system has no such thing, -1 (errno) where it failed.

// Closes every descriptor from this one on.
int lethe_close_from(int first);
// At most so many bytes of memory and seconds of computing, no files written, no core left behind.
int lethe_limit(uint64_t bytes, uint64_t seconds);
// Of all files, only the one of this descriptor can be opened, to be read (Landlock).
int lethe_confine_files(int descriptor);
// Of all system calls, only those that read and write what is open, that ask for memory, and that open files unless
// `opens` is 0 (seccomp). Calling it again takes away more.
int lethe_confine_calls(int opens);
