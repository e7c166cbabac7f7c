#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/TensorBody.h>
#include <c10/core/Allocator.h>
#include <c10/core/Device.h>

#include <cstddef>
#include <string>

/// A device in the host's memory under the dispatch key of CUDA, for tests of what a GPU would refuse, wait for and run out
/// of. It computes what the CPU computes.
namespace test_device {

inline c10::Device here() { return {c10::DeviceType::CUDA, 0}; }

inline bool is_here(const at::Tensor &tensor) { return tensor.defined() && tensor.device().is_cuda(); }

// Counts.cpp

/// The host waits for all that was asked of the device.
void count_wait();
/// Between the host's memory and the device's.
void count_copy(const at::Tensor &source, const at::Tensor &target, bool is_asynchronous);
void count_call(const std::string &op);

// Memory.cpp

/// Of the device, with an end to it where `LETHE_TEST_DEVICE_MEMORY` says how many bytes there are.
c10::Allocator *memory();
/// Of the host, as the device reads it without the processor.
c10::Allocator *pinned_memory();
bool is_pinned(const void *data);
void take(size_t byte_count);
void give_back(size_t byte_count);

// Generator.cpp

/// What a generator of the device draws with on the CPU, once: at each call another.
at::Generator drawing(const at::Generator &generator);
at::Generator make_generator();
const at::Generator &default_generator();

// Aliases.cpp

/// The same memory as the CPU sees it; what is not on the device stays.
at::Tensor on_host(const at::Tensor &tensor);
/// A tensor of the CPU as the device sees it, its memory the same.
at::Tensor on_device(const at::Tensor &tensor);

}  // namespace test_device
