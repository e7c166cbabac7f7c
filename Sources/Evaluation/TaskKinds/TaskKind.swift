import Datasets
import Findings
import Metrics
import Synchronization
import Torch

/// What a kind of task is: its labels, its loss, what an example adds to its score, and how two models are compared.
///
/// A kind is one file; after ``TaskKinds/register(_:)`` it is found like those that are here. Nothing outside these files asks which
/// kind it is.
public protocol TaskKind: Sendable {
  /// As users write it and runs keep it: `causal-lm`.
  var name: String { get }
  /// In words: `causal language model`.
  var words: String { get }
  /// What models are judged by, the first of them above all.
  var scores: [Score] { get }

  /// Whether labels and outputs can be this kind's.
  func fits(_ form: TaskForm) -> Bool
  /// Whether they are this kind's where nobody says so; of what fits, unless something tells it from other kinds.
  func isMeant(by form: TaskForm) -> Bool
  /// The kind with what it needs to know of the data, as the names of labels.
  func bound(to data: Dataset) -> any TaskKind
  /// The kind that stored sums are of, where the data are not at hand: what they say is all that is asked of it.
  func reading(sumsOfWidth width: Int) -> any TaskKind
  /// What the outputs of a new head stand for, one each; nil where a head is never drawn for the data alone.
  func outputNames(of data: Dataset) -> [String]?
  /// The kind with a head's names of the outputs, where the head has more than the data speak of, or in another order.
  func naming(outputs names: [String]) -> any TaskKind
  /// Examples with the numbers that a head has for their classes.
  ///
  /// - Parameter match: of the data's classes, in their order, with the head's outputs.
  func numbered(_ split: Split, by match: ClassMatch) -> Split
  /// How often the labels of some examples say each of so many outputs: a loss can be over those alone that they say; nil of a
  /// kind whose loss has no such parts.
  func labelCounts(in split: Split, of count: Int) -> [Int]?
  /// Whether the loss is a mean that can weigh each label by its class.
  var weighsClasses: Bool { get }
  /// Why a head cannot grow by the classes that data add, in words that follow "no outputs can be added to the head: "; nil
  /// where it can.
  var objectionToGrowth: String? { get }
  /// What is wrong with labels, in words that complete "example 3 …"; nil of sound ones.
  ///
  /// - Parameter values: the labels of one example.
  func fault(in values: [Double], form: TaskForm) -> String?

  /// The task's loss, a mean over all that counts: a scalar with its graph.
  ///
  /// - Parameters:
  ///   - outputs: the program's, `[batch, …]`; in float32 unless ``widensOutputs``.
  ///   - labels: `[batch, …]`, int64 or float32.
  func loss(of outputs: Tensor, labels: Tensor, settings: LossSettings) throws -> Tensor
  /// Whether ``loss(of:labels:settings:)`` takes outputs of half precision and widens them itself, so that large ones are
  /// never there twice.
  var widensOutputs: Bool { get }
  /// Over how much of these labels the loss is a mean: examples, tokens, pixels.
  func mass(of labels: Tensor) throws -> Double
  /// What each example adds.
  func sums(of outputs: Tensor, labels: Tensor) throws -> ExampleSums
  /// The answers with their probabilities of classes, by which a model's confidence is judged; nil of a kind whose outputs
  /// are none, or are too many to be looked at beside the loss, as a language model's.
  func classAnswers(of outputs: Tensor, labels: Tensor) throws -> ClassAnswers?
  /// What the sums come to, each example counted so often.
  func values(of sums: ExampleSums, counting counts: [Int]?) -> TaskValues
  /// Of all that was answered with a class, or with a label that is there, the share that is one of some outputs; nil where
  /// the sums do not say it.
  func shareOfAnswers(among outputs: Set<Int>, in sums: ExampleSums) -> Double?
  /// What the outputs are, so that what two models say of the same examples can be compared; nil where they cannot be.
  var outputMeaning: OutputMeaning? { get }
  /// What has an answer of its own within an example: `tokens`, `pixels`; nil where an example has one.
  var places: String? { get }
  /// Where labels count, booleans at the places that have an answer each, `[batch, …]`; nil where all do.
  func isCounted(_ labels: Tensor) throws -> Tensor?
  /// What became of examples from one model's outputs to another's, place by place: what a diagnosis shows of the worst.
  ///
  /// - Parameters:
  ///   - before: the one model's, `[batch, …]`; likewise `after` of the same examples.
  ///   - labels: as of the loss.
  /// - Returns: one an example; none of a kind that has nothing to show of one.
  func changes(from before: Tensor, to after: Tensor, labels: Tensor) throws -> [ExampleChange]
  /// What a linear probe of a layer, or a head that is fitted anew, is to say for these labels; nil of a kind that none is
  /// fitted for.
  func probeTargets(of labels: Tensor) throws -> ProbeTargets?
  /// Whether a head is fitted on from the one that is there, as a sample of examples says too little of most of its outputs.
  var refitsFromHead: Bool { get }
  /// Whether labels are classes over which some of the probability can be spread.
  var smoothsLabels: Bool { get }
  /// Whether its loss is one of classes, each answer of which can be weighed by its probability.
  var weighsByProbability: Bool { get }
  /// Whether labels stay right where images are turned, cut and coloured.
  var allowsAugmentation: Bool { get }
  /// The score of one model on some examples, with its 95 % interval.
  func estimate(of sums: ExampleSums, using random: inout RandomSource) -> Estimate
  /// What became of the score between two models on the same examples, with its interval and its paired test.
  ///
  /// - Parameters:
  ///   - after: of the same examples in the same order.
  ///   - resamples: of the interval's bootstrap; nil leaves it to the kind.
  func change(
    from before: ExampleSums, to after: ExampleSums, resamples: Int?, using random: inout RandomSource
  ) -> PairedChange
}

/// What examples came to.
public struct TaskValues: Sendable, Equatable {
  /// The mean loss.
  public var loss: Double
  /// One a score, in the order of ``TaskKind/scores``.
  public var scores: [Double]

  /// - Parameter scores: in the order of ``TaskKind/scores``.
  public init(loss: Double, scores: [Double]) {
    self.loss = loss
    self.scores = scores
  }
}

/// How losses of classes are shaped.
public struct LossSettings {
  /// `[classes]`; nil where all count alike.
  public var classWeights: Tensor?
  /// Share of the probability that is spread over all classes.
  public var labelSmoothing: Double
  /// The outputs that take part in it; nil for all.
  public var classes: ClassSubset?
  /// Whether each answer is weighed by its probability now, which is no part of the gradient.
  public var weighsByProbability: Bool

  /// - Parameters: see the properties.
  public init(
    classWeights: Tensor? = nil, labelSmoothing: Double = 0, classes: ClassSubset? = nil,
    weighsByProbability: Bool = false
  ) {
    self.classWeights = classWeights
    self.labelSmoothing = labelSmoothing
    self.classes = classes
    self.weighsByProbability = weighsByProbability
  }
}

extension TaskKind {
  /// The score that models are judged by.
  public var score: Score { scores[0] }
  public func isMeant(by form: TaskForm) -> Bool { fits(form) }
  public func bound(to data: Dataset) -> any TaskKind { self }
  public func reading(sumsOfWidth width: Int) -> any TaskKind { self }
  public func outputNames(of data: Dataset) -> [String]? { data.classNames }
  public func naming(outputs names: [String]) -> any TaskKind { self }
  public func numbered(_ split: Split, by match: ClassMatch) -> Split { split.renumbered(match.outputs) }
  public func labelCounts(in split: Split, of count: Int) -> [Int]? { nil }
  public var weighsClasses: Bool { false }
  public func shareOfAnswers(among outputs: Set<Int>, in sums: ExampleSums) -> Double? { nil }
  public var objectionToGrowth: String? { "it does not say what another output would stand for" }
  /// The kind for the numbers that a head has for the data's classes.
  public func named(by match: ClassMatch?, of head: (some ClassifierHead)?) -> any TaskKind {
    guard match != nil, let head else { return self }
    return naming(outputs: head.classNames)
  }
  public var outputMeaning: OutputMeaning? { nil }
  public func classAnswers(of outputs: Tensor, labels: Tensor) throws -> ClassAnswers? { nil }
  public var places: String? { nil }
  public func isCounted(_ labels: Tensor) throws -> Tensor? { nil }
  /// Which of some places do not count by the labels, booleans; nil where all do, or the labels are not of these places.
  public func leftOut(of places: Tensor, labels: Tensor) throws -> Tensor? {
    guard let counted = try isCounted(labels), counted.shape == places.shape else { return nil }
    return try counted.negated()
  }
  public func changes(from before: Tensor, to after: Tensor, labels: Tensor) throws -> [ExampleChange] { [] }
  public func probeTargets(of labels: Tensor) throws -> ProbeTargets? { nil }
  public var refitsFromHead: Bool { false }
  public var widensOutputs: Bool { false }
  public var smoothsLabels: Bool { true }
  public var weighsByProbability: Bool { false }
  public var allowsAugmentation: Bool { true }
  /// Whether it is the classification of examples, whose labels are one class each.
  public var isClassification: Bool { name == Classification().name }
}

/// The kinds that are known.
public enum TaskKinds {
  private static let registered = Mutex<[any TaskKind]>([
    Classification(), BinaryClassification(), CausalLanguageModel(), TokenClassification(),
    TokenClassification(judgesSpans: true), Segmentation(), ManyLabels(), Regression(.squared),
    Regression(.absolute), Regression(.huber),
  ])

  /// All of them.
  public static var all: [any TaskKind] { registered.withLock { $0 } }

  /// Makes a kind known, in the place of one of the same name.
  public static func register(_ kind: any TaskKind) {
    registered.withLock { kinds in
      kinds.removeAll { $0.name == kind.name }
      kinds.append(kind)
    }
  }

  /// The kind of a name.
  ///
  /// - Throws: ``EvaluationError/unknownKind(name:known:)``.
  public static func named(_ name: String) throws -> any TaskKind {
    guard let kind = all.first(where: { $0.name == name }) else {
      throw EvaluationError.unknownKind(name: name, known: all.map(\.name))
    }
    return kind
  }
}
