import Findings

/// Which amounts of target data a map is measured for.
public struct TransferMapPlan: Sendable {
  /// Training examples of each class, ascending; nil for all there are.
  public let amounts: [Int?]
  /// One training each: a seed draws the examples and everything random of it.
  public let seeds: [UInt64]
  /// Small amounts are gone through again and again until so many steps are done.
  public let leastSteps: Int

  /// - Parameters:
  ///   - amounts: at least one; seeds likewise.
  public init(amounts: [Int?], seeds: [UInt64], leastSteps: Int = 200) {
    precondition(!amounts.isEmpty && !seeds.isEmpty, "a map of \(amounts.count) amounts and \(seeds.count) seeds")
    self.amounts = amounts
    self.seeds = seeds
    self.leastSteps = leastSteps
  }

  /// One training: a strategy for an amount of a target.
  public struct Point: Sendable, Equatable {
    /// The target's place among the targets.
    public let target: Int
    /// Training examples of each class; nil for all there are.
    public let amount: Int?
    /// How the network is reused.
    public let strategy: TransferStrategy
    /// What the examples and everything random in the training are drawn by.
    public let seed: UInt64
  }

  /// All of them for so many targets.
  public func points(targetCount: Int) -> [Point] {
    (0..<targetCount).flatMap { target in
      amounts.flatMap { amount in
        TransferStrategy.allCases.flatMap { strategy in
          seeds.map { Point(target: target, amount: amount, strategy: strategy, seed: $0) }
        }
      }
    }
  }
}
