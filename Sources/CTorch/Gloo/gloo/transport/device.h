#pragma once

// In place of Gloo's header: see ../algorithm.h.

#if __has_include_next(<gloo/transport/device.h>)
#include_next <gloo/transport/device.h>
#else
namespace gloo::transport {
class Device;
}
#endif
