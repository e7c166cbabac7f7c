#pragma once

#include "CTorchInterface.h"

#if __has_include(<ATen/core/dispatch/Dispatcher.h>)
#define LETHE_HAS_TORCH 1

#include <ATen/core/Generator.h>
#include <ATen/core/TensorBody.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <c10/util/Exception.h>

#include <atomic>
#include <exception>
#include <string>

namespace lethe {

std::string &last_error();
std::atomic<int64_t> &live_handles();
void keep_freed_memory();
void register_memory(LTTable &table);
void register_tensors(LTTable &table);
void register_operators(LTTable &table);
void register_gradients(LTTable &table);
void register_losses(LTTable &table);
void register_checkpointing(LTTable &table);
void register_devices(LTTable &table);
void register_processes(LTTable &table);

/// A new handle for a tensor, null for an undefined one.
inline LTTensor *hand_out(at::Tensor tensor) {
  if (!tensor.defined()) return nullptr;
  live_handles().fetch_add(1, std::memory_order_relaxed);
  return reinterpret_cast<LTTensor *>(tensor.unsafeReleaseTensorImpl());
}

/// The tensor of a handle, which stays the caller's.
inline at::Tensor borrow(const void *handle) {
  using Pointer = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
  if (handle == nullptr) return at::Tensor();
  return at::Tensor(Pointer::reclaim_copy(static_cast<c10::TensorImpl *>(const_cast<void *>(handle))));
}

inline at::Generator &generator_of(const void *handle) {
  return *static_cast<at::Generator *>(const_cast<void *>(handle));
}

inline at::ScalarType scalar_type(int32_t type) {
  switch (type) {
    case LT_FLOAT64: return at::kDouble;
    case LT_FLOAT32: return at::kFloat;
    case LT_FLOAT16: return at::kHalf;
    case LT_BFLOAT16: return at::kBFloat16;
    case LT_INT64: return at::kLong;
    case LT_INT32: return at::kInt;
    case LT_UINT8: return at::kByte;
    case LT_BOOLEAN: return at::kBool;
  }
  TORCH_CHECK(false, "unknown element type ", type);
}

inline int32_t type_number(at::ScalarType type) {
  switch (type) {
    case at::kDouble: return LT_FLOAT64;
    case at::kFloat: return LT_FLOAT32;
    case at::kHalf: return LT_FLOAT16;
    case at::kBFloat16: return LT_BFLOAT16;
    case at::kLong: return LT_INT64;
    case at::kInt: return LT_INT32;
    case at::kByte: return LT_UINT8;
    case at::kBool: return LT_BOOLEAN;
    default: return LT_OTHER;
  }
}

/// The first line of a message that is not empty: libtorch appends its stack trace below it.
inline std::string first_line(std::string text) {
  size_t start = text.find_first_not_of(" \n");
  if (start == std::string::npos) return "unknown error";
  return text.substr(start, text.find('\n', start) - start);
}

/// Runs `body`; turns every C++ exception into a status and a message without backtrace: 2 where a device has no memory
/// left, else 1.
template <typename Body>
int32_t guarded(Body &&body) {
  try {
    body();
    return 0;
  } catch (const c10::OutOfMemoryError &error) {
    last_error() = first_line(error.what_without_backtrace());
    return LT_OUT_OF_MEMORY;
  } catch (const c10::Error &error) {
    last_error() = first_line(error.what_without_backtrace());
  } catch (const std::exception &error) {
    last_error() = first_line(error.what());
  } catch (...) {
    last_error() = "unknown C++ exception";
  }
  return 1;
}

}  // namespace lethe
#endif
