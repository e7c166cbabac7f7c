#include "TestDevice.h"

#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <mutex>
#include <unordered_map>

namespace test_device {
namespace {

std::atomic<size_t> in_use{0};

size_t capacity() {
  static const size_t bytes = [] {
    const char *given = std::getenv("LETHE_TEST_DEVICE_MEMORY");
    return given ? std::strtoull(given, nullptr, 10) : std::numeric_limits<size_t>::max();
  }();
  return bytes;
}

std::string mebibytes(size_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f MiB", static_cast<double>(bytes) / (1 << 20));
  return text;
}

void release(void *data) {
  if (data == nullptr) return;
  give_back(malloc_usable_size(data));
  c10::free_cpu(data);
}

struct DeviceMemory final : c10::Allocator {
  c10::DataPtr allocate(size_t size) override {
    take(size);
    void *data = size ? c10::alloc_cpu(size) : nullptr;
    in_use += data ? malloc_usable_size(data) - size : 0;
    return {data, data, &release, here()};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void *target, const void *source, size_t count) const override { std::memcpy(target, source, count); }
};

class PinnedMemory final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t size) override {
    void *data = c10::alloc_cpu(std::max<size_t>(size, 1));
    std::lock_guard<std::mutex> guard(lock_);
    sizes_[data] = size;
    return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void *target, const void *source, size_t count) const override { std::memcpy(target, source, count); }

  bool has(const void *data) {
    std::lock_guard<std::mutex> guard(lock_);
    return sizes_.count(data) > 0;
  }

  static PinnedMemory &shared() {
    static auto *memory = new PinnedMemory;
    return *memory;
  }

 private:
  static void release(void *data) {
    {
      std::lock_guard<std::mutex> guard(shared().lock_);
      shared().sizes_.erase(data);
    }
    c10::free_cpu(data);
  }

  std::mutex lock_;
  std::unordered_map<const void *, size_t> sizes_;
};

}  // namespace

c10::Allocator *memory() {
  static auto *memory = new DeviceMemory;
  return memory;
}

c10::Allocator *pinned_memory() { return &PinnedMemory::shared(); }

bool is_pinned(const void *data) { return PinnedMemory::shared().has(data); }

void take(size_t byte_count) {
  size_t used = in_use.fetch_add(byte_count);
  if (byte_count <= capacity() && used <= capacity() - byte_count) return;
  in_use -= byte_count;
  // In the words of CUDA's allocator.
  TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate ", mebibytes(byte_count),
                   ". GPU 0 has a total capacity of ", mebibytes(capacity()), " of which ",
                   mebibytes(capacity() - std::min(used, capacity())), " is free. Including non-PyTorch memory, this process has ",
                   mebibytes(used),
                   " memory in use. If reserved but unallocated memory is large try setting "
                   "PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation.");
}

void give_back(size_t byte_count) { in_use -= byte_count; }

}  // namespace test_device
