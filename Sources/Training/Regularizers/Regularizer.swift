import Datasets
import Metrics
import Models
import Torch

/// Something that holds fine-tuning back.
///
/// A regularizer says with ``loss(of:)`` what it adds to the loss of a step, or with ``addGradient(to:)`` what it adds to
/// the gradients themselves, which costs no graph. Everything has a default; one that needs only logits is complete with:
///
/// ```swift
/// struct LogitNorm: Regularizer {
///   static let kind = RegularizerKind(
///     "logit-norm", "λ · mean ‖logits‖²", settings: [.number("lambda", 0.01, "strength")]
///   ) { LogitNorm(strength: try $0.settings.number("lambda")) }
///
///   let strength: Double
///
///   func summary(stepsPerEpoch: Int) -> String { "Logit norm with \(strength)" }
///
///   func loss(of step: TrainingStep) throws -> Tensor? {
///     try step.logits.squared().sum().multiply(by: strength / Double(step.count))
///   }
/// }
/// ```
///
/// After `RegularizerKind.register(LogitNorm.kind)`, `RegularizerSpecification(parsing: "logit-norm:lambda=0.1")` makes
/// one, its settings checked, and its dose is measured as any other's.
public protocol Regularizer {
  /// What it is, what it acts on and how hard it pulls over an epoch, for the terminal.
  func summary(stepsPerEpoch: Int) -> String
  /// Names of the parameters it acts on by itself; none for one that adds to the loss.
  var parameterNames: [String] { get }
  /// Parameters for which it takes the place of weight decay.
  var replacesWeightDecay: Set<String> { get }

  /// Layers whose outputs ``loss(of:)`` reads.
  var capturedLayers: [String] { get }
  /// Whether ``loss(of:)`` reads what enters the classifier.
  var readsHeadInput: Bool { get }
  /// Whether it needs nothing of a step's inputs and of layers below what is trained: it reads weights and gradients,
  /// logits, labels, what enters the classifier, and puts no examples beside the step's. Frozen lower layers are then
  /// computed once for the whole run; where it is false, which is what holds unless it is declared, for every step.
  var isIndependentOfInputs: Bool { get }
  /// Examples of another task that go through the network with a step's own, in the same batch.
  ///
  /// - Parameter count: examples of the step's own.
  func examples(beside count: Int) throws -> Batch?

  /// What it adds to the loss of a step, a scalar with its graph; nil for nothing.
  ///
  /// Of several processes that train together each is asked about its part of the batch; means are then weighed by their
  /// examples, and sums added.
  func loss(of step: TrainingStep) throws -> Tensor?

  /// Whether ``loss(of:)`` is a sum over the step's examples rather than a mean. Of several batches that make one step,
  /// sums are added, and means are weighed by their examples.
  var sumsOverExamples: Bool { get }

  /// Sees the gradients of the loss before any pull is added to them; they must not be changed.
  func observe(gradients: [Tensor]) throws

  /// Adds its gradient to the loss's, in place.
  ///
  /// - Parameter gradients: in the order of the trainable parameters.
  /// - Returns: the penalty Ω at the current weights.
  func addGradient(to gradients: [Tensor]) throws -> Double

  /// As ``addGradient(to:)``, without reading the penalty from where it is computed: on a GPU, reading it there would wait
  /// for all that came before. By default it is read.
  func addGradientDeferring(to gradients: [Tensor]) throws -> PendingNumber

  /// Adds, for measuring alone, the gradient that its pull amounts to: of one that acts in the step, what it would be on
  /// the gradient.
  func addEquivalentGradient(to gradients: [Tensor]) throws

  /// After the optimizer's step; `factor` is the schedule's.
  func afterStep(factor: Double) throws

  /// Learning rate × strength at the peak rate: the share of the displacement that one plain gradient step takes back.
  /// Nil where there is no such share: the pull is not proportional to the displacement.
  func sharePerStep() throws -> Double?

  /// How much each parameter has mattered so far, by name, for the checkpoint; nil where it does not measure that.
  func importances() throws -> (measure: String, values: [String: Tensor])?

  /// What it has gathered while training, for a run that is to be resumed; not what it was made with.
  var state: RegularizerState { get throws }
  /// Goes on from what ``state`` gave.
  func restore(_ state: RegularizerState) throws
}

/// What a regularizer carries from epoch to epoch.
public struct RegularizerState {
  /// What it has gathered, by names of its own.
  public var tensors: [String: Tensor]
  /// Its stream of random numbers; nil where it draws none.
  public var random: RandomSource?

  /// A state; one that gathers nothing is empty.
  public init(tensors: [String: Tensor] = [:], random: RandomSource? = nil) {
    self.tensors = tensors
    self.random = random
  }
}

extension Regularizer {
  public var parameterNames: [String] { [] }
  public var replacesWeightDecay: Set<String> { [] }
  public var capturedLayers: [String] { [] }
  public var readsHeadInput: Bool { false }
  public var isIndependentOfInputs: Bool { false }
  public func examples(beside count: Int) throws -> Batch? { nil }
  public func loss(of step: TrainingStep) throws -> Tensor? { nil }
  public var sumsOverExamples: Bool { false }
  public func observe(gradients: [Tensor]) throws {}
  public func addGradient(to gradients: [Tensor]) throws -> Double { 0 }
  public func addGradientDeferring(to gradients: [Tensor]) throws -> PendingNumber {
    PendingNumber(try addGradient(to: gradients))
  }
  public func addEquivalentGradient(to gradients: [Tensor]) throws { _ = try addGradientDeferring(to: gradients) }
  public func afterStep(factor: Double) throws {}
  public func sharePerStep() throws -> Double? { nil }
  public func importances() throws -> (measure: String, values: [String: Tensor])? { nil }
  public var state: RegularizerState { RegularizerState() }
  public func restore(_ state: RegularizerState) throws {}
}

/// One step as a regularizer sees it, after the forward pass.
public struct TrainingStep {
  /// What the regularizer's own ``Regularizer/examples(beside:)`` gave.
  public struct Replayed {
    /// The examples, with their labels and their places in the split that they were drawn from.
    public let batch: Batch
    /// What enters the classifier for them, with its graph; empty unless ``Regularizer/readsHeadInput``.
    public let headInput: Tensor?
    /// What the head in place says of them, with its graph.
    public var logits: Tensor { get throws { try outputs.widened() } }
    let outputs: Tensor
    /// What of the draw this process has; nil of one by itself.
    var part: DrawnPart?

    /// Examples that were drawn, by all processes together.
    public var drawnCount: Int { part?.drawnCount ?? batch.indices.count }
  }

  /// The model being trained, its weights those of before the step.
  public let model: Model
  /// The step's own examples.
  public let batch: Batch
  /// Their inputs as the network took them; what is stored in their place for a regularizer that is
  /// ``Regularizer/isIndependentOfInputs``.
  public let inputs: [String: Tensor]
  /// Their logits, `[count, classes]`, in float32 and with their graph.
  public var logits: Tensor { get throws { try outputs.widened() } }
  let outputs: Tensor
  /// The captured layers' outputs for them, `[count, …]`.
  public let features: [String: Tensor]
  /// What enters the classifier for them.
  public let headInput: Tensor?
  /// What the regularizer put beside the step's examples; nil where it put nothing.
  public let replayed: Replayed?

  /// What of the batch this process has.
  var part = BatchPart(whole: 0)
  /// Those that train together.
  var processes: DataParallel?

  /// The step's own examples, of several processes those of this one.
  public var count: Int { batch.indices.count }
  /// The examples of the whole batch, of all processes together.
  public var batchCount: Int { max(count, part.batchCount) }
}
