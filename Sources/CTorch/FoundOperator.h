#pragma once

#include "Support.h"

#ifdef LETHE_HAS_TORCH
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <vector>

namespace lethe {

/// Throws where a call would end the process or read outside of its tensors, which the operator does not check itself.
using Guard = void (*)(const torch::jit::Stack &arguments);

/// The guard of an operator by its name and overload; null for one that needs none.
Guard guard_of(const c10::FunctionSchema &schema);

/// Throws for a result that is sparse, quantized or larger than any that a model computes.
void check_result(const at::Tensor &tensor);

/// An operator with what is known of it: looked up once, called many times.
struct FoundOperator {
  /// What an argument may be given as, beyond what the dispatcher checks.
  enum class Rule : uint8_t { any, element_type, strided, memory_format, device, no_generator, unpinned };

  c10::OperatorHandle handle;
  bool is_guarded = false;
  Guard guard = nullptr;
  /// Of a guarded operator, one rule an argument.
  std::vector<Rule> rules;

  /// One that code of ours calls.
  explicit FoundOperator(c10::OperatorHandle operation) : handle(operation) {}

  /// One that a program from a file calls. Throws for a schema that such a one may not have.
  FoundOperator(c10::OperatorHandle operation, const char *texts);

  void check_argument(size_t position, const LTValue &value) const {
    if (!is_guarded) return;
    if (rules[position] != Rule::any) check_rule(position, value);
    if (value.tag == LT_INTS) check_extents(position, value);
  }

 private:
  void check_rule(size_t position, const LTValue &value) const;
  void check_extents(size_t position, const LTValue &value) const;
};

}  // namespace lethe
#endif
