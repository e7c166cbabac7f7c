#include "ProcessGroups.h"

#ifdef LETHE_HAS_GLOO
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/autograd.h>

#include <optional>
#include <vector>

namespace lethe {
namespace {

using torch::autograd::variable_list;

/// Gradients that are summed over all processes while those of other inputs are still computed: in buckets, from the last
/// input to the first, which is about the order in which they are known.
class Buckets {
 public:
  Buckets(c10d::Backend &group, const variable_list &inputs, int64_t byte_count)
      : group_(group), inputs_(inputs), places_(inputs.size()) {
    for (size_t number = inputs.size(); number-- > 0;) {
      const at::Tensor &input = inputs[number];
      if (buckets_.empty() || buckets_.back().type != input.scalar_type() || buckets_.back().byte_count >= byte_count) {
        buckets_.push_back(Bucket{input.scalar_type()});
      }
      Bucket &bucket = buckets_.back();
      places_[number] = Place{buckets_.size() - 1, bucket.count};
      bucket.count += input.numel();
      bucket.byte_count += static_cast<int64_t>(input.nbytes());
      bucket.missing += 1;
    }
    for (Bucket &bucket : buckets_) {
      bucket.values = at::empty({bucket.count}, at::TensorOptions(inputs[0].device()).dtype(bucket.type));
    }
  }

  void put(size_t number, const at::Tensor &gradient) {
    Place &place = places_[number];
    if (place.is_there) return;
    place.is_there = true;
    at::Tensor own = part(number);
    if (gradient.defined()) {
      own.copy_(gradient);
    } else {
      own.zero_();
    }
    buckets_[place.bucket].missing -= 1;
    // In one order, which is that of all processes.
    while (next_ < buckets_.size() && buckets_[next_].missing == 0) {
      Bucket &bucket = buckets_[next_++];
      bucket.sum.emplace(group_, bucket.values);
    }
  }

  void wait() {
    for (Bucket &bucket : buckets_) bucket.sum->wait();
  }

  at::Tensor part(size_t number) const {
    const Place &place = places_[number];
    return buckets_[place.bucket].values.narrow(0, place.start, inputs_[number].numel()).view(inputs_[number].sizes());
  }

 private:
  struct Bucket {
    at::ScalarType type;
    int64_t count = 0;
    int64_t byte_count = 0;
    int64_t missing = 0;
    at::Tensor values;
    std::optional<Sum> sum;
  };
  struct Place {
    size_t bucket = 0;
    int64_t start = 0;
    bool is_there = false;
  };

  c10d::Backend &group_;
  const variable_list &inputs_;
  std::vector<Bucket> buckets_;
  std::vector<Place> places_;
  size_t next_ = 0;
};

/// Hooks on tensors, for as long as it lives.
class Hooks {
 public:
  Hooks(const variable_list &inputs, Buckets &buckets) : inputs_(inputs) {
    for (size_t number = 0; number < inputs.size(); ++number) {
      numbers_.push_back(inputs[number].register_hook(
          [&buckets, number](const at::Tensor &gradient) { buckets.put(number, gradient); }));
    }
  }
  ~Hooks() {
    for (size_t place = 0; place < numbers_.size(); ++place) inputs_[place].remove_hook(numbers_[place]);
  }

 private:
  const variable_list &inputs_;
  std::vector<unsigned> numbers_;
};

}  // namespace

void register_summed_gradients(LTTable &table) {
  table.processes_gradients = [](LTProcesses *processes, LTTensor *loss, LTTensor *const *inputs, int64_t count,
                                 int64_t bucket_bytes, LTTensor *numbers, LTTensor **found) {
    return guarded([&] {
      c10d::Backend &group = processes_of(processes).joined();
      variable_list tensors;
      for (int64_t place = 0; place < count; ++place) tensors.push_back(borrow(inputs[place]));
      Sum sum(group, borrow(numbers));
      Buckets buckets(group, tensors, bucket_bytes);
      variable_list own(tensors.size());
      at::Tensor root = borrow(loss);
      if (root.requires_grad() && !tensors.empty()) {
        Hooks hooks(tensors, buckets);
        own = torch::autograd::grad({root}, tensors, {}, false, false, true);
      }
      for (size_t place = 0; place < tensors.size(); ++place) buckets.put(place, own[place]);
      sum.wait();
      buckets.wait();
      for (size_t place = 0; place < tensors.size(); ++place) found[place] = hand_out(buckets.part(place));
    });
  };
}

}  // namespace lethe
#endif
