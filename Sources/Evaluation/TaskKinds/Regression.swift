import Datasets
import Findings
import Foundation
import Metrics
import Torch

/// Numbers to be predicted.
///
/// With the squared loss models are judged by the root of its mean, with the others by the mean absolute error, both in the
/// label's own unit; beside it stands the coefficient of determination, R², over all numbers together.
public struct Regression: TaskKind {
  /// What is made small in training.
  public enum Loss: String, Sendable, CaseIterable {
    /// `(x − y)²`, of `regression`.
    case squared
    /// `|x − y|`, of `regression-absolute`.
    case absolute
    /// Huber's with a width of 1, of `regression-huber`.
    case huber
  }

  private let kind: Loss
  private let names: [String]
  public let words = "regression"

  /// A regression by a loss.
  public init(_ loss: Loss) { self.init(loss, names: []) }

  private init(_ loss: Loss, names: [String]) {
    kind = loss
    self.names = names
  }

  public func bound(to data: Dataset) -> any TaskKind { Regression(kind, names: outputNames(of: data) ?? []) }

  public var name: String { kind == .squared ? "regression" : "regression-\(kind.rawValue)" }
  public var scores: [Score] { [kind == .squared ? .rootMeanSquaredError : .meanAbsoluteError, .determination] }

  public var smoothsLabels: Bool { false }
  public var objectionToGrowth: String? {
    "its outputs are numbers, of which there are as many as the data have; a new head is drawn for others"
  }
  public var outputMeaning: OutputMeaning? { .numbers }

  public func fits(_ form: TaskForm) -> Bool {
    form.labelShape.count <= 1 && form.outputShape.map { $0.count <= 1 } ?? true
  }

  /// Fractions that are not all 0 and 1.
  public func isMeant(by form: TaskForm) -> Bool {
    kind == .squared && fits(form) && !form.hasIntegerLabels && !form.isYesOrNo && !form.hasLabelColumns
  }

  public func outputNames(of data: Dataset) -> [String]? {
    let count = data.train.targets?.shape.reduce(1, *) ?? 1
    return data.classNames.count == count ? data.classNames : (0..<count).map { "number \($0)" }
  }

  public func fault(in values: [Double], form: TaskForm) -> String? {
    guard let count = form.outputShape?.reduce(1, *), values.count != count else { return nil }
    return "has \(values.count) numbers to predict, the model gives \(count)"
  }

  public func loss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor {
    let labels = try labels.to(.float32).reshaped(outputs.shape)
    switch kind {
    case .squared: return try outputs.squaredError(from: labels)
    case .absolute: return try outputs.absoluteError(from: labels)
    case .huber: return try outputs.huberLoss(from: labels)
    }
  }

  public func mass(of labels: Tensor) throws -> Double { Double(labels.count) }

  /// Numbers, squared and absolute errors, the loss, the labels and their squares; all summed over an example.
  public func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums {
    let count = outputs.shape[0]
    let (said, right) = (
      try outputs.to(.float64).reshaped([count, -1]), try labels.to(.float64).reshaped([count, -1])
    )
    let width = said.shape[1]
    let (values, truth) = (try said.array(of: Double.self), try right.array(of: Double.self))
    return ExampleSums(
      width: 6,
      values: (0..<count).flatMap { row -> [Double] in
        var sums = [Double(width), 0, 0, 0, 0, 0]
        for place in row * width..<(row + 1) * width {
          let error = abs(values[place] - truth[place])
          sums[1] += error * error
          sums[2] += error
          sums[3] += error <= 1 ? error * error / 2 : error - 0.5
          sums[4] += truth[place]
          sums[5] += truth[place] * truth[place]
        }
        return sums
      })
  }

  /// The numbers, and what was said.
  public func changes(from before: Tensor, to after: Tensor, labels: Tensor) throws -> [ExampleChange] {
    let said = try [before, after].map { try $0.to(.float64).array(of: Double.self) }
    return try valueChanges(
      of: labels.to(.float64).array(of: Double.self), width: labels.count / max(1, labels.shape[0]), said: said,
      isProbability: false
    ) { className($0, among: names) }
  }

  public func probeTargets(of labels: Tensor) throws -> ProbeTargets? {
    .numbers(try labels.reshaped([labels.shape[0], -1]))
  }

  public func values(of sums: ExampleSums, counting counts: [Int]?) -> TaskValues {
    let totals = sums.totals(counting: counts)
    let count = totals[0]
    let spread = totals[5] - totals[4] * totals[4] / count
    let determination = spread > 0 ? 1 - totals[1] / spread : .nan
    let squared = totals[1] / count
    switch kind {
    case .squared: return TaskValues(loss: squared, scores: [squared.squareRoot(), determination])
    case .absolute: return TaskValues(loss: totals[2] / count, scores: [totals[2] / count, determination])
    case .huber: return TaskValues(loss: totals[3] / count, scores: [totals[2] / count, determination])
    }
  }
}

extension Score {
  /// The root of the mean squared error, in the label's unit.
  public static let rootMeanSquaredError = Score(name: "rmse", unit: .number, direction: .down)
  /// The mean absolute error, in the label's unit.
  public static let meanAbsoluteError = Score(name: "mae", unit: .number, direction: .down)
  /// The share of the labels' variance that is explained; negative where the mean would be nearer.
  public static let determination = Score(name: "r2", unit: .number, direction: .up)
}
