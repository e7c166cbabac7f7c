extension TrainingOptions {
  /// An option by the name of its property, for errors.
  public enum Key: String, Sendable, CaseIterable, CustomStringConvertible {
    case epochCount, stepLimit, exampleCount, batchSize, tokensPerBatch, accumulation
    case learningRate, layerDecay, momentum, usesNesterov, weightDecay, gradientNorm, averagingDecay
    case labelSmoothing, classWeights, lossClasses, lossForm, evenSampling, augmentation
    case scheduleShape = "schedule.shape"
    case warmupEpochs = "schedule.warmupEpochs"
    case trainsHeadOnly
    case unfreezesEvery = "unfreezing.every"
    case unfreezesOnPlateau = "unfreezing.onPlateau"
    case unfreezesAfterProbe = "unfreezing.afterProbe"
    case adapters, gradientCheckpointing, shardsWeights, selection, patience, keptCheckpointCount, validation,
      regularizers
    case evaluationInterval, evaluationSampleCount, stopRule

    public var description: String { rawValue }
  }
}

extension Unfreezing {
  /// The option that asks for it; nil for none.
  var key: TrainingOptions.Key? {
    switch self {
    case .none: nil
    case .every: .unfreezesEvery
    case .onPlateau: .unfreezesOnPlateau
    case .afterProbe: .unfreezesAfterProbe
    }
  }
}
