import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models

/// The gauge of forgetting that needs no data of the source: how far the answers of the head that the model came with moved
/// on the target's inputs.
struct Gauge {
  /// Examples that it asks about, at most.
  private static let mostExamples = 500
  /// Answers that it asks for, at most, where an example has many of them.
  private static let mostAnswers = 20_000
  /// However many answers an example has, as long as what was said of them before can be kept.
  private static let fewestExamples = 32

  let meter: DivergenceMeter
  /// What the run's record says of it.
  let state: RunState.Gauge

  /// - Parameters:
  ///   - model: as it is before training, or the part of it that is trained.
  ///   - kind: of the task that the head is for.
  ///   - seed: draws the examples.
  /// - Returns: nil where the answers to two examples are too many to keep: a copy of the model, which could be asked
  ///   anew, would stay beside it for as long as it trains.
  init?(
    of model: Model, head: String, kind: any TaskKind, on split: Split, dataset: String, targetKind: any TaskKind,
    knownCount: Int?, seed: UInt64
  ) throws {
    let shape = try model.withHead(of: head) { try model.outputShape(on: split) }
    let wanted = min(Self.mostExamples, max(Self.fewestExamples, Self.mostAnswers / Self.answerCount(kind, shape)))
    let kept = AnswersBefore.mostStored / max(1, AnswersBefore.byteCount(of: 1, shape: shape))
    guard kept > 1 else { return nil }
    let count = min(split.count, wanted, kept)
    var random = RandomSource(seed: seed)
    let sample = split.selecting(random.sample(count, of: split.count).sorted())
    meter = try DivergenceMeter(
      of: model, task: head, on: sample, dataset: dataset, kind: kind, labelKind: targetKind, knownCount: knownCount,
      shape: shape)
    state = RunState.Gauge(head: head, count: count, places: meter.places, unit: meter.unit.rawValue)
  }

  /// How many answers an example has.
  ///
  /// - Parameter shape: of its outputs.
  private static func answerCount(_ kind: any TaskKind, _ shape: [Int]) -> Int {
    guard let axis = kind.outputMeaning?.classAxis else { return 1 }
    return max(1, shape.reduce(1, *) / max(1, shape[axis - 1]))
  }
}

extension TrainingRun {
  /// - Parameters:
  ///   - model: what is evaluated.
  ///   - examples: those of the target that judge.
  func gauge(of model: Model, on examples: Split) throws -> Gauge? {
    guard let head = gaugedHead, model.heads[head] != nil, let kind = gaugedKind else { return nil }
    return try Gauge(
      of: model, head: head, kind: kind, on: examples, dataset: target.name, targetKind: kinds.target,
      knownCount: head == headName ? knownOutputCount : nil, seed: options.seed)
  }

  /// The head that the model came with as a task without examples, for what holds to its answers; nil where it came with
  /// none, or nothing is known of its outputs.
  func headThatCame(in model: Model) -> SourceTask? {
    guard let head = gaugedHead, model.heads[head] != nil, let kind = gaugedKind else { return nil }
    return SourceTask(
      task: head, dataset: proxy?.name ?? head, examples: nil, kind: kind,
      knownOutputCount: head == headName ? knownOutputCount : nil)
  }

  /// What the outputs of the head that came are. Without data of the source it is known of a head that is trained on, and
  /// taken to be the target's kind where that has classes; else nil.
  private var gaugedKind: (any TaskKind)? {
    let known = kinds.source ?? kinds.proxy ?? (gaugedHead == headName ? kinds.target : nil)
    let kind = known ?? kinds.target
    guard let meaning = kind.outputMeaning, known != nil || meaning.classAxis != nil else { return nil }
    return kind
  }
}
