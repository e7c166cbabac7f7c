/// Arithmetic on sizes that a graph does outside libtorch, in Python's terms: `_operator.mul`, `torch.sym_max`…
public enum SizeArithmetic: String, CaseIterable, Sendable {
  case add = "_operator::add"
  case subtract = "_operator::sub"
  case multiply = "_operator::mul"
  case floorDivide = "_operator::floordiv"
  case modulo = "_operator::mod"
  case divide = "_operator::truediv"
  case power = "_operator::pow"
  case negate = "_operator::neg"
  case maximum = "torch::sym_max"
  case minimum = "torch::sym_min"
  case floor = "math::floor"
  case ceiling = "math::ceil"
  case truncate = "math::trunc"

  /// The arithmetic by the name of a call; nil for an operator of libtorch.
  public init?(_ operatorName: String) { self.init(rawValue: operatorName) }
}
