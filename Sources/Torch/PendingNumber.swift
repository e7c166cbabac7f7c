/// A number that may still have to be read from a device: scalars there, and what it is of their values.
///
/// Reading from a GPU waits until all that was asked of it is done. Numbers that are kept like this until the work of a step
/// has been asked for are read together, with one wait.
public struct PendingNumber {
  private let scalars: [Tensor]
  private let formula: ([Double]) -> Double

  /// A number that is known.
  public init(_ value: Double) {
    scalars = []
    formula = { _ in value }
  }

  /// A scalar's value.
  public init(of scalar: Tensor) {
    self.init(of: [scalar]) { $0[0] }
  }

  /// What a formula makes of the values of scalars of one device.
  public init(of scalars: [Tensor], _ formula: @escaping ([Double]) -> Double) {
    self.scalars = scalars
    self.formula = formula
  }

  /// Reads it now.
  public func value() throws -> Double { formula(try Tensor.values(of: scalars)) }

  /// What a function makes of it, once it is read.
  public func map(_ transform: @escaping (Double) -> Double) -> PendingNumber {
    PendingNumber(of: scalars) { [formula] in transform(formula($0)) }
  }

  /// What a function makes of two numbers, once they are read.
  public func combined(
    with other: PendingNumber, _ transform: @escaping (Double, Double) -> Double
  ) -> PendingNumber {
    let count = scalars.count
    return PendingNumber(of: scalars + other.scalars) { [formula] values in
      transform(formula(Array(values[..<count])), other.formula(Array(values[count...])))
    }
  }

  /// The sum of two, once they are read.
  public static func + (first: PendingNumber, second: PendingNumber) -> PendingNumber {
    first.combined(with: second) { $0 + $1 }
  }

  /// Reads several numbers, with one wait where their scalars are on a GPU.
  public static func values(of numbers: [PendingNumber]) throws -> [Double] {
    let values = try Tensor.values(of: numbers.flatMap(\.scalars))
    var start = 0
    return numbers.map { number in
      defer { start += number.scalars.count }
      return number.formula(Array(values[start..<start + number.scalars.count]))
    }
  }

  /// A scalar of the scalars' device, float32: 1 where one of those that the numbers are made of is NaN or infinite, else
  /// 0. Nil where there is none.
  public static func marksNotFinite(_ numbers: [PendingNumber]) throws -> Tensor? {
    let scalars = numbers.flatMap(\.scalars)
    guard !scalars.isEmpty else { return nil }
    return try Tensor.concatenated(scalars.map { try $0.reshaped([1]) }).marksNotFinite()
  }
}

extension Tensor {
  /// The values of scalars of one device; from a GPU all with one wait.
  public static func values(of scalars: [Tensor]) throws -> [Double] {
    guard scalars.count > 1, scalars[0].device.isCUDA else { return try scalars.map { try $0.item() } }
    return try concatenated(scalars.map { try $0.reshaped([1]).to(.float64) }).array(of: Double.self)
  }
}
