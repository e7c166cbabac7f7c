#pragma once

// In place of Gloo's header: see ../algorithm.h.

#if __has_include_next(<gloo/common/error.h>)
#include_next <gloo/common/error.h>
#endif
