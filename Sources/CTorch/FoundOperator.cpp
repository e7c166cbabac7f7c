#include "FoundOperator.h"

#ifdef LETHE_HAS_TORCH
#include <sstream>

namespace lethe {
namespace {

const c10::Type &element(const c10::Type &type) {
  if (const auto *optional = type.castRaw<c10::OptionalType>()) return element(*optional->getElementType());
  if (const auto *list = type.castRaw<c10::ListType>()) return element(*list->getElementType());
  return type;
}

bool is_plain(c10::TypeKind kind) {
  switch (kind) {
    case c10::TypeKind::TensorType:
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
    case c10::TypeKind::FloatType:
    case c10::TypeKind::BoolType:
    case c10::TypeKind::SymBoolType:
    case c10::TypeKind::NumberType:
    case c10::TypeKind::ScalarTypeType:
    case c10::TypeKind::LayoutType:
    case c10::TypeKind::MemoryFormatType:
    case c10::TypeKind::DeviceObjType:
    case c10::TypeKind::GeneratorType: return true;
    default: return false;
  }
}

bool names(const char *texts, const std::string &name) {
  std::istringstream words(texts);
  for (std::string word; words >> word;) {
    if (word == name) return true;
  }
  return false;
}

FoundOperator::Rule rule_of(const c10::Argument &argument) {
  using Rule = FoundOperator::Rule;
  switch (element(*argument.real_type()).kind()) {
    case c10::TypeKind::ScalarTypeType: return Rule::element_type;
    case c10::TypeKind::LayoutType: return Rule::strided;
    case c10::TypeKind::MemoryFormatType: return Rule::memory_format;
    case c10::TypeKind::DeviceObjType: return Rule::device;
    case c10::TypeKind::GeneratorType: return Rule::no_generator;
    default: return argument.name() == "pin_memory" ? Rule::unpinned : Rule::any;
  }
}

}  // namespace

FoundOperator::FoundOperator(c10::OperatorHandle operation, const char *texts) : handle(operation), is_guarded(true) {
  const c10::FunctionSchema &schema = handle.schema();
  for (const c10::Argument &argument : schema.arguments()) {
    c10::TypeKind kind = element(*argument.real_type()).kind();
    TORCH_CHECK(!argument.is_out(), "writes to its argument ", argument.name(), ", which no program from a file may");
    TORCH_CHECK(kind == c10::TypeKind::StringType ? names(texts, argument.name()) : is_plain(kind), "its argument ",
                argument.name(), " is a ", argument.real_type()->str(), ", which no program from a file may give");
    rules.push_back(rule_of(argument));
  }
  for (const c10::Argument &result : schema.returns()) {
    TORCH_CHECK(is_plain(element(*result.real_type()).kind()), "its result is a ", result.real_type()->str(),
                ", which no program from a file may ask for");
  }
  guard = guard_of(schema);
}

void FoundOperator::check_rule(size_t position, const LTValue &value) const {
  if (value.tag == LT_DEFAULT || value.tag == LT_NONE) return;
  bool is_right = false;
  switch (rules[position]) {
    case Rule::any: is_right = true; break;
    case Rule::element_type: is_right = value.tag == LT_TYPE; break;
    case Rule::strided:
      is_right = value.tag == LT_INT && value.integer == static_cast<int64_t>(at::Layout::Strided);
      break;
    case Rule::memory_format: is_right = value.tag == LT_INT && value.integer >= 0 && value.integer <= 3; break;
    case Rule::device: is_right = value.tag == LT_DEVICE; break;
    case Rule::no_generator: break;
    case Rule::unpinned: is_right = value.tag == LT_BOOL && value.integer == 0; break;
  }
  TORCH_CHECK(is_right, "its argument ", handle.schema().arguments()[position].name(),
              " has a value that no program from a file may give");
}

// Sizes, strides, kernels, paddings: kernels compute with such numbers, and some of them without a check.
void FoundOperator::check_extents(size_t position, const LTValue &value) const {
  const auto *numbers = static_cast<const int64_t *>(value.pointer);
  for (int64_t i = 0; i < value.count; ++i) {
    TORCH_CHECK(numbers[i] <= LT_MOST_ELEMENTS && numbers[i] >= -LT_MOST_ELEMENTS, "its argument ",
                handle.schema().arguments()[position].name(), " has the number ", numbers[i], ", at most ",
                LT_MOST_ELEMENTS, " is taken");
  }
}

void check_result(const at::Tensor &tensor) {
  if (!tensor.defined()) return;
  TORCH_CHECK(tensor.layout() == at::kStrided && !tensor.is_quantized(), "gives a tensor that is not dense");
  TORCH_CHECK(tensor.numel() <= LT_MOST_ELEMENTS, "gives ", tensor.numel(), " elements, at most ",
              LT_MOST_ELEMENTS, " are taken");
}

}  // namespace lethe
#endif
