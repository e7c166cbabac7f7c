#include "CTorchInterface.h"

#include <stddef.h>

#ifndef LETHE_LIBTORCH
#define LETHE_LIBTORCH NULL
#endif

const char *lethe_chosen_libtorch(void) { return LETHE_LIBTORCH; }
