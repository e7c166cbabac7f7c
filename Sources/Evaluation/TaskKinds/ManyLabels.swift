import Datasets
import Findings
import Foundation
import Metrics
import Torch

/// Any number of labels an example, each of which is there or not.
///
/// Average precision is scikit-learn's `Σ (Rₙ − Rₙ₋₁) Pₙ` over the distinct scores; its mean is over the labels that some
/// example has. F1 counts what is said with a probability of at least one half, over all labels together (micro).
///
/// Of a head that has more labels than the data, nobody said whether an example has the others: they are in no loss and no
/// score (−100, as tokens and pixels that are left out).
public struct ManyLabels: TaskKind {
  public let name = "multi-label"
  public let words = "several labels an example"
  public let scores = [Score.meanAveragePrecision, .microF1]

  private let names: [String]
  /// How many labels the data name; nil where they name none, which are then all of the head's.
  private let namedCount: Int?

  /// A kind that nothing of the data is known of.
  public init() { self.init(names: []) }

  private init(names: [String], namedCount: Int? = nil) {
    self.names = names
    self.namedCount = namedCount
  }

  public func bound(to data: Dataset) -> any TaskKind {
    ManyLabels(
      names: outputNames(of: data) ?? [], namedCount: data.classNames.isEmpty ? nil : data.classNames.count)
  }

  public var smoothsLabels: Bool { false }
  public let objectionToGrowth: String? = nil
  public var outputMeaning: OutputMeaning? { .labels }

  public func fits(_ form: TaskForm) -> Bool {
    form.hasLabelColumns && form.outputShape.map { $0.count == 1 } ?? true
  }

  public func naming(outputs names: [String]) -> any TaskKind { ManyLabels(names: names) }

  public func numbered(_ split: Split, by match: ClassMatch) -> Split {
    split.labelled(in: match.outputs, of: match.outputCount)
  }

  /// The labels that some of the examples have.
  public func outputs(labelledIn split: Split, of count: Int) -> Set<Int>? { split.targetLabels }

  public func outputNames(of data: Dataset) -> [String]? {
    data.classNames.isEmpty ? (0..<(data.train.targets?.shape.first ?? 0)).map { "label \($0)" } : data.classNames
  }

  public func fault(in values: [Double], form: TaskForm) -> String? {
    if let width = namedCount ?? form.outputShape?.first, values.count != width {
      return "has \(values.count) labels, \(namedCount == nil ? "the model gives" : "the data name") \(width)"
    }
    return values.first { $0 != 0 && $0 != 1 }.map { "has label \($0), expected 0 or 1" }
  }

  public func loss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor {
    // Of a head that grew, what a task knew may be asked of alone.
    let own =
      labels.shape[1] > outputs.shape[1] ? try labels.narrowed(along: 1, from: 0, count: outputs.shape[1]) : labels
    let (logits, truth) =
      try settings.classes.map { (try $0.taking(columns: outputs), try $0.taking(columns: own)) }
      ?? (outputs, own)
    let unknown = try truth.equals(Int(Dataset.ignoredLabel))
    let count = try mass(of: truth)
    guard count < Double(truth.count) else { return try logits.binaryCrossEntropy(with: truth.to(.float32)) }
    return try logits.binaryCrossEntropy(with: truth.filled(where: unknown, with: 0).to(.float32), reduction: .none)
      .filled(where: unknown, with: 0).sum().multiply(by: 1 / max(1, count))
  }

  public func mass(of labels: Tensor) throws -> Double { try countOfClasses(in: labels) }

  /// The loss; then the probability of each label, and whether it is there, −100 where nobody said.
  public func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums {
    let (count, width) = (outputs.shape[0], outputs.shape[1])
    let truth = try labels.to(.float32)
    let unknown = try truth.equals(Int(Dataset.ignoredLabel))
    let losses = try outputs.binaryCrossEntropy(with: truth.filled(where: unknown, with: 0), reduction: .none)
      .filled(where: unknown, with: 0).to(.float64).sum(along: [1])
      .divide(unknown.negated().to(.float64).sum(along: [1])).array(of: Double.self)
    let said = try outputs.to(.float64).sigmoid().array(of: Double.self)
    let right = try truth.array(of: Double.self)
    return ExampleSums(
      width: 1 + 2 * width,
      values: (0..<count).flatMap { row -> [Double] in
        let own = row * width..<(row + 1) * width
        return [losses[row]] + said[own] + right[own]
      })
  }

  /// How likely each label was said to be.
  public func changes(from before: Tensor, to after: Tensor, labels: Tensor) throws -> [ExampleChange] {
    let width = labels.shape[1]
    let said = try [before, after].map { try $0.to(.float64).sigmoid().array(of: Double.self) }
    return try valueChanges(
      of: labels.to(.float64).array(of: Double.self), width: width, said: said, isProbability: true
    ) { className($0, among: names) }
    .map { change in ExampleChange(values: change.values?.filter { $0.right != Double(Dataset.ignoredLabel) }) }
  }

  /// Labels that nobody speaks of are fitted as if they were not there; their outputs judge nothing.
  public func probeTargets(of labels: Tensor) throws -> ProbeTargets? {
    .labels(try labels.filled(where: labels.equals(Int(Dataset.ignoredLabel)), with: 0))
  }

  public func values(of sums: ExampleSums, counting counts: [Int]?) -> TaskValues {
    let width = (sums.width - 1) / 2
    let times = counts ?? [Int](repeating: 1, count: sums.count)
    let total = Double(max(1, times.reduce(0, +)))
    let loss = (0..<sums.count).reduce(0.0) { $0 + Double(times[$1]) * sums.values[$1 * sums.width] } / total
    var precisions: [Double] = []
    var (right, said, there) = (0.0, 0.0, 0.0)
    for label in 0..<width {
      var entries: [(score: Double, isThere: Bool, times: Double)] = []
      for row in 0..<sums.count where times[row] > 0 {
        let first = row * sums.width + 1
        guard sums.values[first + width + label] >= 0 else { continue }
        let entry = (
          score: sums.values[first + label], isThere: sums.values[first + width + label] == 1, times: Double(times[row])
        )
        entries.append(entry)
        if entry.score >= 0.5 { said += entry.times }
        if entry.isThere { there += entry.times }
        if entry.score >= 0.5, entry.isThere { right += entry.times }
      }
      if let precision = Self.averagePrecision(entries) { precisions.append(precision) }
    }
    let mean = precisions.isEmpty ? Double.nan : precisions.reduce(0, +) / Double(precisions.count)
    return TaskValues(loss: loss, scores: [mean, said + there == 0 ? 0 : 2 * right / (said + there)])
  }

  /// Of the labels that are said to be there, whoever is known to have them.
  public func shareOfAnswers(among outputs: Set<Int>, in sums: ExampleSums) -> Double? {
    let width = (sums.width - 1) / 2
    let counts = (0..<width).map { label in
      Double((0..<sums.count).count { sums.values[$0 * sums.width + 1 + label] >= 0.5 })
    }
    return share(of: outputs, in: counts)
  }

  /// Nil where no example has the label.
  private static func averagePrecision(_ entries: [(score: Double, isThere: Bool, times: Double)]) -> Double? {
    let positives = entries.reduce(0.0) { $0 + ($1.isThere ? $1.times : 0) }
    guard positives > 0 else { return nil }
    let sorted = entries.sorted { $0.score > $1.score }
    var (right, all, recalled, sum) = (0.0, 0.0, 0.0, 0.0)
    for (place, entry) in sorted.enumerated() {
      all += entry.times
      if entry.isThere { right += entry.times }
      // Equal scores are one threshold.
      guard place + 1 == sorted.count || sorted[place + 1].score != entry.score else { continue }
      sum += (right - recalled) / positives * right / all
      recalled = right
    }
    return sum
  }
}

extension TaskForm {
  /// Whether an example has columns that are 0 or 1: several, or one of the labels that the model gives.
  var hasLabelColumns: Bool {
    guard hasBinaryLabels, labelShape.count == 1 else { return false }
    return labelShape[0] > 1 || (outputShape ?? []).reduce(1, *) > 1
  }
}

extension Score {
  /// F1 of all labels together.
  public static let microF1 = Score(name: "f1", unit: .fraction, direction: .up)
}
