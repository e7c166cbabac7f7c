#include "Support.h"

#ifdef LETHE_HAS_TORCH
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <climits>
#include <cstdlib>

namespace lethe {

// Activations come and go at every step. Left to itself, glibc gives large blocks back to the system each time and has
// them cleared page by page when they return, which can be half of a step's time.
void keep_freed_memory() {
#ifdef __GLIBC__
  for (const char *name : {"GLIBC_TUNABLES", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_"}) {
    if (getenv(name)) return;  // what the user set stays
  }
  mallopt(M_MMAP_THRESHOLD, INT_MAX);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace lethe
#endif
