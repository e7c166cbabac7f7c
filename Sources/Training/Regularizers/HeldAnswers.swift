import Datasets
import Evaluation
import Models
import Torch

/// `λ · mean KL` between what the source head said before training and what it says now, both the softmax at temperature
/// T; the mean is over all that has an answer of its own and counts: examples, tokens, pixels.
///
/// Of several labels an example it is the KL of each label's yes and no, of numbers `(x − x⁰)²`. Of a head that outputs
/// were added to, the softmax is over those that it had.
///
/// What was said before is computed once, for the examples as they are stored. Where that would take much memory, a copy
/// of the model before is asked at every step, for the inputs as the network takes them. The source head learns with the
/// rest, unless `head=fixed`; one that the target shares always does.
struct HeldAnswers: Regularizer {
  /// Li, Hoiem, "Learning without Forgetting", ECCV 2016, equations 2 to 4.
  static let learningWithoutForgetting = RegularizerKind(
    "lwf", "λ · KL(source head before ‖ now) at temperature T, on the target's inputs",
    settings: settings(temperature: 2), need: .head
  ) { try HeldAnswers($0) }

  /// The forward direction on the target's inputs, beside the token-weighted loss, is what Zhu et al., "Anchored
  /// Supervised Fine-Tuning", 2025, hold with; the reverse one is the penalty of reinforcement learning from feedback,
  /// Ziegler et al., "Fine-Tuning Language Models from Human Preferences", 2019.
  static let divergence = RegularizerKind(
    "kl", "λ · KL(source head before ‖ now), or (now ‖ before), at temperature T, on inputs to choose",
    settings: settings(temperature: 1) + [
      .choice("direction", Direction.allCases.map(\.rawValue), "forward, KL(before ‖ now), or reverse"),
      .choice(
        "inputs", Inputs.allCases.map(\.rawValue),
        "on which it is: the target's, or source's or proxy's that are mixed into each batch"),
    ] + RegularizerKind.Setting.drawn,
    need: .head,
    needOf: Inputs.need
  ) { context in
    guard let direction = Direction(rawValue: try context.settings.text("direction")),
      let inputs = Inputs(rawValue: try context.settings.text("inputs"))
    else { preconditionFailure("settings are checked when they are parsed") }
    return try HeldAnswers(context, title: "KL", direction: direction, inputs: inputs)
  }

  private static func settings(temperature: Double) -> [RegularizerKind.Setting] {
    [
      .number("lambda", 1, "strength"), .number("temperature", temperature, "of both softmaxes", in: 1e-3...1e6),
      .choice("t2", ["0", "1"], "1 multiplies by the square of the temperature"), .head,
    ]
  }

  /// Which distribution the divergence is an expectation over.
  enum Direction: String, CaseIterable {
    /// `KL(p⁰ ‖ p)`: what was likely before stays so.
    case forward
    /// `KL(p ‖ p⁰)`: what was unlikely before stays so.
    case reverse
  }

  /// Whose inputs the head is asked about.
  enum Inputs: String, CaseIterable {
    case target, source, proxy

    @Sendable static func need(of settings: [String: String]) -> RegularizerKind.Need {
      switch settings["inputs"].flatMap(Self.init) {
      case .target, nil: .head
      case .source: .examples
      case .proxy: .proxy
      }
    }
  }

  let readsHeadInput: Bool
  let isIndependentOfInputs: Bool
  private let title: String
  private let direction: Direction
  private let strength: Double
  private let temperature: Double
  private let head: Model.TaskHead
  private let task: String
  private let isHeadTrained: Bool
  private let meaning: OutputMeaning
  /// Of the examples that are asked about: it says which places are left out.
  private let labelKind: any TaskKind
  private let known: KnownOutputs
  /// Of the examples that are asked about, by the source head.
  private let answersBefore: AnswersBefore
  /// What is put beside the target's examples; nil where these are asked about themselves.
  private let reservoir: Reservoir?
  private let summaryOfAnswers: String

  /// - Parameter mostStored: bytes that stored answers take at most.
  init(
    _ context: RegularizerContext, title: String = "LwF", direction: Direction = .forward, inputs: Inputs = .target,
    mostStored: Int = AnswersBefore.mostStored
  ) throws {
    let settings = context.settings
    guard let meaning = context.sourceKind.outputMeaning else {
      throw TrainingError.kindNotSupported(regularizer: settings.kind, kind: context.sourceKind.words, advice: "")
    }
    (self.title, self.direction, self.meaning) = (title, direction, meaning)
    let temperature = meaning == .numbers ? 1 : try settings.number("temperature")
    self.temperature = temperature
    let scale = try settings.text("t2") == "1" ? temperature * temperature : 1
    strength = try settings.number("lambda") * scale
    (task, head) = try context.sourceHead()
    isHeadTrained = try settings.text("head") == "trained" || context.sharesHead
    readsHeadInput = !context.sharesHead
    let known = context.knownOutputs()
    self.known = known
    reservoir =
      inputs == .target ? nil : try context.reservoir(of: inputs == .proxy ? context.proxySample : context.sourceSample)
    let examples = reservoir?.examples ?? context.target
    labelKind = inputs == .target ? context.targetKind : context.sourceKind
    var shape = try context.withSourceHead { try context.model.outputShape(on: examples) }
    if let count = known.count { shape[known.axis - 1] = count }
    summaryOfAnswers =
      "(\(Self.words(meaning, shape)), \(isHeadTrained ? "trained" : "fixed")) on \(grouped(examples.count)) "
      + (inputs == .target ? "target examples" : "\(inputs.rawValue) examples mixed into the batches")
    let isStored = AnswersBefore.byteCount(of: examples.count, shape: shape) <= mostStored
    isIndependentOfInputs = isStored && inputs == .target
    guard isStored else {
      let before = try Model(context.model.checkpoint(epoch: 0), device: context.model.device)
      try before.activate(task: task)
      answersBefore = .model(before)
      return
    }
    let logits = try context.logits(on: examples, head: head, title: "recording the source head's answers")
    answersBefore = .stored(try withoutGradients { try meaning.reference(known.of(logits), temperature: temperature) })
  }

  /// How many there are of what the outputs are: `10 classes`.
  private static func words(_ meaning: OutputMeaning, _ shape: [Int]) -> String {
    switch meaning {
    case .classes(let axis): "\(grouped(shape[axis - 1])) classes"
    case .labels: "\(grouped(shape.reduce(1, *))) labels"
    case .numbers: "\(grouped(shape.reduce(1, *))) numbers"
    }
  }

  func summary(stepsPerEpoch: Int) -> String {
    "\(title) holds the answers of head '\(task)' \(summaryOfAnswers), strength \(short(strength))"
      + (meaning == .numbers ? "" : ", temperature \(short(temperature))")
      + (direction == .reverse ? ", reverse" : "")
      + (isStored ? "" : "; a copy of the model before is asked at every step, as its answers are too many to store")
  }

  private var isStored: Bool { if case .stored = answersBefore { true } else { false } }

  func examples(beside count: Int) throws -> Batch? { try reservoir?.draw(beside: count) }

  var state: RegularizerState { reservoir?.state ?? RegularizerState() }
  func restore(_ state: RegularizerState) { reservoir?.restore(state) }

  func loss(of step: TrainingStep) throws -> Tensor? {
    guard let (now, batch, inputs) = try asked(in: step) else { return nil }
    let before = try withoutGradients {
      try answersBefore(batch.indices, inputs: inputs, as: meaning, temperature: temperature, taking: known.of)
    }
    let reference = try meaning.reference(known.of(now), temperature: temperature)
    let divergences =
      switch direction {
      case .forward: try meaning.divergences(from: before, to: reference)
      case .reverse: try meaning.divergences(from: reference, to: before)
      }
    guard let leftOut = try labelKind.leftOut(of: divergences, labels: batch.labels) else {
      return try divergences.sum().multiply(by: strength / Double(divergences.count))
    }
    let sum = try divergences.filled(where: leftOut, with: 0).sum()
    let count = try leftOut.negated().to(.float64).sum().clamped(atLeast: 1)
    return try sum.multiply(count.dividing(strength).to(sum.type ?? .float32))
  }

  /// What the source head says now, of which examples, and their inputs.
  private func asked(in step: TrainingStep) throws -> (now: Tensor, batch: Batch, inputs: [String: Tensor])? {
    if reservoir != nil {
      return try step.replayed.map {
        (try $0.sourceLogits(of: step.model, head: head), $0.batch, try $0.batch.modelInputs(for: step.model))
      }
    }
    guard readsHeadInput else { return (try step.logits, step.batch, step.inputs) }
    return try step.headInput.map {
      (try step.model.logits(of: $0, head: head.tensors, mode: .training()), step.batch, step.inputs)
    }
  }
}
