import Datasets

extension TrainingOptions {
  /// How often the run is looked at within its epochs; nil where it is not.
  var watchInterval: EvaluationInterval? { evaluationInterval ?? stopRule.map { _ in .standard } }

  /// The options with everything that the training examples decide: the batches of ``tokensPerBatch``, and the epochs of
  /// ``stepLimit``.
  ///
  /// - Throws: ``TrainingError/invalidOption(_:allowed:found:)``, ``TrainingError/outlastsRun(_:epochs:epochCount:)``.
  public func settled(on split: Split) throws -> TrainingOptions {
    var own = try batching(split)
    guard let stepLimit else { return own }
    let steps = own.stepsPerEpoch(of: split.count)
    own.epochCount = (stepLimit + steps - 1) / steps
    try own.validateDurations()
    return own
  }

  /// Optimization steps of an epoch of so many examples: batches over ``accumulation``, rounded up.
  func stepsPerEpoch(of exampleCount: Int) -> Int {
    let batchCount = (exampleCount + batchSize - 1) / batchSize
    return max(1, (batchCount + accumulation - 1) / accumulation)
  }

  /// As many examples of each task as looks take a tenth of an epoch with, from ``fewestEvaluationSamples`` to
  /// ``standardEvaluationSampleCount``: an example that is looked at costs a third of one that is trained on, the way
  /// there without the way back.
  static func affordableSampleCount(looksPerEpoch: Double, taskCount: Int, trainedCount: Int) -> Int {
    let affordable = 0.1 * Double(trainedCount) * 3 / (max(1, looksPerEpoch) * Double(taskCount))
    return Int(min(max(affordable, Double(fewestEvaluationSamples)), Double(standardEvaluationSampleCount)))
  }
}
