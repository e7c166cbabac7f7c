import Torch

/// Arithmetic on sizes that a graph does outside libtorch, in Python's terms: `_operator.mul`, `torch.sym_max`…
enum SizeArithmetic: String {
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

  init?(_ operatorName: String) { self.init(rawValue: operatorName) }

  /// - Throws: `TorchError` for a division by zero or a value that is not a number.
  func callAsFunction(_ arguments: [OperatorValue]) throws -> OperatorValue {
    let numbers = try arguments.map(number)
    guard let first = numbers.first else { throw failure("no arguments") }
    let second = numbers.last ?? first
    switch self {
    case .floor: return .int(Int(first.real.rounded(.down)))
    case .ceiling: return .int(Int(first.real.rounded(.up)))
    case .truncate: return .int(Int(first.real.rounded(.towardZero)))
    case .divide:
      guard second.real != 0 else { throw failure("division by zero") }
      return .double(first.real / second.real)
    default: break
    }
    if let left = first.whole, let right = second.whole { return .int(try whole(left, right)) }
    switch self {
    case .add: return .double(first.real + second.real)
    case .subtract: return .double(first.real - second.real)
    case .multiply: return .double(first.real * second.real)
    case .negate: return .double(-first.real)
    case .maximum: return .double(max(first.real, second.real))
    case .minimum: return .double(min(first.real, second.real))
    default: throw failure("needs whole numbers")
    }
  }

  private func whole(_ left: Int, _ right: Int) throws -> Int {
    func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> Int {
      guard !result.overflow else { throw failure("\(left) and \(right) overflow") }
      return result.partialValue
    }
    switch self {
    case .add: return try checked(left.addingReportingOverflow(right))
    case .subtract: return try checked(left.subtractingReportingOverflow(right))
    case .multiply: return try checked(left.multipliedReportingOverflow(by: right))
    case .negate: return try checked(0.subtractingReportingOverflow(left))
    case .maximum: return max(left, right)
    case .minimum: return min(left, right)
    case .power:
      guard right >= 0 else { throw failure("a negative power") }
      var result = 1
      for _ in 0..<min(right, 64) { result = try checked(result.multipliedReportingOverflow(by: left)) }
      return result
    case .floorDivide, .modulo:
      guard right != 0 else { throw failure("division by zero") }
      // Python rounds down, and the remainder has the divisor's sign.
      let remainder = ((left % right) + right) % right
      return self == .modulo ? remainder : (left - remainder) / right
    case .divide, .floor, .ceiling, .truncate: throw failure("not an operation on two whole numbers")
    }
  }

  private func number(_ value: OperatorValue) throws -> (real: Double, whole: Int?) {
    switch value {
    case .int(let number): (Double(number), number)
    case .double(let number): (number, nil)
    case .bool(let flag): (flag ? 1 : 0, flag ? 1 : 0)
    default: throw failure("its argument is not a number")
    }
  }

  private func failure(_ message: String) -> TorchError { .failed(operation: rawValue, message: message) }
}
