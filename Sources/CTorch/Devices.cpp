#include "Support.h"

#ifdef LETHE_HAS_TORCH
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/version.h>

namespace lethe {

void register_devices(LTTable &table) {
  table.generator_create = [](const char *device, uint64_t seed, LTGenerator **out) {
    return guarded([&] {
      c10::Device target{std::string(device)};
      at::Generator generator = target.is_cpu()
          ? at::make_generator<at::CPUGeneratorImpl>(seed)
          : at::detail::getCUDAHooks().getNewGenerator(target.index());
      generator.set_current_seed(seed);
      *out = reinterpret_cast<LTGenerator *>(new at::Generator(std::move(generator)));
    });
  };
  table.generator_release = [](LTGenerator *generator) { delete reinterpret_cast<at::Generator *>(generator); };
  table.generator_state = [](LTGenerator *generator, LTTensor **out) {
    return guarded([&] { *out = hand_out(generator_of(generator).get_state()); });
  };
  table.generator_set_state = [](LTGenerator *generator, LTTensor *state) {
    return guarded([&] { generator_of(generator).set_state(borrow(state)); });
  };
  table.seed_default_generators = [](uint64_t seed) {
    return guarded([&] { at::manual_seed(seed); });
  };
  table.default_generator = [](const char *device, LTGenerator **out) {
    return guarded([&] {
      at::Generator generator = at::globalContext().defaultGenerator(c10::Device{std::string(device)});
      *out = reinterpret_cast<LTGenerator *>(new at::Generator(std::move(generator)));
    });
  };
  table.set_mixed_precision = [](const char *device, int32_t type) {
    return guarded([&] {
      c10::DeviceType kind = c10::Device{std::string(device)}.type();
      at::autocast::set_autocast_enabled(kind, type >= 0);
      if (type >= 0) {
        at::autocast::set_autocast_dtype(kind, scalar_type(type));
      } else {
        at::autocast::clear_cache();
      }
    });
  };
  table.cuda_device_count = []() -> int64_t {
    int64_t count = 0;
    guarded([&] { count = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0; });
    return count;
  };
  table.use_exact_kernels = []() -> int32_t {
    return guarded([&] {
      at::Context &context = at::globalContext();
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 13
      using at::Float32Op;
      for (Float32Op op : {Float32Op::CONV, Float32Op::RNN, Float32Op::MATMUL})
        context.setFloat32Precision(at::Float32Backend::CUDA, op, at::Float32Precision::IEEE);
#else
      context.setAllowTF32CuDNN(false);
      context.setAllowTF32CuBLAS(false);
#endif
      context.setDeterministicCuDNN(true);
      context.setBenchmarkCuDNN(false);
    });
  };
  table.synchronize = [](const char *device) {
    return guarded([&] {
      c10::Device target{std::string(device)};
      if (target.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(target.index());
    });
  };
  table.set_thread_count = [](int64_t count) { at::set_num_threads(static_cast<int>(count)); };
  table.thread_count = []() -> int64_t { return at::get_num_threads(); };
}

}  // namespace lethe
#endif
