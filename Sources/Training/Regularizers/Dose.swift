import Findings
import Torch

/// Measures the doses of an epoch. Penalties are summed at every step; norms of gradients, which cost passes of their own,
/// are taken on a few steps.
struct DoseMeter {
  /// Steps of an epoch on which gradients are measured, at most.
  static let sampledSteps = 8

  private struct Sums {
    var penalty = 0.0
    var ratio = 0.0
    var ratioCount = 0
    var remaining = 1.0
    var share: Double?
    /// The schedule's factors of the steps before the share was first measured.
    var earlierFactors: [Double] = []
  }

  private let names: [String]
  var count: Int { names.count }
  private var sums: [Sums]
  private var taskLoss = 0.0
  private var stepCount = 0
  /// How many times as hard as the task each regularizer pulled at the step, not read yet; NaN where that cannot be said.
  private(set) var unreadRatios: [(index: Int, ratio: PendingNumber)] = []

  init(_ names: [String]) {
    self.names = names
    sums = Array(repeating: Sums(), count: names.count)
  }

  /// Whether gradients are measured at a step of the epoch, counted from 0: on one of 16 at most, evenly spread, so that
  /// measuring costs next to nothing.
  static func samples(step: Int, of count: Int) -> Bool {
    let wanted = min(sampledSteps, max(1, count / 16))
    // The middle of each of as many equal parts.
    return (0..<wanted).contains { (2 * $0 + 1) * count / (2 * wanted) == step }
  }

  mutating func addStep(taskLoss: Double, penalties: [Double], factor: Double) {
    stepCount += 1
    self.taskLoss += taskLoss
    for (index, penalty) in penalties.enumerated() {
      sums[index].penalty += penalty
      if let share = sums[index].share {
        sums[index].remaining *= 1 - factor * share
      } else {
        sums[index].earlierFactors.append(factor)
      }
    }
  }

  /// - Parameters:
  ///   - own: the regularizer's gradient of each parameter, nil where it has none.
  ///   - task: the task's.
  ///   - partSums: of parameters that are in parts over several processes.
  mutating func addGradients(_ own: [Tensor?], task: [Tensor?], of index: Int, partSums: PartSums? = nil) throws {
    let pairs = zip(own, task).compactMap { mine, theirs in mine.map { ($0, theirs) } }
    let squares = try pairs.flatMap { mine, theirs in [try mine.squaredNorm(), try (theirs ?? mine).squaredNorm()] }
    let indices = own.indices.filter { own[$0] != nil }.flatMap { [$0, $0] }
    let hasTask = pairs.map { $0.1 != nil }
    let ratio = try partSums.number(of: squares, over: indices) { squares in
      var (ownSquare, taskSquare) = (0.0, 0.0)
      for position in hasTask.indices where squares[2 * position] > 0 {
        ownSquare += squares[2 * position]
        taskSquare += hasTask[position] ? squares[2 * position + 1] : 0
      }
      guard ownSquare > 0 else { return 0 }
      return taskSquare > 0 ? (ownSquare / taskSquare).squareRoot() : .nan
    }
    unreadRatios.append((index, ratio))
  }

  /// Takes what ``unreadRatios`` turned out to be, in their order.
  mutating func add(ratios: ArraySlice<Double>) {
    for (unread, ratio) in zip(unreadRatios, ratios) where !ratio.isNaN {
      sums[unread.index].ratio += ratio
      sums[unread.index].ratioCount += 1
    }
    unreadRatios = []
  }

  mutating func setShare(_ share: Double?, of index: Int) {
    sums[index].share = share
    guard let share else { return }
    for factor in sums[index].earlierFactors { sums[index].remaining *= 1 - factor * share }
    sums[index].earlierFactors = []
  }

  func doses() -> [RegularizerDose] {
    let whole = taskLoss + sums.reduce(0) { $0 + $1.penalty }
    return zip(names, sums).map { name, sum in
      RegularizerDose(
        name: name, penalty: sum.penalty / Double(max(1, stepCount)),
        lossShare: whole > 0 ? sum.penalty / whole : .nan,
        gradientRatio: sum.ratioCount > 0 ? sum.ratio / Double(sum.ratioCount) : .nan,
        pulledBack: sum.share == nil ? .nan : 1 - sum.remaining)
    }
  }

  /// The name of each regularizer, numbered from the second of a kind on.
  static func names(of kinds: [String]) -> [String] {
    var seen: [String: Int] = [:]
    return kinds.map { kind in
      seen[kind, default: 0] += 1
      return seen[kind, default: 1] == 1 ? kind : "\(kind)-\(seen[kind, default: 1])"
    }
  }
}

extension Tensor {
  fileprivate func squaredNorm() throws -> Tensor { try withoutGradients { try squared().sum() } }
}
