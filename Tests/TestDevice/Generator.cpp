#include "TestDevice.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <c10/core/GeneratorImpl.h>

#include <cstring>

namespace test_device {
namespace {

/// A seed and how often was drawn, the 16 bytes that a generator of CUDA has.
class Generator final : public c10::GeneratorImpl {
 public:
  Generator() : GeneratorImpl(here(), c10::DispatchKeySet(c10::DispatchKey::CUDA)) {}

  void set_current_seed(uint64_t seed) override {
    seed_ = seed;
    offset_ = 0;
  }
  void set_offset(uint64_t offset) override { offset_ = offset; }
  uint64_t get_offset() const override { return offset_; }
  uint64_t current_seed() const override { return seed_; }
  uint64_t seed() override {
    set_current_seed(c10::detail::getNonDeterministicRandom());
    return seed_;
  }
  void set_state(const c10::TensorImpl &state) override {
    TORCH_CHECK(state.numel() == 16, "RNG state is wrong size: expected 16 bytes, found ", state.numel());
    const auto *bytes = static_cast<const char *>(state.data());
    std::memcpy(&seed_, bytes, 8);
    std::memcpy(&offset_, bytes + 8, 8);
  }
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override {
    at::Tensor state = at::empty({16}, at::kByte);
    auto *bytes = static_cast<char *>(state.mutable_data_ptr());
    std::memcpy(bytes, &seed_, 8);
    std::memcpy(bytes + 8, &offset_, 8);
    return state.getIntrusivePtr();
  }

  at::Generator draw() {
    uint64_t mixed = seed_ ^ (offset_ + 0x9e3779b97f4a7c15 + (seed_ << 6));
    offset_ += 4;
    return at::make_generator<at::CPUGeneratorImpl>(mixed);
  }

 private:
  Generator *clone_impl() const override {
    auto *copy = new Generator;
    copy->seed_ = seed_;
    copy->offset_ = offset_;
    return copy;
  }

  uint64_t seed_ = c10::default_rng_seed_val;
  uint64_t offset_ = 0;
};

}  // namespace

at::Generator make_generator() { return at::make_generator<Generator>(); }

const at::Generator &default_generator() {
  static auto *generator = new at::Generator(make_generator());
  return *generator;
}

at::Generator drawing(const at::Generator &generator) {
  TORCH_CHECK(generator.device() == here(), "a generator on ", generator.device(), " for a tensor on ", here());
  return static_cast<Generator *>(generator.unsafeGetGeneratorImpl())->draw();
}

}  // namespace test_device
