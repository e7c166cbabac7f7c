#include "TestDevice.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>

namespace test_device {
namespace {

/// What was asked of the device; written as JSON to the file `LETHE_TEST_DEVICE_COUNTS` when the process ends.
struct Counts {
  std::mutex lock;
  std::map<std::string, long> calls;
  long waits = 0;
  long uploads = 0;
  long asynchronous_uploads = 0;
  long downloads = 0;

  void write() {
    const char *path = std::getenv("LETHE_TEST_DEVICE_COUNTS");
    // A process that the command started and that computed nothing has nothing to say.
    if (path == nullptr || calls.empty()) return;
    std::FILE *file = std::fopen(path, "w");
    if (file == nullptr) return;
    std::fprintf(file, "{\"waits\": %ld, \"uploads\": %ld, \"asynchronousUploads\": %ld, \"downloads\": %ld,\n \"calls\": {",
                 waits, uploads, asynchronous_uploads, downloads);
    const char *separator = "";
    for (const auto &[name, count] : calls) {
      std::fprintf(file, "%s\n  \"%s\": %ld", separator, name.c_str(), count);
      separator = ",";
    }
    std::fprintf(file, "}}\n");
    std::fclose(file);
  }
};

Counts &counts() {
  // Others may count until the very end.
  static Counts *counts = [] {
    std::atexit([] { test_device::counts().write(); });
    return new Counts;
  }();
  return *counts;
}

}  // namespace

void count_wait() {
  std::lock_guard<std::mutex> guard(counts().lock);
  ++counts().waits;
}

void count_copy(const at::Tensor &source, const at::Tensor &target, bool is_asynchronous) {
  if (is_here(source) == is_here(target)) return;
  // From memory that may be swapped out, or to memory that the host reads next, the host waits.
  bool waits = !is_asynchronous || is_here(source) || !is_pinned(source.const_data_ptr());
  std::lock_guard<std::mutex> guard(counts().lock);
  if (is_here(source)) {
    ++counts().downloads;
  } else {
    ++counts().uploads;
    if (!waits) ++counts().asynchronous_uploads;
  }
  if (waits) ++counts().waits;
}

void count_call(const std::string &op) {
  std::lock_guard<std::mutex> guard(counts().lock);
  ++counts().calls[op];
}

}  // namespace test_device
