import Datasets
import Evaluation
import Models
import Torch

/// `λ · mean KL(p⁰ ‖ p)` on the target's inputs, p⁰ and p the softmax at temperature T of the source head's outputs
/// before training and now; the mean is over all that has an answer of its own and counts: examples, tokens, pixels.
///
/// Of several labels an example it is the KL of each label's yes and no, of numbers `(x − x⁰)²`. Of a head that outputs
/// were added to, the softmax is over those that it had.
///
/// What was said before is computed once, for the target's training examples as they are stored. Where that would take
/// much memory, a copy of the model before is asked at every step, for the inputs as the network takes them. The source
/// head learns with the rest, as in the paper, unless `head=fixed`; one that the target shares always does.
///
/// Li, Hoiem, "Learning without Forgetting", ECCV 2016, equations 2 to 4.
struct LearningWithoutForgetting: Regularizer {
  static let kind = RegularizerKind(
    "lwf", "λ · KL(source head before ‖ now) at temperature T, on the target's inputs",
    settings: [
      .number("lambda", 1, "strength"), .number("temperature", 2, "of both softmaxes", in: 1e-3...1e6),
      .choice("t2", ["0", "1"], "1 multiplies by the square of the temperature"), .head,
    ], need: .head
  ) { try LearningWithoutForgetting($0) }

  let readsHeadInput: Bool
  let isIndependentOfInputs: Bool
  private let strength: Double
  private let temperature: Double
  private let head: Model.TaskHead
  private let task: String
  private let isHeadTrained: Bool
  private let meaning: OutputMeaning
  private let targetKind: any TaskKind
  private let known: KnownOutputs
  /// Of the training examples, by the source head.
  private let answersBefore: AnswersBefore
  private let summaryOfAnswers: String

  init(_ context: RegularizerContext) throws { try self.init(context, mostStored: AnswersBefore.mostStored) }

  /// - Parameter mostStored: bytes that stored answers take at most.
  init(_ context: RegularizerContext, mostStored: Int) throws {
    let settings = context.settings
    guard let meaning = context.sourceKind.outputMeaning else {
      throw TrainingError.kindNotSupported(regularizer: settings.kind, kind: context.sourceKind.words, advice: "")
    }
    self.meaning = meaning
    targetKind = context.targetKind
    let temperature = meaning == .numbers ? 1 : try settings.number("temperature")
    self.temperature = temperature
    let scale = try settings.text("t2") == "1" ? temperature * temperature : 1
    strength = try settings.number("lambda") * scale
    (task, head) = try context.sourceHead()
    isHeadTrained = try settings.text("head") == "trained" || context.sharesHead
    readsHeadInput = !context.sharesHead
    let known = context.knownOutputs()
    self.known = known
    var shape = try context.withSourceHead { try context.model.outputShape(on: context.target) }
    if let count = known.count { shape[known.axis - 1] = count }
    let examples = "\(grouped(context.target.count)) target examples"
    let outputs = Self.words(meaning, shape)
    summaryOfAnswers = "(\(outputs), \(isHeadTrained ? "trained" : "fixed")) on \(examples)"
    isIndependentOfInputs = AnswersBefore.byteCount(of: context.target.count, shape: shape) <= mostStored
    guard isIndependentOfInputs else {
      let before = try Model(context.model.checkpoint(epoch: 0), device: context.model.device)
      try before.activate(task: task)
      answersBefore = .model(before)
      return
    }
    let logits = try context.logits(on: context.target, head: head, title: "recording the source head's answers")
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
    "LwF holds the answers of head '\(task)' \(summaryOfAnswers), strength \(short(strength))"
      + (meaning == .numbers ? "" : ", temperature \(short(temperature))")
      + (isIndependentOfInputs
        ? "" : "; a copy of the model before is asked at every step, as its answers are too many to store")
  }

  func loss(of step: TrainingStep) throws -> Tensor? {
    guard let now = try answers(in: step) else { return nil }
    let before = try withoutGradients {
      try answersBefore(
        step.batch.indices, inputs: step.inputs, as: meaning, temperature: temperature, taking: known.of)
    }
    let divergences = try meaning.divergences(
      from: before, to: meaning.reference(known.of(now), temperature: temperature))
    guard let leftOut = try targetKind.leftOut(of: divergences, labels: step.batch.labels) else {
      return try divergences.sum().multiply(by: strength / Double(divergences.count))
    }
    let count = Double(divergences.count) - (try leftOut.to(.float64).sum().item())
    return try divergences.filled(where: leftOut, with: 0).sum().multiply(by: strength / max(1, count))
  }

  /// What the source head says now.
  private func answers(in step: TrainingStep) throws -> Tensor? {
    guard readsHeadInput else { return try step.logits }
    return try step.headInput.map { try step.model.logits(of: $0, head: head.tensors, mode: .training()) }
  }
}
