import Torch

/// Whose batches the batch normalization of a forward pass in training is over, where several processes share one.
public struct SharedStatistics: Sendable {
  let processes: ProcessGroup
  let shares: [Double]?

  /// - Parameter shares: what each example that goes in counts, where several processes have the same one; nil for 1.
  public init(over processes: ProcessGroup, shares: [Double]? = nil) {
    self.processes = processes
    self.shares = shares
  }

  /// Of the forward passes that begin now; their gradients need it no more. Nil for each by its own batch.
  @TaskLocal public static var current: SharedStatistics?

  /// A call of `aten::batch_norm` in training.
  func normalized(_ arguments: [OperatorValue]) throws -> Tensor? {
    func tensor(_ place: Int) -> Tensor? { if case .tensor(let tensor) = arguments[place] { tensor } else { nil } }
    func number(_ place: Int) -> Double? {
      switch arguments[place] {
      case .double(let number): number
      case .int(let number): Double(number)
      default: nil
      }
    }
    guard arguments.count >= 8, let input = tensor(0), let momentum = number(6), let epsilon = number(7) else {
      return nil
    }
    return try processes.batchNormalized(
      input, weight: tensor(1), bias: tensor(2), runningMean: tensor(3), runningVariance: tensor(4),
      momentum: momentum, epsilon: epsilon, shares: shares)
  }
}
