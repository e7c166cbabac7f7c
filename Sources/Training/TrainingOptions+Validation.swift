extension TrainingOptions {
  /// - Throws: ``TrainingError/badOption(_:)`` naming the option, what it was and what it may be.
  public func validate() throws {
    try validateAmounts()
    try validateRates()
    try validateCombinations()
  }

  private func validateAmounts() throws {
    try require(epochCount >= 0, "--epochs must not be negative, found \(epochCount)")
    if let exampleCount { try require(exampleCount >= 1, "--examples must be at least 1, found \(exampleCount)") }
    try require(batchSize >= 1, "--batch-size must be at least 1, found \(batchSize)")
    try require(accumulation >= 1, "--accumulate must be at least 1, found \(accumulation)")
    try require((0..<1).contains(labelSmoothing), "--label-smoothing must be in 0..<1, found \(labelSmoothing)")
    if let patience { try require(patience >= 1, "--patience must be at least 1, found \(patience)") }
    switch unfreezing {
    case .none: break
    case .every(let epochs): try require(epochs >= 1, "--unfreeze-every must be at least 1, found \(epochs)")
    case .onPlateau(let patience):
      try require(patience >= 0, "--unfreeze-on-plateau must not be negative, found \(patience)")
    case .afterProbe(let epochs): try require(epochs >= 1, "--probe-epochs must be at least 1, found \(epochs)")
    }
  }

  private func validateRates() throws {
    for rate in [learningRate] + rateRules.map(\.value) {
      try require(rate >= 0 && rate.isFinite, "--lr must be zero or positive, found \(rate)")
    }
    try require(layerDecay > 0 && layerDecay <= 1, "--layer-decay must be above 0 and at most 1, found \(layerDecay)")
    try require((0..<1).contains(momentum), "--momentum must be in 0..<1, found \(momentum)")
    try require(!usesNesterov || momentum > 0, "--nesterov needs a momentum above 0")
    for decay in [weightDecay] + decayRules.map(\.value) {
      try require(decay >= 0 && decay.isFinite, "--weight-decay must not be negative, found \(decay)")
    }
    if let gradientNorm {
      try require(gradientNorm > 0 && gradientNorm.isFinite, "--clip-norm must be above 0, found \(gradientNorm)")
    }
    if let averagingDecay {
      try require(averagingDecay > 0 && averagingDecay < 1, "--ema must be between 0 and 1, found \(averagingDecay)")
    }
  }

  private func validateCombinations() throws {
    if trainsHeadOnly {
      try require(unfreezing == .none, "--feature-extraction trains the head alone; gradual unfreezing contradicts it")
      try require(adapters == nil, "--feature-extraction trains the head alone; --lora contradicts it")
      try require(layerDecay == 1, "--feature-extraction trains the head alone; --layer-decay contradicts it")
    }
    if adapters != nil {
      try require(unfreezing == .none, "--lora leaves the weights frozen; gradual unfreezing contradicts it")
    }
    if case .afterProbe(let epochs) = unfreezing {
      try require(
        epochs < epochCount, "--probe-epochs \(epochs) leaves none of --epochs \(epochCount) for fine-tuning")
    }
    if case .every(let epochs) = unfreezing, epochCount > 0 {
      try require(epochs < epochCount, "--unfreeze-every \(epochs) never unfreezes within --epochs \(epochCount)")
    }
    try require(
      schedule.warmupEpochs <= Double(epochCount) || epochCount == 0,
      "--warmup \(short(schedule.warmupEpochs)) is longer than --epochs \(epochCount)")
  }

  private func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw TrainingError.badOption(message()) }
  }
}
