import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

/// One look at a run within its epochs, at a sample of each task.
public struct StepLook: Sendable {
  /// Optimization steps done, over all epochs.
  public var step: Int
  /// Of the task learnt before; nil where there is no data of it.
  public var source: EvaluationResult?
  /// Of the task that is trained; nil where its head was just drawn.
  public var target: EvaluationResult?
  /// How far the answers of the head that the model came with moved; nil where it came with none.
  public var gauge: OutputDivergence?
  /// Mean loss of the task over the training examples since the look before; NaN before the first step.
  public var trainingLoss = Double.nan
  /// The base learning rate times the schedule's factor at the last step; likewise.
  public var learningRate = Double.nan
}

/// Looks at a model within the epochs of its training, always at the same examples, and asks the rule that may end it.
struct StepWatch {
  /// What the run's record says of it.
  let state: RunState.Watch
  /// The look before the first step.
  let first: StepLook
  private let model: Model
  private let source: Sample?
  private let target: Sample
  private let gauge: DivergenceMeter?
  /// Whether the gauge asks about all that the target is judged by.
  private let isGaugeOfTarget: Bool
  private let rule: StopRule?
  private let seed: UInt64
  /// Those that look together; nil of one by itself.
  private let processes: ProcessGroup?

  /// What is looked at of one task.
  private struct Sample {
    let examples: Split
    let head: String
    let dataset: String
    let kind: any TaskKind
    let state: RunState.Watch.Sample

    /// - Parameter count: examples at most.
    init(
      _ judging: TrainingRun.Judging, _ head: String, _ data: Dataset, _ kind: any TaskKind, count: Int, seed: UInt64
    ) {
      let all = judging.validation ?? judging.test
      var random = RandomSource(seed: seed)
      let count = min(count, all.count)
      examples = count < all.count ? all.selecting(random.sample(count, of: all.count).sorted()) : all
      (self.head, dataset, self.kind) = (head, data.name, kind)
      state = RunState.Watch.Sample(count: count, chooses: judging.validation != nil)
    }

    func result(of model: Model, by processes: ProcessGroup?) throws -> EvaluationResult {
      try model.evaluation(task: head, on: examples, dataset: dataset, kind: kind, processes: processes)
    }
  }

  /// - Parameters:
  ///   - judged: of which each task's examples that choose are looked at, else those that judge; the model is as it was
  ///     before the first step.
  ///   - judge: the head of the source.
  ///   - trainedCount: examples that an epoch is trained on.
  /// - Throws: ``TrainingError/idleStopRule(_:reason:)``.
  init(
    _ run: TrainingRun, _ judged: TrainingRun.Judged, judge: String?, headIsNew: Bool,
    every interval: EvaluationInterval, stepsPerEpoch: Int, trainedCount: Int
  ) throws {
    let options = run.options
    let count =
      options.evaluationSampleCount
      ?? TrainingOptions.affordableSampleCount(
        looksPerEpoch: interval.looksPerEpoch(of: stepsPerEpoch), taskCount: judged.source == nil ? 1 : 2,
        trainedCount: trainedCount)
    model = judged.model
    seed = options.seed
    processes = run.processes
    rule = options.stopRule
    target = Sample(judged.target, run.headName, run.target, run.kinds.target, count: count, seed: seed)
    var watched: Sample?
    if let source = run.source, let examples = judged.source, let judge {
      watched = Sample(examples, judge, source, run.kinds.source ?? Classification(), count: count, seed: seed)
    }
    source = watched
    gauge = try run.gauge(of: model, on: target.examples)?.meter
    state = RunState.Watch(
      interval: interval.text, source: source?.state, target: target.state, gaugeCount: gauge?.count)
    first = StepLook(
      step: 0, source: try source?.result(of: model, by: processes),
      target: headIsNew ? nil : try target.result(of: model, by: processes),
      gauge: try gauge?.measure(model, by: processes))
    isGaugeOfTarget = gauge?.count == target.examples.count
    try checkRule()
  }

  /// - Parameters:
  ///   - step: optimization steps done, over all epochs.
  ///   - loss: the mean since the look before.
  func look(after step: Int, loss: Double, learningRate: Double) throws -> StepLook {
    var look = StepLook(
      step: step, source: try source?.result(of: model, by: processes), trainingLoss: loss,
      learningRate: learningRate)
    if let gauge, isGaugeOfTarget {
      (look.target, look.gauge) = try gauge.measure(
        model, evaluating: target.head, dataset: target.dataset, kind: target.kind, by: processes)
    } else {
      (look.target, look.gauge) = (
        try target.result(of: model, by: processes), try gauge?.measure(model, by: processes)
      )
    }
    return look
  }

  /// What the run's rule finds in a look, where that ends the run; else nil.
  func end(at look: StepLook) -> RunState.Stop? {
    guard let rule, case let figure = figure(of: rule.quantity, in: look), rule.holds(for: figure) else { return nil }
    return RunState.Stop(
      rule: rule.description, step: look.step, value: figure.value, low: figure.low, high: figure.high)
  }

  private func figure(of quantity: StopRule.Quantity, in look: StepLook) -> Estimate {
    var random = RandomSource(seed: seed)
    func score(_ result: EvaluationResult?, _ sample: Sample?) -> Estimate {
      guard let result, let sample else { return .unmeasured }
      return sample.kind.estimate(of: result.answers, using: &random)
    }
    switch quantity {
    case .source: return score(look.source, source)
    case .target: return score(look.target, target)
    case .forgetting:
      guard let before = first.source, let now = look.source, let source else { return .unmeasured }
      return source.kind.change(from: before.answers, to: now.answers, using: &random).loss
    case .gauge: return look.gauge.map { Estimate($0.value, low: $0.low, high: $0.high) } ?? .unmeasured
    }
  }

  private func checkRule() throws {
    guard let rule else { return }
    func refuse(_ reason: String) -> TrainingError { .idleStopRule(rule.description, reason: reason) }
    if rule.quantity == .gauge, first.gauge == nil {
      throw refuse("the model came with no head whose answers could be compared")
    }
    let score: Score? =
      switch rule.quantity {
      case .source, .forgetting: source?.kind.score
      case .target: target.kind.score
      case .gauge: nil
      }
    let objection = rule.objection(
      score: score, first: figure(of: rule.quantity, in: first), before: first.source?.value ?? .nan)
    if let objection { throw refuse(objection) }
  }
}
