import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

/// What several measures need of the models as they are, each measured when it is first asked for.
struct SharedMeasurements {
  fileprivate var before: [Bool]?
  fileprivate var after: (source: [Bool], target: [Bool])?
  fileprivate var whole: (before: [Bool], after: [Bool])?
  fileprivate var wholeBefore: EvaluationResult?
  /// The inner nil where the model has no running statistics.
  fileprivate var statistics: ModelChange??
  /// Likewise.
  fileprivate var restored: [Bool]??
  fileprivate var head: RefittedHead?
  fileprivate var headBefore: RefittedHead?
  fileprivate var smallestSet: [RewindUnit]?
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

  /// Which judged source examples the model before gets right.
  func answersBefore() throws -> [Bool] {
    try once(\.before) {
      try shared.whole.map { whole in sourceTestIndices.map { whole.before[$0] } } ?? sourceCorrect(before)
    }
  }

  /// Which judged source and target examples the model after gets right with no change applied.
  func answersAfter() throws -> (source: [Bool], target: [Bool]) {
    try once(\.after) {
      let source = try shared.whole.map { whole in sourceTestIndices.map { whole.after[$0] } } ?? sourceCorrect(after)
      return (source, try targetCorrect(after))
    }
  }

  /// Which of all the source's test examples each model gets right: of a proxy, where they agree.
  func wholeAnswers() throws -> (before: [Bool], after: [Bool]) {
    if sourceTestIndices.count == wholeSourceTest.count { return (try answersBefore(), try answersAfter().source) }
    return try once(\.whole) {
      let first = try wholeBefore()
      return (isProxy ? first.predictions.map { _ in true } : first.isCorrect, try wholeAnswers(of: after))
    }
  }

  /// Which of all the source's test examples another model gets right.
  func wholeAnswers(of model: Model) throws -> [Bool] {
    if sourceTestIndices.count == wholeSourceTest.count { return try sourceCorrect(model) }
    let result = try model.evaluation(task: sourceTask, on: wholeSourceTest, dataset: source.name)
    return isProxy ? zip(try wholeBefore().predictions, result.predictions).map(==) : result.isCorrect
  }

  private func wholeBefore() throws -> EvaluationResult {
    try once(\.wholeBefore) { try before.evaluation(task: sourceTask, on: wholeSourceTest, dataset: source.name) }
  }

  /// Running statistics measured anew on the source; nil where the model after has none.
  func reestimatedStatistics() throws -> ModelChange? {
    try once(\.statistics) { try ModelChange(reestimatingStatisticsOf: self) }
  }

  /// Which judged source examples the model after gets right with these; nil where it has none.
  func answersRestored() throws -> [Bool]? {
    try once(\.restored) { try reestimatedStatistics().map { try applying($0) { try sourceCorrect(after) } } }
  }

  /// Whether the model's head is a function of one value, its features: only such a head can be fitted anew.
  var canRefitHead: Bool { after.program.headProgram != nil }

  /// The source's head fitted anew on the features of the model after, no change applied.
  func refittedHead() throws -> RefittedHead { try once(\.head) { try RefittedHead(of: after, in: self) } }

  /// The source's head fitted anew on the features of the model before.
  func headRefittedBefore() throws -> RefittedHead {
    try once(\.headBefore) { try RefittedHead(of: before, in: self) }
  }

  /// The smallest set of layers, found on the half that chooses, whose rewinding regains most of what was lost.
  func smallestSet() throws -> [RewindUnit] {
    try once(\.smallestSet) {
      try RewindMeasure(self).smallestSet(regaining: DiagnosisThresholds.regainedShare, on: .choosing)
    }
  }
}
