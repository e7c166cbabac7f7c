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

  /// Examples to go beside `count` of the target's, drawn without replacement; at least `least`.
  func draw(beside count: Int, atLeast least: Int = 1) throws -> Batch? {
    let wanted = max(least, Int((Double(count) * share / (1 - share)).rounded()))
    let chosen = random.sample(wanted, of: examples.count)
    return try Batches(split: examples, batchSize: max(1, chosen.count), order: chosen, device: device)
      .makeIterator().next()
  }
}

extension Reservoir {
  var state: RegularizerState { RegularizerState(random: random) }
  func restore(_ state: RegularizerState) { random = state.random ?? random }
}

extension RegularizerContext {
  /// The reservoir that `count` and `share` ask for.
  func reservoir() throws -> Reservoir {
    Reservoir(
      try sourceSample(settings.integer("count")), share: try settings.number("share"), device: model.device,
      seed: options.seed)
  }
}

extension RegularizerKind.Setting {
  static let reservoir: [RegularizerKind.Setting] = [
    .integer("count", 500, "source examples kept"),
    .number("share", 0.5, "of each mixed batch, what is replayed", in: 0.01...0.99), head,
  ]
}

/// `λ · the source task's loss` of source examples mixed into each batch, by the source head: of classes the cross-entropy.
///
/// They go through the network together with the target's, so normalization sees both.
///
/// Chaudhry et al., "On Tiny Episodic Memories in Continual Learning", 2019.
struct Replay: Regularizer {
  static let kind = RegularizerKind(
    "replay", "λ · cross-entropy of source examples mixed into each batch, by the source head",
    settings: [.number("lambda", 1, "weight of their loss beside the target's")] + RegularizerKind.Setting.reservoir,
    need: .examples
  ) { try Replay($0) }

  let readsHeadInput: Bool
  private let strength: Double
  private let reservoir: Reservoir
  private let task: String
  private let head: Model.TaskHead
  private let kind: any TaskKind

  init(_ context: RegularizerContext) throws {
    strength = try context.settings.number("lambda")
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
    return try kind.loss(of: logits, labels: replayed.batch.labels, settings: LossSettings()).multiply(by: strength)
  }
}

extension TrainingStep.Replayed {
  /// What the source's head says, with its graph: the head in place where nothing but that was asked for.
  func sourceLogits(of model: Model, head: Model.TaskHead) throws -> Tensor {
    try headInput.map { try model.logits(of: $0, head: head.tensors, mode: .training()) } ?? logits
  }
}
