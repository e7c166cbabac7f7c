#pragma once

// In place of Gloo's header: see algorithm.h.

#if __has_include_next(<gloo/context.h>)
#include_next <gloo/context.h>
#else
#include <chrono>

namespace gloo {

class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
};

namespace transport {
class UnboundBuffer {
 public:
  virtual ~UnboundBuffer() = 0;
};
}  // namespace transport

}  // namespace gloo
#endif
