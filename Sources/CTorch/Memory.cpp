#include "LargeBlocks.h"
#include "Support.h"

#ifdef LETHE_HAS_TORCH
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <c10/core/CPUAllocator.h>

#include <atomic>
#include <climits>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>

namespace lethe {
namespace {

// In bytes.
std::atomic<int64_t> in_use{0};
std::atomic<int64_t> given_budget{0};
std::atomic<int64_t> measured_budget{0};

/// The sum of some lines of a file of `/proc` (`Name:  123 kB`) in bytes; 0 where there is none.
int64_t kibibytes(const char *path, std::initializer_list<const char *> names) {
  std::ifstream file(path);
  int64_t sum = 0;
  for (std::string line; std::getline(file, line);) {
    for (const char *name : names) {
      if (line.rfind(name, 0) == 0) sum += std::strtoll(line.c_str() + std::string(name).size(), nullptr, 10);
    }
  }
  return sum * 1024;
}

/// What this process has of the machine's memory, and what is free of it. Pages that were asked for and never touched
/// are in neither.
int64_t available_memory() {
  int64_t free = kibibytes("/proc/meminfo", {"MemAvailable:", "SwapFree:"});
  if (free == 0) return std::numeric_limits<int64_t>::max();
  return free + kibibytes("/proc/self/status", {"VmRSS:", "VmSwap:"});
}

/// libtorch's allocator with a budget. The system's own may promise more than there is, and end the process when it is
/// touched.
class BudgetedAllocator final : public c10::Allocator {
 public:
  explicit BudgetedAllocator(c10::Allocator *base) : base_(base), release_(base->raw_deleter()) {}

  c10::DataPtr allocate(size_t byte_count) override {
    check(byte_count);
    void *data = byte_count >= LargeBlocks::smallest ? LargeBlocks::take(byte_count) : nullptr;
    if (!data) data = base_->raw_allocate(byte_count);
    in_use.fetch_add(size_of(data), std::memory_order_relaxed);
    return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void *target, const void *source, size_t count) const override {
    default_copy_data(target, source, count);
  }

  static BudgetedAllocator *shared;

 private:
  static int64_t size_of(void *data) {
    if (LargeBlocks::owns(data)) return static_cast<int64_t>(LargeBlocks::size(data));
#ifdef __GLIBC__
    return data ? static_cast<int64_t>(malloc_usable_size(data)) : 0;
#else
    return 0;
#endif
  }

  static void release(void *data) {
    in_use.fetch_sub(size_of(data), std::memory_order_relaxed);
    LargeBlocks::owns(data) ? LargeBlocks::give_back(data) : shared->release_(data);
  }

  static void check(size_t byte_count) {
    constexpr size_t large = size_t{64} << 20;
    constexpr size_t most = size_t{1} << 60;
    int64_t used = in_use.load(std::memory_order_relaxed);
    int64_t given = given_budget.load(std::memory_order_relaxed);
    int64_t budget = given ? given : measured_budget.load(std::memory_order_relaxed);
    int64_t needed = used + static_cast<int64_t>(std::min(byte_count, most));
    // What others take or give back is asked for where it matters, not for each small tensor.
    if (!given && (needed > budget || byte_count >= large)) {
      budget = available_memory();
      measured_budget.store(budget, std::memory_order_relaxed);
    }
    TORCH_CHECK(needed <= budget, "not enough memory: a tensor of ", byte_count >> 20, " MiB beside ", used >> 20,
                " MiB in use; there are ", budget >> 20, " MiB");
  }

  c10::Allocator *base_;
  c10::DeleterFnPtr release_;
};

BudgetedAllocator *BudgetedAllocator::shared = nullptr;

}  // namespace

void register_memory(LTTable &table) {
  c10::Allocator *base = c10::GetCPUAllocator();
  if (base->raw_deleter() && !BudgetedAllocator::shared) {
    // Lives as long as the process, as its tensors may.
    BudgetedAllocator::shared = new BudgetedAllocator(base);
    c10::SetCPUAllocator(BudgetedAllocator::shared, std::numeric_limits<uint8_t>::max());
  }
  table.set_memory_budget = [](int64_t byte_count) { given_budget.store(byte_count); };
  table.memory_in_use = [] { return in_use.load(); };
}

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
