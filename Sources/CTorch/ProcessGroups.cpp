#include "ProcessGroups.h"

#ifdef LETHE_HAS_TORCH

#ifdef LETHE_HAS_GLOO
// Asks libtorch's header for what it declares.
#define USE_C10D_GLOO

#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <vector>
#endif

namespace lethe {

#ifdef LETHE_HAS_GLOO
namespace {

using Milliseconds = std::chrono::milliseconds;

/// The network that processes talk over: the machine's own where all are on one, else what `GLOO_SOCKET_IFNAME` names,
/// as PyTorch has it, else that of the host's name.
void add_devices(c10d::ProcessGroupGloo::Options &options, bool is_one_machine) {
  using Group = c10d::ProcessGroupGloo;
  const char *names = std::getenv("GLOO_SOCKET_IFNAME");
  if (names != nullptr && *names != 0) {
    std::stringstream list{std::string(names)};
    for (std::string name; std::getline(list, name, ',');) {
      options.devices.push_back(Group::createDeviceForInterface(name));
    }
  } else if (is_one_machine) {
    options.devices.push_back(Group::createDeviceForHostname("127.0.0.1"));
  } else {
    options.devices.push_back(Group::createDefaultDevice());
  }
}

}  // namespace

void register_processes(LTTable &table) {
  register_synchronized_norm(table);
  register_summed_gradients(table);
  register_sharded_tensors(table);
  table.processes_meet = [](const char *host, int64_t port, int32_t serves, const char *prefix, int64_t milliseconds,
                            LTProcesses **out) {
    return guarded([&] {
      // What goes wrong is an error, and said as one: c10d also logs it, with a trace. What the user set stays.
      setenv("TORCH_CPP_LOG_LEVEL", "FATAL", 0);
      c10::initLogging();
      c10d::TCPStoreOptions options;
      options.port = static_cast<uint16_t>(port);
      options.isServer = serves != 0;
      options.waitWorkers = false;
      options.timeout = Milliseconds(milliseconds);
      auto store = c10::make_intrusive<c10d::TCPStore>(std::string(host), options);
      auto own = c10::make_intrusive<c10d::PrefixStore>(std::string(prefix), std::move(store));
      *out = reinterpret_cast<LTProcesses *>(new Processes{std::move(own), nullptr});
    });
  };
  table.processes_set = [](LTProcesses *processes, const char *key, const void *bytes, int64_t count) {
    return guarded([&] {
      auto first = static_cast<const uint8_t *>(bytes);
      processes_of(processes).store->set(key, std::vector<uint8_t>(first, first + count));
    });
  };
  table.processes_get = [](LTProcesses *processes, const char *key, int64_t milliseconds, void *sink,
                           void (*give)(void *sink, const void *bytes, int64_t count)) {
    return guarded([&] {
      auto &store = processes_of(processes).store;
      store->wait({std::string(key)}, Milliseconds(milliseconds));
      std::vector<uint8_t> value = store->get(key);
      give(sink, value.data(), static_cast<int64_t>(value.size()));
    });
  };
  table.processes_join = [](LTProcesses *processes, int64_t rank, int64_t count, int32_t is_one_machine,
                            int64_t milliseconds) {
    return guarded([&] {
      auto options = c10d::ProcessGroupGloo::Options::create_default(Milliseconds(milliseconds));
      options->devices.clear();
      add_devices(*options, is_one_machine != 0);
      auto &own = processes_of(processes);
      own.group = c10::make_intrusive<c10d::ProcessGroupGloo>(
          own.store, static_cast<int>(rank), static_cast<int>(count), std::move(options));
    });
  };
  table.processes_part = [](LTProcesses *processes) {
    return guarded([&] { processes_of(processes).group.reset(); });
  };
  table.processes_release = [](LTProcesses *processes) { delete reinterpret_cast<Processes *>(processes); };
  table.processes_sum = [](LTProcesses *processes, LTTensor *tensor) {
    return guarded([&] { Sum(processes_of(processes).joined(), borrow(tensor)).wait(); });
  };
  table.processes_broadcast = [](LTProcesses *processes, LTTensor *tensor, int64_t root) {
    return guarded([&] {
      std::vector<at::Tensor> tensors{on_host(borrow(tensor))};
      c10d::BroadcastOptions options;
      options.rootRank = root;
      processes_of(processes).joined().broadcast(tensors, options)->wait();
      bring_back(borrow(tensor), tensors[0]);
    });
  };
}
#else
void register_processes(LTTable &table) {
  table.processes_meet = [](const char *, int64_t, int32_t, const char *, int64_t, LTProcesses **) {
    return guarded([] { TORCH_CHECK(false, "this libtorch has no process groups over Gloo"); });
  };
}
#endif

}  // namespace lethe
#endif
