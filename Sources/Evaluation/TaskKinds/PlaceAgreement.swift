import Datasets
import Findings
import Metrics
import Models
import Torch

/// What a model says of tokens or pixels, with what another said of them as the labels: models are judged by how often
/// the likeliest class is the one it was.
///
/// Labels stand at the places of the outputs, −100 where none counts; see `Model.answers(on:dataset:kind:)`.
public struct PlaceAgreement: TaskKind {
  public let name = "agreement"
  public let words = "agreement"
  public let scores = [Score.agreement]
  private let kind: any TaskKind
  private let classAxis: Int

  /// - Parameter kind: of the task itself; nil where its outputs are no classes.
  public init?(of kind: any TaskKind) {
    guard case .classes(let axis)? = kind.outputMeaning else { return nil }
    (self.kind, classAxis) = (kind, axis)
  }

  public var outputMeaning: OutputMeaning? { kind.outputMeaning }
  public var places: String? { kind.places }
  public var widensOutputs: Bool { true }
  public var refitsFromHead: Bool { kind.refitsFromHead }

  public func fits(_ form: TaskForm) -> Bool { false }
  public func fault(in values: [Double], form: TaskForm) -> String? { nil }

  public func outputNames(of data: Dataset) -> [String]? {
    data.classNames.isEmpty ? kind.outputNames(of: data) : data.classNames
  }

  public func isCounted(_ labels: Tensor) throws -> Tensor? {
    try labels.equals(Int(Dataset.ignoredLabel)).negated()
  }

  public func loss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor {
    guard classAxis > 1 else { return try classLoss(of: outputs, labels: labels, settings: settings) }
    return try classLoss(
      of: outputs.reshaped([-1, outputs.shape[classAxis]]), labels: labels.reshaped([-1]), settings: settings)
  }

  public func mass(of labels: Tensor) throws -> Double { try countOfClasses(in: labels) }

  /// The summed cross-entropy, the places that count, and those where the likeliest class is what it was.
  public func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums {
    try classSums(of: outputs, labels: labels, classAxis: classAxis)
  }

  public func values(of sums: ExampleSums, counting counts: [Int]?) -> TaskValues {
    let totals = sums.totals(counting: counts)
    return TaskValues(loss: totals[0] / totals[1], scores: [totals[2] / totals[1]])
  }

  /// Nothing of a language model, whose labels stand elsewhere.
  public func changes(from before: Tensor, to after: Tensor, labels: Tensor) throws -> [ExampleChange] {
    refitsFromHead ? [] : try kind.changes(from: before, to: after, labels: labels)
  }

  public func probeTargets(of labels: Tensor) throws -> ProbeTargets? {
    try kind.probeTargets(of: labels).map { _ in .classes(labels) }
  }
}

extension Model {
  /// Examples with the likeliest class that the model itself gives each of their places, as ``PlaceAgreement`` has them.
  ///
  /// - Parameter kind: of the task itself; what its labels leave out is left out.
  public func answers(on split: Split, dataset: String, kind: any TaskKind) throws -> Split {
    guard case .classes(let axis)? = kind.outputMeaning else { throw EvaluationError.cannotAgree(kind: kind.words) }
    try checkInputs(of: split, dataset: dataset)
    var said: [Int32] = []
    var shape: [Int] = []
    try withoutGradients {
      for batch in try Batches(split: split, batchSize: 50, device: device) {
        var classes = try run(try batch.modelInputs(for: self)).logits.argmax(along: axis)
        if let leftOut = try kind.leftOut(of: classes, labels: batch.labels) {
          classes = try classes.filled(where: leftOut, with: Double(Dataset.ignoredLabel))
        }
        shape = Array(classes.shape.dropFirst())
        said += try classes.array(of: Int32.self)
      }
    }
    return split.relabelled(said, shape: shape)
  }
}
