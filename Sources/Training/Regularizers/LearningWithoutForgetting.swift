import Models
import Torch

/// `λ · KL(p⁰ ‖ p)` on the target's inputs, p⁰ and p the softmax at temperature T of the source head's logits before
/// training and now, averaged over the batch.
///
/// Of a head that outputs were added to, the softmax is over those that it had.
///
/// p⁰ is computed once, for the target's training examples as they are stored. The source head learns with the rest, as
/// in the paper, unless `head=fixed`.
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

  let readsHeadInput = true
  let isIndependentOfInputs = true
  private let strength: Double
  private let temperature: Double
  private let head: Model.TaskHead
  private let task: String
  private let isHeadTrained: Bool
  private let known: KnownOutputs
  /// Logarithms of p⁰, `[examples, classes]`.
  private let teacher: Tensor

  init(_ context: RegularizerContext) throws {
    try context.requireClasses()
    let settings = context.settings
    temperature = try settings.number("temperature")
    let scale = try settings.text("t2") == "1" ? temperature * temperature : 1
    strength = try settings.number("lambda") * scale
    isHeadTrained = try settings.text("head") == "trained"
    (task, head) = try context.sourceHead()
    known = context.knownOutputs()
    let logits = try context.logits(on: context.target, head: head, title: "recording the source head's answers")
    teacher = try withoutGradients { [temperature, known] in
      try known.of(logits).divide(by: temperature).logSoftmax(along: 1)
    }
  }

  func summary(stepsPerEpoch: Int) -> String {
    "LwF holds the answers of head '\(task)' (\(teacher.shape[1]) classes, \(isHeadTrained ? "trained" : "fixed")) on "
      + "\(grouped(teacher.shape[0])) target examples, strength \(short(strength)), temperature \(short(temperature))"
  }

  func loss(of step: TrainingStep) throws -> Tensor? {
    guard let features = step.headInput else { return nil }
    let rows = try Tensor(step.batch.indices.map(Int64.init), device: teacher.device)
    let before = try teacher.selecting(rows, along: 0)  // [batch, classes]
    let now = try known.of(step.model.logits(of: features, head: head.tensors, mode: .training()))
      .divide(by: temperature).logSoftmax(along: 1)
    let divergence = try before.exponential().multiply(before.subtract(now)).sum()
    return try divergence.multiply(by: strength / Double(step.count))
  }
}
