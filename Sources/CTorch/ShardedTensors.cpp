#include "ProcessGroups.h"

#ifdef LETHE_HAS_GLOO
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

namespace lethe {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The parts of all processes one after the other; on the way back, of what all have as the gradient, the sum by part.
class Gathered : public torch::autograd::Function<Gathered> {
 public:
  static at::Tensor forward(AutogradContext *context, const at::Tensor &part,
                            const c10::intrusive_ptr<Group> &group) {
    context->saved_data["group"] = c10::IValue::make_capsule(group);
    at::Tensor own = on_host(part.detach().contiguous());
    at::Tensor all = at::empty({group->backend->getSize() * own.numel()}, own.options());
    exchanging([&] { group->backend->_allgather_base(all, own, c10d::AllgatherOptions())->wait(); });
    return all.to(part.device());
  }

  static variable_list backward(AutogradContext *context, variable_list slopes) {
    auto group = c10::static_intrusive_pointer_cast<Group>(context->saved_data["group"].toCapsule());
    // Each sends the others their pieces alone: half of what summing the whole everywhere would send.
    at::Tensor sent = on_host(slopes[0].contiguous()), received = at::empty_like(sent);
    std::vector<int64_t> even;
    exchanging(
        [&] { group->backend->alltoall_base(received, sent, even, even, c10d::AllToAllOptions())->wait(); });
    return {received.view({group->backend->getSize(), -1}).sum(0).to(slopes[0].device()), at::Tensor()};
  }
};

}  // namespace

void register_sharded_tensors(LTTable &table) {
  table.processes_whole = [](LTProcesses *processes, LTTensor *part, const int64_t *shape, int64_t rank,
                             LTTensor **out) {
    return guarded([&] {
      processes_of(processes).joined();
      at::Tensor all = Gathered::apply(borrow(part), c10::make_intrusive<Group>(processes_of(processes).group));
      at::IntArrayRef sizes(shape, static_cast<size_t>(rank));
      int64_t count = 1;
      for (int64_t size : sizes) count *= size;
      TORCH_CHECK(count <= all.numel(), "parts of ", all.numel(), " elements for a tensor of ", count);
      if (count < all.numel()) all = all.narrow(0, 0, count);
      *out = hand_out(all.view(sizes));
    });
  };
}

}  // namespace lethe
#endif
