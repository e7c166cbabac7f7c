/// Accuracies of a sequence of tasks: `R[i][j]` is the accuracy on task `j` after training task `i`, as a fraction.
///
/// Other scores stand in place of accuracies with their sign so that higher is better: nats a token as −2.5, say.
///
/// An accuracy that was not measured is NaN. A measure that needs one is NaN too, rather than quietly something else.
public struct AccuracyMatrix: Sendable, Equatable {
  /// One row for each task trained, one column for each task evaluated.
  public let values: [[Double]]

  /// Whose definition of forgetting to follow.
  public enum Compatibility: String, Sendable, CaseIterable, Codable {
    /// Chaudhry 2018: the best accuracy before the last task, minus the last. May be negative.
    case chaudhry
    /// Avalanche: accuracy right after learning the task, minus the last.
    case avalanche
    /// Mammoth: the best accuracy of all, the last included, minus the last. Never negative.
    case mammoth
  }

  /// Wraps a square matrix of accuracies.
  public init(_ values: [[Double]]) {
    precondition(
      values.allSatisfy { $0.count == values.count },
      "an accuracy matrix is square; found rows of \(values.map(\.count)) for \(values.count) tasks")
    self.values = values
  }

  /// Number of tasks.
  public var taskCount: Int { values.count }

  /// Mean accuracy over all tasks after the last one: `mean_j R[T][j]`.
  public var averageAccuracy: Double {
    mean(values.last ?? [])
  }

  /// How later tasks changed earlier ones: `mean_{j<T} R[T][j] − R[j][j]`; negative is forgetting, 0 for a single task.
  ///
  /// Lopez-Paz and Ranzato, "Gradient Episodic Memory for Continual Learning", NeurIPS 2017.
  public var backwardTransfer: Double {
    meanOverEarlierTasks { task, last in last[task] - values[task][task] }
  }

  /// Mean forgetting of the tasks before the last: `mean_{j<T} max_{l<T} R[l][j] − R[T][j]`; 0 for a single task.
  ///
  /// - Parameter compatibility: whose definition; Chaudhry's by default.
  ///
  /// Chaudhry et al., "Riemannian Walk for Incremental Learning", ECCV 2018, eq. 3.
  public func forgetting(compatibility: Compatibility = .chaudhry) -> Double {
    meanOverEarlierTasks { task, last in
      switch compatibility {
      case .chaudhry: best(values.dropLast().map { $0[task] }) - last[task]
      case .avalanche: values[task][task] - last[task]
      case .mammoth: best(values.map { $0[task] }) - last[task]
      }
    }
  }

  /// What earlier tasks gave to later ones before these were trained: `mean_{j>1} R[j−1][j] − b[j]`.
  ///
  /// - Parameter randomBaseline: accuracy of a randomly initialized network on each task.
  /// - Returns: 0 for a single task.
  public func forwardTransfer(randomBaseline: [Double]) -> Double {
    precondition(
      randomBaseline.count == taskCount, "\(randomBaseline.count) baseline accuracies for \(taskCount) tasks")
    if taskCount < 2 { return 0 }
    return mean((1..<taskCount).map { values[$0 - 1][$0] - randomBaseline[$0] })
  }

  private func meanOverEarlierTasks(_ measure: (_ task: Int, _ lastRow: [Double]) -> Double) -> Double {
    guard let last = values.last, taskCount > 1 else { return 0 }
    return mean((0..<taskCount - 1).map { measure($0, last) })
  }

  /// Accuracies on a task before it was trained are often not measured: they cannot be the best then.
  private func best(_ accuracies: [Double]) -> Double {
    accuracies.filter { !$0.isNaN }.max() ?? .nan
  }
}
