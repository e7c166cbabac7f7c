import Torch

/// What is computed of each trainable parameter where processes have parts of some: a part's has to be summed over all of
/// them, that of a parameter that each has whole stays.
public struct PartSums {
  let group: ProcessGroup
  /// Of each trainable parameter, whether it is in parts.
  let isPart: [Bool]

  /// Numbers over whole parameters.
  ///
  /// - Parameters:
  ///   - values: over what this process has, one a parameter.
  ///   - indices: of the parameters, the same in all processes.
  /// - Returns: the same in all processes.
  /// - Throws: ``ProcessError/broken(operation:reason:)``.
  public func whole(_ values: [Double], of indices: [Int]) throws -> [Double] {
    let sums = try group.sum(zip(values, indices).map { isPart[$1] ? $0 : 0 })
    return zip(zip(values, sums), indices).map { isPart[$1] ? $0.1 : $0.0 }
  }
}

extension PartSums? {
  /// What a formula makes of scalars, one a parameter, over whole parameters: where some are in parts it is read at once.
  ///
  /// - Parameter indices: of the parameters.
  func number(
    of scalars: [Tensor], over indices: [Int], _ formula: @escaping ([Double]) -> Double
  ) throws -> PendingNumber {
    guard let self else { return PendingNumber(of: scalars, formula) }
    return PendingNumber(formula(try self.whole(Tensor.values(of: scalars), of: indices)))
  }
}
