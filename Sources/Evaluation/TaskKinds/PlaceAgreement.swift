import Datasets
import Findings
import Metrics
import Models
import Torch

/// What a model says of tokens, pixels or labels, with what another said of them as what is right: models are judged by how
/// often the likeliest class is the one it was, or yes and no of a label.
///
/// What is right stands at the places of the outputs, −100 where none counts; see `Model.answers(on:dataset:kind:)`.
public struct PlaceAgreement: TaskKind {
  public let name = "agreement"
  public let words = "agreement"
  public let scores = [Score.agreement]
  private let kind: any TaskKind
  /// Nil of labels.
  private let classAxis: Int?

  /// - Parameter kind: of the task itself; nil where its outputs are neither classes nor labels.
  public init?(of kind: any TaskKind) {
    guard let meaning = kind.outputMeaning, meaning != .numbers else { return nil }
    (self.kind, classAxis) = (kind, meaning.classAxis)
  }

  public var outputMeaning: OutputMeaning? { kind.outputMeaning }
  public var places: String? { kind.answeredPlaces }
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
    guard let classAxis else { return try outputs.widened().binaryCrossEntropy(with: labels.to(.float32)) }
    guard classAxis > 1 else { return try classLoss(of: outputs, labels: labels, settings: settings) }
    return try classLoss(
      of: outputs.reshaped([-1, outputs.shape[classAxis]]), labels: labels.reshaped([-1]), settings: settings)
  }

  public func mass(of labels: Tensor) throws -> Double { try countOfClasses(in: labels) }

  /// The summed cross-entropy, the places that count, and those where the same is said.
  public func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums {
    if let classAxis { return try classSums(of: outputs, labels: labels, classAxis: classAxis) }
    let count = labels.shape[0]
    func byExample(_ values: Tensor) throws -> [Double] {
      try values.to(.float64).reshaped([count, -1]).sum(along: [1]).array(of: Double.self)
    }
    let (logits, said) = (try outputs.widened().reshaped([count, -1]), try labels.reshaped([count, -1]))
    let losses = try byExample(logits.binaryCrossEntropy(with: said.to(.float32), reduction: .none))
    let same = try byExample(logits.isAtLeast(0).to(.int64).equals(said.to(.int64)))
    let width = Double(labels.count / max(1, count))
    return ExampleSums(width: 3, values: (0..<count).flatMap { [losses[$0], width, same[$0]] })
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
    try kind.probeTargets(of: labels).map { _ in
      classAxis == nil ? .labels(try labels.reshaped([labels.shape[0], -1])) : .classes(labels)
    }
  }
}

extension Model {
  /// Examples with the likeliest class that the model itself gives each of their places, or its yes and no of each label, as
  /// ``PlaceAgreement`` has them.
  ///
  /// - Parameters:
  ///   - kind: of the task itself; what its labels leave out is left out.
  ///   - processes: those that ask together, each the same model about the same examples; nil for one by itself.
  public func answers(
    on split: Split, dataset: String, kind: any TaskKind, processes: ProcessGroup? = nil
  ) throws -> Split {
    guard let meaning = kind.outputMeaning, meaning != .numbers else {
      throw EvaluationError.cannotAgree(kind: kind.words)
    }
    try checkInputs(of: split, dataset: dataset)
    let pass = SharedPass(over: processes, on: device)
    var said: [String: [Tensor]] = [:]
    try withoutGradients {
      for batch in pass.part(of: try Batches(split: split, batchSize: 50, device: device)) {
        let outputs = try run(try batch.modelInputs(for: self)).logits
        var classes = try meaning.classAxis.map { try outputs.argmax(along: $0) } ?? outputs.isAtLeast(0).to(.int32)
        if let leftOut = try kind.leftOut(of: classes, labels: batch.labels) {
          classes = try classes.filled(where: leftOut, with: Double(Dataset.ignoredLabel))
        }
        said["classes", default: []].append(classes)
      }
    }
    let all = try pass.joined(said)["classes"]
    return split.relabelled(try all?.array(of: Int32.self) ?? [], shape: Array(all?.shape.dropFirst() ?? []))
  }
}
