#pragma once

#include "Support.h"

#if defined(LETHE_HAS_TORCH) && __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>)
#define LETHE_HAS_GLOO 1

#include <ATen/core/grad_mode.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <vector>

namespace lethe {

/// Where processes find one another, and what they compute together through once they have.
struct Processes {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::Backend> group;

  c10d::Backend &joined() const {
    TORCH_CHECK(group, "the processes have parted");
    return *group;
  }
};

inline Processes &processes_of(LTProcesses *processes) { return *reinterpret_cast<Processes *>(processes); }

/// Does something that all processes take part in. The error of one that fails within the way back of a network is told
/// from the network's own by what stands in it.
template <typename Body>
auto exchanging(Body &&body) {
  try {
    return body();
  } catch (const std::exception &error) {
    TORCH_CHECK(false, LT_BROKEN_EXCHANGE, error.what());
  }
}

/// A tensor in the host's memory, which is what Gloo exchanges; itself where it is there already.
inline at::Tensor on_host(const at::Tensor &tensor) { return tensor.is_cpu() ? tensor : tensor.detach().cpu(); }

/// Puts what came to the host's memory where a tensor has its own.
inline void bring_back(const at::Tensor &place, const at::Tensor &values) {
  if (place.is_cpu()) return;
  at::NoGradGuard guard;
  place.copy_(values);
}

/// The sum over all processes that goes on, and will be in the place of a tensor.
class Sum {
 public:
  Sum(c10d::Backend &group, const at::Tensor &tensor) : place_(tensor), values_(on_host(tensor)) {
    work_ = exchanging([&] {
      std::vector<at::Tensor> tensors{values_};
      return group.allreduce(tensors, c10d::AllreduceOptions());
    });
  }

  void wait() {
    exchanging([&] { work_->wait(); });
    bring_back(place_, values_);
  }

 private:
  at::Tensor place_;
  at::Tensor values_;
  c10::intrusive_ptr<c10d::Work> work_;
};

/// The processes of a forward pass, for its way back.
struct Group final : public torch::CustomClassHolder {
  explicit Group(c10::intrusive_ptr<c10d::Backend> backend) : backend(std::move(backend)) {}
  c10::intrusive_ptr<c10d::Backend> backend;

  void sum(const at::Tensor &tensor) const { Sum(*backend, tensor).wait(); }
};

void register_synchronized_norm(LTTable &table);
void register_summed_gradients(LTTable &table);
void register_sharded_tensors(LTTable &table);

}  // namespace lethe
#endif
