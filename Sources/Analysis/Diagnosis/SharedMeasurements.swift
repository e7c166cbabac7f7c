import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

/// What several measures need of the models as they are, each measured when it is first asked for.
struct SharedMeasurements {
  /// Nil inside where they are not kept.
  fileprivate var outputsBefore: ClassOutputs??
  /// Likewise.
  fileprivate var outputsAfter: ClassOutputs??
  /// Likewise, and where the model has no running statistics.
  fileprivate var outputsRestored: ClassOutputs??
  fileprivate var before: Answers?
  fileprivate var after: (source: Answers, target: Answers?)?
  fileprivate var whole: (before: Answers, after: Answers)?
  fileprivate var wholeBefore: EvaluationResult?
  /// The inner nil where the model has no running statistics.
  fileprivate var statistics: ModelChange??
  /// Likewise.
  fileprivate var restored: Answers??
  /// Nil inside where the head can be fitted anew.
  fileprivate var causesLeftOut: CausesLeftOut??
  /// Nil inside of kinds without probabilities of classes.
  fileprivate var confidenceBefore: SourceConfidence??
  fileprivate var confidenceAfter: SourceConfidence??
  fileprivate var head: RefittedHead?
  fileprivate var headBefore: RefittedHead?
  /// The inner nil where the model has no running statistics.
  fileprivate var headRestored: RefittedHead??
  fileprivate var smallestSet: [RewindUnit]?
  fileprivate var rewoundAlone: [Answers]?
  /// Likewise, running statistics measured anew first.
  fileprivate var rewoundAloneRestored: [Answers]?
}

extension ComparedModels {
  private func once<Value>(
    _ place: WritableKeyPath<SharedMeasurements, Value?>, _ measure: () throws -> Value
  ) rethrows -> Value {
    if let known = shared[keyPath: place] { return known }
    let value = try measure()
    shared[keyPath: place] = value
    return value
  }

  /// What the model before says of the judged source examples, `[examples, classes]`; nil where it is no classes, or much.
  func outputsBefore() throws -> Tensor? { try saidBefore()?.outputs }

  /// Likewise the model after, no change applied.
  func outputsAfter() throws -> Tensor? { try saidAfter()?.outputs }

  private func saidBefore() throws -> ClassOutputs? { try once(\.outputsBefore) { try classOutputs(of: before) } }

  private func saidAfter() throws -> ClassOutputs? { try once(\.outputsAfter) { try classOutputs(of: after) } }

  /// Of the model after with its running statistics measured anew.
  private func saidRestored() throws -> ClassOutputs? {
    try once(\.outputsRestored) {
      try reestimatedStatistics().flatMap { try applying($0) { try classOutputs(of: after) } }
    }
  }

  /// What the model before makes of the judged source examples.
  func answersBefore() throws -> Answers {
    try once(\.before) {
      try shared.whole.map { $0.before.selecting(sourceTestIndices) } ?? outputsBefore().map(answers)
        ?? sourceAnswers(before)
    }
  }

  /// What the model after makes of the judged source and target examples with no change applied.
  func answersAfter() throws -> (source: Answers, target: Answers?) {
    try once(\.after) {
      let source =
        try shared.whole.map { $0.after.selecting(sourceTestIndices) } ?? outputsAfter().map(answers)
        ?? sourceAnswers(after)
      return (source, try targetAnswers(after))
    }
  }

  /// What each model makes of all the source's test examples: of a proxy, whether they agree.
  func wholeAnswers() throws -> (before: Answers, after: Answers) {
    if sourceTestIndices.count == wholeSourceTest.count { return (try answersBefore(), try answersAfter().source) }
    return try once(\.whole) {
      let first = try wholeBefore()
      let own =
        labelsAreUnknown ? Answers(isCorrect: first.predictions.map { _ in true }) : Answers(sourceKind, of: first)
      return (own, try wholeAnswers(of: after))
    }
  }

  /// What another model makes of all the source's test examples.
  func wholeAnswers(of model: Model) throws -> Answers {
    if sourceTestIndices.count == wholeSourceTest.count { return try sourceAnswers(model) }
    let result = try wholeResult(of: model)
    return labelsAreUnknown
      ? Answers(isCorrect: zip(try wholeBefore().predictions, result.predictions).map(==))
      : Answers(sourceKind, of: result)
  }

  /// Whether the labels of all the source's test examples are none: of a proxy of classes, which is labelled in part.
  private var labelsAreUnknown: Bool { isProxy && sourceKind.isClassification }

  private func wholeBefore() throws -> EvaluationResult {
    try once(\.wholeBefore) {
      try wholeResult(of: before)
    }
  }

  private func wholeResult(of model: Model) throws -> EvaluationResult {
    try model.withHead(of: sourceTask) {
      try evaluator.evaluate(model, on: wholeSourceTest, dataset: source.name, kind: sourceKind)
    }
  }

  /// Running statistics measured anew on the source; nil where the model after has none.
  func reestimatedStatistics() throws -> ModelChange? {
    try once(\.statistics) { try ModelChange(reestimatingStatisticsOf: self) }
  }

  /// What the model after makes of the judged source examples with these; nil where it has none.
  func answersRestored() throws -> Answers? {
    try once(\.restored) {
      try reestimatedStatistics().map { change in
        try saidRestored().map { try answers(of: $0.outputs) } ?? applying(change) { try sourceAnswers(after) }
      }
    }
  }

  /// Why the source's head cannot be fitted anew; nil where it can.
  func causesLeftOut() throws -> CausesLeftOut? { try once(\.causesLeftOut) { try headGap() } }

  /// Whether it can.
  func canRefitHead() throws -> Bool { try causesLeftOut() == nil }

  /// What the model before says of the judged source examples; nil where its confidence cannot be judged.
  func confidenceBefore() throws -> SourceConfidence? {
    try once(\.confidenceBefore) { try outputsBefore().map(confidence) ?? sourceConfidence(before) }
  }

  /// Likewise the model after, no change applied.
  func confidenceAfter() throws -> SourceConfidence? {
    try once(\.confidenceAfter) { try outputsAfter().map(confidence) ?? sourceConfidence(after) }
  }

  /// The source's head fitted anew on the features of the model after, no change applied.
  func refittedHead() throws -> RefittedHead {
    try once(\.head) { try refitted([headProblem(of: after, saidAfter())])[0] }
  }

  /// Likewise with its running statistics measured anew; nil where it has none.
  func headRefittedRestored() throws -> RefittedHead? {
    try once(\.headRestored) {
      try reestimatedStatistics().map { change in
        let said = try saidRestored()
        return try applying(change) { try refitted([headProblem(of: after, said)])[0] }
      }
    }
  }

  /// The source's head fitted anew on the features of the model before.
  func headRefittedBefore() throws -> RefittedHead {
    try once(\.headBefore) { try refitted([headProblem(of: before, saidBefore())])[0] }
  }

  private func headProblem(of model: Model, _ said: ClassOutputs?) throws -> RefittedHead.Problem {
    try RefittedHead.problem(of: model, in: self, judgedInputs: said?.headInputs)
  }

  /// Fits all heads that a diagnosis asks for, where several processes can fit one each at the same time.
  func fitHeadsTogether() throws {
    guard processes != nil, shared.headBefore == nil, shared.head == nil, shared.headRestored == nil else { return }
    var problems = [try headProblem(of: before, saidBefore()), try headProblem(of: after, saidAfter())]
    let statistics = try reestimatedStatistics()
    if let statistics {
      let said = try saidRestored()
      let restored = try applying(statistics) { try headProblem(of: after, said) }
      problems.append(
        RefittedHead.Problem(fit: restored.fit) { found in
          try self.applying(statistics) { try restored.head(found) }
        })
    }
    let heads = try refitted(problems)
    (shared.headBefore, shared.head) = (heads[0], heads[1])
    shared.headRestored = .some(statistics.map { _ in heads[2] })
  }

  /// What the judged source examples come to with each layer alone put back.
  func rewoundAlone(restoresStatistics: Bool, _ measure: () throws -> [Answers]) throws -> [Answers] {
    try once(restoresStatistics ? \.rewoundAloneRestored : \.rewoundAlone, measure)
  }

  /// Likewise, where it was measured.
  func rewoundAlone(restoresStatistics: Bool) -> [Answers]? {
    restoresStatistics ? shared.rewoundAloneRestored : shared.rewoundAlone
  }

  /// The smallest set of layers, found on the half that chooses, whose rewinding regains most of what was lost.
  func smallestSet() throws -> [RewindUnit] {
    try once(\.smallestSet) {
      try RewindMeasure(self).smallestSet(regaining: DiagnosisThresholds.regainedShare, on: .choosing)
    }
  }
}
