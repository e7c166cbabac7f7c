import Metrics

/// A way of using a base network for a target, from the cheapest to the dearest.
public enum TransferStrategy: String, Sendable, CaseIterable {
  /// The whole base network frozen, its head trained: feature extraction.
  case head = "head alone"
  /// A linear classifier on the block that suits the target best, chosen on held-out training examples.
  case probe = "linear on the best block"
  /// Everything trained on from the base network's weights.
  case tuning = "fine-tuning"
  /// The same network drawn anew.
  case scratch = "from scratch"
}

/// Which amounts of target data a map is measured for.
public struct TransferMapPlan: Sendable {
  /// Training examples of each class, ascending; nil for all there are.
  public let amounts: [Int?]
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
    public let amount: Int?
    public let strategy: TransferStrategy
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

/// Where feature extraction, fine-tuning and training from scratch win, by the amount of target data.
public struct TransferMap: Sendable {
  /// What the strategies come to for one amount of one target.
  public struct Cell: Sendable {
    public let amount: Int?
    /// Training examples in all.
    public let exampleCount: Int
    /// Test examples that the accuracies are of.
    public let testCount: Int
    /// Target accuracies, one a seed, by strategy.
    public let values: [TransferStrategy: [Double]]

    public func accuracy(_ strategy: TransferStrategy) -> MeanInterval? {
      values[strategy].flatMap { $0.isEmpty ? nil : MeanInterval($0) }
    }

    /// The most accurate strategy.
    public var best: TransferStrategy? {
      TransferStrategy.allCases.filter { accuracy($0) != nil }.max { mean($0) < mean($1) }
    }

    /// The cheapest strategy as good as the most accurate: within a point, or a standard error where few test examples
    /// make it larger.
    public var winner: TransferStrategy? {
      guard let best else { return nil }
      let tolerance = TransferResult.tolerance(testCount: testCount, near: mean(best))
      return TransferStrategy.allCases.first { mean($0) >= mean(best) - tolerance }
    }

    private func mean(_ strategy: TransferStrategy) -> Double { accuracy(strategy)?.mean ?? -.infinity }
  }

  /// One target, the cells by ascending amount.
  public struct Row: Sendable {
    public let target: String
    public let cells: [Cell]

    /// What fine-tuning gains over the base network's own features with all the data, a fraction: the smaller, the more
    /// similar the target is to what the network was trained on.
    public var dissimilarity: Double {
      guard let last = cells.last, let head = last.accuracy(.head), let tuned = last.accuracy(.tuning) else {
        return .nan
      }
      return tuned.mean - head.mean
    }
  }

  public let rows: [Row]

  /// The most similar target first.
  public var rowsBySimilarity: [Row] { rows.sorted { $0.dissimilarity < $1.dissimilarity } }

  /// One of CS231n's four cases, as it was measured.
  public struct Case: Sendable {
    public let isSmall: Bool
    public let target: String
    public let cell: Cell
  }

  /// The least and the most data, for every target, the most similar first.
  public var cases: [Case] {
    rowsBySimilarity.flatMap { row in
      [(true, row.cells.first), (false, row.cells.last)].compactMap { isSmall, cell in
        cell.map { Case(isSmall: isSmall, target: row.target, cell: $0) }
      }
    }
  }
}
