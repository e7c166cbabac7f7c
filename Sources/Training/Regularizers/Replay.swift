import Datasets
import Evaluation
import Metrics
import Models
import Torch

/// Source examples kept aside, and drawn again and again beside the target's.
final class Reservoir {
  let examples: Split
  private let device: Device
  private let share: Double
  var random: RandomSource

  /// - Parameter share: of the mixed batch, what is replayed.
  init(_ examples: Split, share: Double, device: Device, seed: UInt64) {
    self.examples = examples
    self.share = share
    self.device = device
    random = RandomSource(seed: seed ^ 0x7265_7365_7276)
  }

  /// Examples to go beside `count` of the target's, drawn without replacement; nil where it is none this time.
  ///
  /// As many as make the share on average: of 1 % beside 64 it is one beside two batches of three.
  ///
  /// - Parameter least: that a draw has, where it has any.
  func draw(beside count: Int, atLeast least: Int = 1) throws -> Batch? {
    let wanted = self.wanted(beside: count, atLeast: least)
    guard wanted > 0 else { return nil }
    let chosen = random.sample(wanted, of: examples.count)
    return try Batches(split: examples, batchSize: chosen.count, order: chosen, device: device).makeIterator().next()
  }

  private func wanted(beside count: Int, atLeast least: Int) -> Int {
    let exact = Double(count) * share / (1 - share)
    if exact < Double(least) { return random.uniform() < exact / Double(least) ? least : 0 }
    let whole = exact.rounded(.down)
    guard exact > whole else { return Int(whole) }
    return Int(whole) + (random.uniform() < exact - whole ? 1 : 0)
  }
}

extension Reservoir {
  var state: RegularizerState { RegularizerState(random: random) }
  func restore(_ state: RegularizerState) { random = state.random ?? random }
}

extension RegularizerContext {
  /// The reservoir that `count` and `share` ask for.
  ///
  /// - Parameter sample: so many examples; of the source's by default.
  func reservoir(of sample: ((Int) throws -> Split)? = nil) throws -> Reservoir {
    Reservoir(
      try (sample ?? sourceSample)(settings.integer("count")), share: try settings.number("share"),
      device: model.device, seed: options.seed)
  }
}

extension RegularizerKind.Setting {
  static let drawn: [RegularizerKind.Setting] = [
    .integer("count", 500, "examples kept to be mixed in"),
    .number("share", 0.5, "of what is trained on, what is mixed in", in: 0.001...0.99),
  ]

  static let reservoir = drawn + [head]
}

/// `λ · the source task's loss` of source examples mixed into each batch, by the source head: of classes the cross-entropy.
///
/// They go through the network together with the target's, so normalization sees both. `mean=tasks` adds their mean loss,
/// as Chaudhry et al., "On Tiny Episodic Memories in Continual Learning", 2019; with `mean=examples` each of them counts
/// as much as one of the target's, as where a small share of old data is mixed in: Scialom, Chakrabarty, Muresan,
/// "Fine-tuned Language Models are Continual Learners", EMNLP 2022, with 1 %.
struct Replay: Regularizer {
  static let kind = RegularizerKind(
    "replay", "λ · cross-entropy of source examples mixed into each batch, by the source head",
    settings: [
      .number("lambda", 1, "weight of their loss beside the target's"),
      .choice("mean", ["tasks", "examples"], "whether λ is of their mean loss, or of each one's beside each target's"),
    ] + RegularizerKind.Setting.reservoir,
    need: .examples
  ) { try Replay($0) }

  let readsHeadInput: Bool
  private let strength: Double
  private let countsExamples: Bool
  private let reservoir: Reservoir
  private let task: String
  private let head: Model.TaskHead
  private let kind: any TaskKind

  init(_ context: RegularizerContext) throws {
    strength = try context.settings.number("lambda")
    countsExamples = try context.settings.text("mean") == "examples"
    reservoir = try context.reservoir()
    (task, head, _) = try context.sourceExamples()
    kind = context.sourceKind
    readsHeadInput = !context.sharesHead
  }

  func summary(stepsPerEpoch: Int) -> String {
    "replay mixes \(grouped(reservoir.examples.count)) source examples into the batches, head '\(task)', "
      + "strength \(short(strength))"
  }

  func examples(beside count: Int) throws -> Batch? { try reservoir.draw(beside: count) }

  var state: RegularizerState { reservoir.state }
  func restore(_ state: RegularizerState) { reservoir.restore(state) }

  func loss(of step: TrainingStep) throws -> Tensor? {
    guard let replayed = step.replayed else { return nil }
    let logits = try replayed.sourceLogits(of: step.model, head: head)
    let share = countsExamples ? Double(replayed.drawnCount) / Double(step.batchCount) : 1
    return try kind.loss(of: logits, labels: replayed.batch.labels, settings: LossSettings())
      .multiply(by: strength * share)
  }
}

extension TrainingStep.Replayed {
  /// What the source's head says, with its graph: the head in place where nothing but that was asked for.
  func sourceLogits(of model: Model, head: Model.TaskHead) throws -> Tensor {
    try headInput.map { try model.logits(of: $0, head: head.tensors, mode: .training()) } ?? logits
  }
}
