#include "CTorch.h"
#include "Support.h"

#ifdef LETHE_HAS_TORCH
#include <ATen/Version.h>
#include <torch/version.h>

namespace lethe {

std::string &last_error() {
  thread_local std::string message;
  return message;
}

std::atomic<int64_t> &live_handles() {
  static std::atomic<int64_t> count{0};
  return count;
}

static LTTable make_table() {
  keep_freed_memory();
  LTTable table{};
  table.version = LT_TABLE_VERSION;
  table.torch_version = [] { return TORCH_VERSION; };
  table.cpu_capability = [] {
    static const std::string capability = at::get_cpu_capability();
    return capability.c_str();
  };
  table.last_error = [] { return last_error().c_str(); };
  table.live_handle_count = [] { return live_handles().load(); };
  register_tensors(table);
  register_operators(table);
  register_gradients(table);
  register_losses(table);
  register_checkpointing(table);
  register_devices(table);
  register_processes(table);
  register_memory(table);
  return table;
}

}  // namespace lethe

const void *lethe_torch_table(void) {
  static const LTTable table = lethe::make_table();
  return &table;
}
#else
const void *lethe_torch_table(void) { return nullptr; }
#endif
