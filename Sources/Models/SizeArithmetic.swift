import Programs
import Sizes
import Torch

extension SizeArithmetic {
  /// The result of the arithmetic; numbers come from the program, so nothing here traps on any.
  ///
  /// - Throws: `TorchError` for a division by zero, a value that is not a number, and a result that no integer holds.
  func callAsFunction(_ arguments: [OperatorValue]) throws -> OperatorValue {
    let numbers = try arguments.map(number)
    guard let first = numbers.first else { throw failure("no arguments") }
    let second = numbers.last ?? first
    switch self {
    case .floor: return .int(try first.whole ?? whole(first.real.rounded(.down)))
    case .ceiling: return .int(try first.whole ?? whole(first.real.rounded(.up)))
    case .truncate: return .int(try first.whole ?? whole(first.real.rounded(.towardZero)))
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

  private func whole(_ number: Double) throws -> Int {
    guard let whole = Int(exactly: number) else { throw failure("\(number) is no size") }
    return whole
  }

  private func whole(_ left: Int, _ right: Int) throws -> Int {
    func checked(_ result: Int?) throws -> Int {
      guard let result else { throw failure("\(left) and \(right) overflow") }
      return result
    }
    switch self {
    case .add: return try checked(left.checkedPlus(right))
    case .subtract: return try checked(left.checkedMinus(right))
    case .multiply: return try checked(left.checkedTimes(right))
    case .negate: return try checked(0.checkedMinus(left))
    case .maximum: return max(left, right)
    case .minimum: return min(left, right)
    case .power:
      guard right >= 0 else { throw failure("a negative power") }
      // Of -1, 0 and 1 every power is small, and two steps more or less change nothing.
      let steps = abs(left.signum()) == left.magnitude ? right % 2 + 2 : right
      guard steps < 64 else { throw failure("\(left) and \(right) overflow") }
      return right == 0 ? 1 : try (0..<steps).reduce(1) { result, _ in try checked(result.checkedTimes(left)) }
    case .floorDivide, .modulo:
      guard right != 0 else { throw failure("division by zero") }
      // Python rounds down, and the remainder has the divisor's sign.
      let (quotient, overflow) = left.dividedReportingOverflow(by: right)
      guard !overflow else { return self == .modulo ? 0 : try checked(nil) }
      let remainder = left - quotient * right
      let isBelow = remainder != 0 && (remainder < 0) != (right < 0)
      return self == .modulo ? (isBelow ? remainder + right : remainder) : quotient - (isBelow ? 1 : 0)
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
