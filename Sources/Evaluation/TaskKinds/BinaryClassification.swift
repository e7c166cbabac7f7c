import Datasets
import Findings
import Metrics
import Torch

/// One of two classes an example, said by a single output: its logit is above 0 for the second class.
///
/// So Keras' and many of PyTorch's tutorials have it: `Dense(1)` with `BinaryCrossentropy(from_logits=True)`,
/// `BCEWithLogitsLoss`. Labels are 0 or 1, of any type. It is what labels and outputs are taken for wherever labels are
/// nothing but 0 and 1 and the head in place has one output; `regression` has to be asked for there.
public struct BinaryClassification: TaskKind {
  public let name = "binary-classification"
  public let words = "binary classification"
  public let scores = [Score.accuracy]
  public let outputMeaning: OutputMeaning? = .labels
  public let smoothsLabels = false
  public let objectionToGrowth: String? =
    "its one output says yes or no; a classification with a new head has more classes"

  private let names: [String]

  /// A kind that nothing of the data is known of.
  public init() { self.init(names: []) }

  private init(names: [String]) { self.names = names }

  public func bound(to data: Dataset) -> any TaskKind { BinaryClassification(names: outputNames(of: data) ?? []) }

  public func fits(_ form: TaskForm) -> Bool {
    form.hasBinaryLabels && form.labelShape.reduce(1, *) == 1 && form.outputShape.map { $0.count <= 1 } ?? true
  }

  public func isMeant(by form: TaskForm) -> Bool { form.isYesOrNo }

  /// The output says how likely the second class is.
  public func outputNames(of data: Dataset) -> [String]? { [data.classNames.last ?? "1"] }

  public func fault(in values: [Double], form: TaskForm) -> String? {
    if let count = form.outputShape?.reduce(1, *), count != 1 {
      return "has one label, 0 or 1, the model gives \(count) outputs"
    }
    return values.first { $0 != 0 && $0 != 1 }.map { "has label \($0), expected 0 or 1" }
  }

  public func loss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor {
    try column(outputs).binaryCrossEntropy(with: column(labels).to(.float32))
  }

  public func mass(of labels: Tensor) throws -> Double { Double(labels.count) }

  /// Whether it is right, and the loss, as of any classification.
  public func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums {
    let (logits, truth) = (try column(outputs), try column(labels).to(.float32))
    let losses = try logits.binaryCrossEntropy(with: truth, reduction: .none).array(of: Double.self)
    let (said, right) = (try logits.array(of: Double.self), try truth.array(of: Double.self))
    return ExampleSums(
      width: 2, values: losses.indices.flatMap { [(said[$0] > 0) == (right[$0] == 1) ? 1 : 0, losses[$0]] })
  }

  /// Of two classes, the first of which has the score 0: its softmax is one less the sigmoid.
  public func classAnswers(of outputs: Tensor, labels: Tensor) throws -> ClassAnswers? {
    let logits = try column(outputs).reshaped([-1, 1])
    return try ClassAnswers(
      scores: Tensor.concatenated([logits.multiply(by: 0), logits], along: 1), labels: column(labels).to(.int64))
  }

  public func values(of sums: ExampleSums, counting counts: [Int]?) -> TaskValues {
    Classification().values(of: sums, counting: counts)
  }

  /// McNemar's exact test, as of any classification.
  public func change(
    from before: ExampleSums, to after: ExampleSums, resamples: Int?, using random: inout RandomSource
  ) -> PairedChange {
    Classification().change(from: before, to: after, resamples: resamples, using: &random)
  }

  /// How likely the second class was said to be.
  public func changes(from before: Tensor, to after: Tensor, labels: Tensor) throws -> [ExampleChange] {
    let said = try [before, after].map { try column($0).to(.float64).sigmoid().array(of: Double.self) }
    return try valueChanges(
      of: labels.to(.float64).array(of: Double.self), width: 1, said: said, isProbability: true
    ) { className($0, among: names) }
  }

  public func probeTargets(of labels: Tensor) throws -> ProbeTargets? {
    .labels(try labels.reshaped([labels.shape[0], 1]))
  }

  /// `[batch]`, whether examples have a number or a row of one.
  private func column(_ values: Tensor) throws -> Tensor { try values.reshaped([values.shape[0]]) }
}

extension TaskForm {
  /// Whether an example has one label, 0 or 1, and the model says one number of it.
  var isYesOrNo: Bool {
    hasBinaryLabels && labelShape.reduce(1, *) == 1
      && outputShape.map { $0.count <= 1 && $0.reduce(1, *) == 1 } ?? false
  }
}
