import Datasets
import Evaluation
import Models
import Torch

/// `α · mean (z − z⁰)² + β · cross-entropy` on two draws of source examples mixed into each batch; z are the source
/// head's logits now, z⁰ those stored when the source task ended. The mean is over examples and classes.
///
/// Buzzega et al., "Dark Experience for General Continual Learning", NeurIPS 2020, equation 6.
struct DarkExperienceReplay: Regularizer {
  static let kind = RegularizerKind(
    "der++",
    "α · mean (z − z⁰)² + β · cross-entropy of source examples mixed into each batch, z the source head's logits",
    settings: [.number("alpha", 0.2, "weight of the logits"), .number("beta", 0.5, "weight of the labels")]
      + RegularizerKind.Setting.reservoir,
    need: .examples
  ) { try DarkExperienceReplay($0) }

  let readsHeadInput: Bool
  private let logitStrength: Double
  private let labelStrength: Double
  private let reservoir: Reservoir
  private let task: String
  private let head: Model.TaskHead
  private let kind: any TaskKind
  private let classAxis: Int
  /// z⁰ of the reservoir's examples, in its order: of the outputs that the head had when the source task ended.
  private let stored: Tensor

  init(_ context: RegularizerContext) throws {
    logitStrength = try context.settings.number("alpha")
    labelStrength = try context.settings.number("beta")
    reservoir = try context.reservoir()
    (task, head, _) = try context.sourceExamples()
    kind = context.sourceKind
    classAxis = context.sourceClassAxis
    readsHeadInput = !context.sharesHead
    let (examples, head) = (reservoir.examples, head)
    stored = try context.remembered("logits.\(context.settings.integer("count"))") {
      try context.knownOutputs().of(
        context.logits(on: examples, head: head, title: "recording the source head's logits"))
    }
  }

  func summary(stepsPerEpoch: Int) -> String {
    "DER++ mixes \(grouped(reservoir.examples.count)) source examples into the batches, head '\(task)', logits "
      + "\(short(logitStrength)), labels \(short(labelStrength))"
  }

  /// Two draws, one after the other: the first for the logits, the second for the labels.
  func examples(beside count: Int) throws -> Batch? { try reservoir.draw(beside: count, atLeast: 2) }

  var state: RegularizerState { reservoir.state }
  func restore(_ state: RegularizerState) { reservoir.restore(state) }

  private var outputsBefore: KnownOutputs { KnownOutputs(count: stored.shape[classAxis], axis: classAxis) }

  func loss(of step: TrainingStep) throws -> Tensor? {
    guard let replayed = step.replayed else { return nil }
    let logits = try replayed.sourceLogits(of: step.model, head: head)
    let count = replayed.batch.indices.count
    // The first half of the draw, of which several processes have some each.
    let half = max(1, replayed.drawnCount / 2)
    let first = replayed.part?.places.count { $0 < half } ?? half
    let logitShare = replayed.share(of: first, ofDrawn: half)
    let labelShare = replayed.share(of: count - first, ofDrawn: replayed.drawnCount - half)
    var drift: Tensor?
    if first > 0 {
      let rows = try Tensor(replayed.batch.indices.prefix(first).map(Int64.init), device: stored.device)
      let difference = try outputsBefore.of(logits.narrowed(from: 0, count: first))
        .subtract(stored.selecting(rows, along: 0))
      drift = try difference.squared().sum().multiply(by: logitShare * logitStrength / Double(difference.count))
    }
    guard count > first else { return drift }
    let labels = try replayed.batch.labels.narrowed(from: first, count: count - first)
    let mistakes = try kind.loss(
      of: logits.narrowed(from: first, count: count - first), labels: labels, settings: LossSettings())
    let strength = labelShare * labelStrength
    return try drift?.add(mistakes, scaledBy: strength) ?? mistakes.multiply(by: strength)
  }
}

extension TrainingStep.Replayed {
  /// What the mean over some of this process's examples counts in the mean over those of the draw that are of their kind,
  /// beside what all of its examples count in the draw.
  fileprivate func share(of count: Int, ofDrawn drawn: Int) -> Double {
    guard let part, part.share < 1, drawn > 0 else { return 1 }
    return Double(count) / Double(drawn) / part.share
  }
}
