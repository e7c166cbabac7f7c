#include "FoundOperator.h"
#include "Support.h"

#ifdef LETHE_HAS_TORCH
#include <ATen/ScalarOps.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

namespace lethe {
namespace {

const FoundOperator &found(LTOperator *op) { return *reinterpret_cast<FoundOperator *>(op); }

template <typename Element>
const Element *elements(const LTValue &value) {
  return static_cast<const Element *>(value.pointer);
}

c10::IValue optional_tensors(const LTValue &value) {
  c10::List<std::optional<at::Tensor>> list;
  list.reserve(value.count);
  for (int64_t i = 0; i < value.count; ++i) {
    const void *handle = elements<const void *>(value)[i];
    list.push_back(handle ? std::optional<at::Tensor>(borrow(handle)) : std::nullopt);
  }
  return list;
}

c10::TypeKind kind_of(const c10::Argument &argument) {
  const auto *optional = argument.type()->castRaw<c10::OptionalType>();
  return optional ? optional->getElementType()->kind() : argument.type()->kind();
}

// A number where a tensor is due takes part as Python's does: it does not widen the other operand's type.
c10::IValue number(const at::Scalar &scalar, const c10::Argument &argument) {
  auto kind = kind_of(argument);
  if (kind == c10::TypeKind::TensorType) return at::native::wrapped_scalar_tensor(scalar);
  if (kind == c10::TypeKind::FloatType) return scalar.toDouble();
  return scalar;
}

c10::IValue to_ivalue(const LTValue &value, const c10::Argument &argument) {
  auto count = static_cast<size_t>(value.count);
  switch (value.tag) {
    case LT_NONE: return c10::IValue();
    case LT_TENSOR: return borrow(value.pointer);
    case LT_INT: return number(value.integer, argument);
    case LT_DOUBLE: return number(value.real, argument);
    case LT_BOOL: return number(value.integer != 0, argument);
    case LT_STRING: return std::string(elements<char>(value));
    case LT_INTS: return c10::IValue(at::IntArrayRef(elements<int64_t>(value), count));
    case LT_DOUBLES: return c10::IValue(at::ArrayRef<double>(elements<double>(value), count));
    case LT_BOOLS: {
      c10::List<bool> list;
      for (size_t i = 0; i < count; ++i) list.push_back(elements<int64_t>(value)[i] != 0);
      return list;
    }
    case LT_TENSORS: {
      if (argument.type()->isSubtypeOf(*c10::ListType::ofOptionalTensors()) &&
          !argument.type()->isSubtypeOf(*c10::ListType::ofTensors()))
        return optional_tensors(value);
      c10::List<at::Tensor> list;
      list.reserve(count);
      for (size_t i = 0; i < count; ++i) list.push_back(borrow(elements<const void *>(value)[i]));
      return list;
    }
    case LT_OPTIONAL_TENSORS: return optional_tensors(value);
    case LT_TYPE: return static_cast<int64_t>(scalar_type(static_cast<int32_t>(value.integer)));
    case LT_DEVICE: return c10::Device(std::string(elements<char>(value)));
    case LT_GENERATOR: return generator_of(value.pointer);
    default: break;
  }
  TORCH_CHECK(argument.default_value(), "argument '", argument.name(), "' is missing and has no default");
  return *argument.default_value();
}

class Results {
 public:
  Results(LTValue *results, int64_t capacity, bool is_guarded)
      : results_(results), capacity_(capacity), is_guarded_(is_guarded) {}

  void append(const c10::IValue &value) {
    if (value.isTensorList()) {
      for (const at::Tensor &tensor : value.toTensorVector()) append_tensor(tensor);
    } else if (value.isTensor()) {
      append_tensor(value.toTensor());
    } else if (value.isInt() || value.isSymInt()) {
      slot().tag = LT_INT;
      results_[count_++].integer = value.isInt() ? value.toInt() : value.toSymInt().expect_int();
    } else if (value.isDouble()) {
      slot().tag = LT_DOUBLE;
      results_[count_++].real = value.toDouble();
    } else if (value.isBool()) {
      slot().tag = LT_BOOL;
      results_[count_++].integer = value.toBool();
    } else {
      slot().tag = LT_NONE;
      ++count_;
    }
  }

  int64_t count() const { return count_; }

 private:
  LTValue &slot() {
    TORCH_CHECK(count_ < capacity_, "more than ", capacity_, " results");
    results_[count_] = LTValue{};
    return results_[count_];
  }

  void append_tensor(const at::Tensor &tensor) {
    if (is_guarded_) check_result(tensor);
    LTValue &target = slot();
    LTTensor *handle = hand_out(tensor);
    target.tag = handle ? LT_TENSOR : LT_NONE;
    target.pointer = handle;
    ++count_;
  }

  LTValue *results_;
  int64_t capacity_;
  bool is_guarded_;
  int64_t count_ = 0;
};

c10::OperatorHandle find(const char *name, const char *overload) {
  auto operation = c10::Dispatcher::singleton().findSchema({name, overload});
  TORCH_CHECK(operation.has_value(), "libtorch ", "has no operator ", name, *overload ? "." : "", overload);
  return *operation;
}

// Operators live as long as the process, so their handles are never released.
LTOperator *keep(FoundOperator *op) { return reinterpret_cast<LTOperator *>(op); }

}  // namespace

void register_operators(LTTable &table) {
  table.operator_find = [](const char *name, const char *overload, LTOperator **out) {
    return guarded([&] { *out = keep(new FoundOperator(find(name, overload))); });
  };
  table.operator_find_guarded = [](const char *name, const char *overload, const char *texts, LTOperator **out) {
    return guarded([&] { *out = keep(new FoundOperator(find(name, overload), texts)); });
  };
  table.operator_schemas = [](void *context, void (*visit)(void *, const char *)) {
    return guarded([&] {
      for (const c10::OperatorName &name : c10::Dispatcher::singleton().getAllOpNames()) {
        auto operation = c10::Dispatcher::singleton().findSchema(name);
        if (operation) visit(context, c10::toString(operation->schema()).c_str());
      }
    });
  };
  table.operator_argument_count = [](LTOperator *op) {
    return static_cast<int64_t>(found(op).handle.schema().arguments().size());
  };
  table.operator_argument_index = [](LTOperator *op, const char *name) {
    auto index = found(op).handle.schema().argumentIndexWithName(name);
    return index ? static_cast<int64_t>(*index) : int64_t{-1};
  };
  table.operator_call = [](LTOperator *op, const LTValue *arguments, int64_t argument_count, LTValue *results,
                           int64_t capacity, int64_t *count) {
    *count = 0;
    const FoundOperator &called = found(op);
    Results collected(results, capacity, called.is_guarded);
    int32_t status = guarded([&] {
      const auto &schema = called.handle.schema().arguments();
      TORCH_CHECK(argument_count <= static_cast<int64_t>(schema.size()), "expected at most ", schema.size(),
                  " arguments, found ", argument_count);
      torch::jit::Stack stack;
      stack.reserve(schema.size());
      for (size_t i = 0; i < schema.size(); ++i) {
        static constexpr LTValue absent{LT_DEFAULT, 0, 0, nullptr, 0};
        const LTValue &value = i < static_cast<size_t>(argument_count) ? arguments[i] : absent;
        called.check_argument(i, value);
        stack.push_back(to_ivalue(value, schema[i]));
      }
      if (called.guard) called.guard(stack);
      called.handle.callBoxed(stack);
      for (const c10::IValue &value : stack) collected.append(value);
    });
    *count = collected.count();
    return status;
  };
}

}  // namespace lethe
#endif
