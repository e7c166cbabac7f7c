import Programs

extension TrainingOptions {
  /// - Throws: ``TrainingError/invalidOption(_:allowed:found:)``, ``TrainingError/contradiction(_:_:reason:)`` or
  ///   ``TrainingError/outlastsRun(_:epochs:epochCount:)``, naming the option.
  public func validate() throws {
    try validateAmounts()
    try validateRates()
    try validateCombinations()
    // How many epochs its steps take is known with the data.
    if stepLimit == nil { try validateDurations() }
  }

  private func validateAmounts() throws {
    try require(.epochCount, epochCount, atLeast: 0)
    try require(.stepLimit, stepLimit ?? 1, atLeast: 1, atMost: Self.largestStepCount)
    if case .steps(let count) = evaluationInterval { try require(.evaluationInterval, count, atLeast: 1) }
    if case .epochs(let fraction) = evaluationInterval {
      try require(.evaluationInterval, fraction, EvaluationInterval.form) { $0 > 0 && $0 < 1 }
    }
    try require(.evaluationSampleCount, evaluationSampleCount ?? 2, atLeast: 2, atMost: Self.largestExampleCount)
    if let evaluationSampleCount, watchInterval == nil {
      throw TrainingError.invalidOption(
        .evaluationSampleCount, allowed: "left out where nothing is looked at within an epoch",
        found: "\(evaluationSampleCount)")
    }
    try require(.exampleCount, exampleCount ?? 1, atLeast: 1, atMost: Self.largestExampleCount)
    try require(.batchSize, batchSize, atLeast: 1)
    try require(.tokensPerBatch, tokensPerBatch ?? 1, atLeast: 1, atMost: Self.largestExampleCount)
    try require(.accumulation, accumulation, atLeast: 1)
    try require(.labelSmoothing, labelSmoothing, "in 0..<1") { (0..<1).contains($0) }
    try require(.patience, patience ?? 1, atLeast: 1)
    try require(.keptCheckpointCount, keptCheckpointCount ?? 1, atLeast: 1)
    if case .fraction(let fraction) = validation {
      try require(.validation, fraction, "above 0 and below 1, or test") { $0 > 0 && $0 < 1 }
    }
    switch unfreezing {
    case .none: break
    case .every(let epochs): try require(.unfreezesEvery, epochs, atLeast: 1)
    case .onPlateau(let patience): try require(.unfreezesOnPlateau, patience, atLeast: 0)
    case .afterProbe(let epochs): try require(.unfreezesAfterProbe, epochs, atLeast: 1)
    }
    switch schedule.shape {
    case .step(let epochs, _): try require(.scheduleShape, epochs, atLeast: 1)
    case .plateau(let patience, _): try require(.scheduleShape, patience, atLeast: 0)
    case .constant, .exponential, .cosine, .oneCycle, .slantedTriangular: break
    }
    try require(.warmupEpochs, schedule.warmupEpochs, "from 0 to \(Self.largestCount)") {
      (0...Double(Self.largestCount)).contains($0)
    }
    if let rank = adapters?.rank { try require(.adapters, rank, atLeast: 1) }
  }

  private func validateRates() throws {
    for rate in [learningRate] + rateRules.map(\.value) {
      try require(.learningRate, rate, "zero or positive") { $0 >= 0 && $0.isFinite }
    }
    try require(.layerDecay, layerDecay, "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
    try require(.momentum, momentum, "in 0..<1") { (0..<1).contains($0) }
    for decay in [weightDecay] + decayRules.map(\.value) {
      try require(.weightDecay, decay, "zero or positive") { $0 >= 0 && $0.isFinite }
    }
    try require(.gradientNorm, gradientNorm ?? 1, "above 0") { $0 > 0 && $0.isFinite }
    try require(.averagingDecay, averagingDecay ?? 0.5, "between 0 and 1") { $0 > 0 && $0 < 1 }
  }

  private func validateCombinations() throws {
    func exclude(_ first: Key, _ second: Key?, _ reason: String, where isTogether: Bool = true) throws {
      if let second, isTogether { throw TrainingError.contradiction(first, second, reason: reason) }
    }
    try exclude(.usesNesterov, .momentum, "needs a momentum above 0", where: usesNesterov && momentum == 0)
    if lossForm == .dynamic {
      let reason = "weighs answers by their own probability"
      try exclude(.lossForm, .labelSmoothing, reason, where: labelSmoothing > 0)
      try exclude(.lossForm, .classWeights, reason, where: classWeights != .equal)
    }
    if trainsHeadOnly {
      try exclude(.trainsHeadOnly, unfreezing.key, "trains the head alone")
      try exclude(.trainsHeadOnly, .adapters, "trains the head alone", where: adapters != nil)
      try exclude(.trainsHeadOnly, .layerDecay, "trains the head alone", where: layerDecay != 1)
    }
    if adapters != nil { try exclude(.adapters, unfreezing.key, "leaves the weights frozen") }
  }

  func validateDurations() throws {
    func fit(_ key: Key, _ epochs: Double, _ fits: Bool) throws {
      if !fits { throw TrainingError.outlastsRun(key, epochs: epochs, epochCount: epochCount) }
    }
    switch unfreezing {
    case .afterProbe(let epochs): try fit(.unfreezesAfterProbe, Double(epochs), epochs < epochCount)
    case .every(let epochs): try fit(.unfreezesEvery, Double(epochs), epochs < epochCount || epochCount == 0)
    case .none, .onPlateau: break
    }
    let warmup = schedule.warmupEpochs
    try fit(.warmupEpochs, warmup, warmup <= Double(epochCount) || epochCount == 0)
  }

  /// - Throws: ``TrainingError/invalidOption(_:allowed:found:)`` for ``gradientCheckpointing`` of a network that is one
  ///   piece, of which nothing could be left out.
  func checkCheckpointing(of program: Program) throws {
    guard gradientCheckpointing == true, program.segments.count < 2 else { return }
    throw TrainingError.invalidOption(
      .gradientCheckpointing, allowed: "left out where the network is one block", found: "'\(program.architecture)'")
  }

  private func require(_ key: Key, _ value: Int, atLeast least: Int, atMost most: Int = largestCount) throws {
    try require(key, value, least == 0 ? "zero or more" : "at least \(least)") { $0 >= least }
    try require(key, value, "at most \(most)") { $0 <= most }
  }

  private func require<Value>(
    _ key: Key, _ value: Value, _ allowed: String, _ isAllowed: (Value) -> Bool
  ) throws {
    if !isAllowed(value) { throw TrainingError.invalidOption(key, allowed: allowed, found: "\(value)") }
  }
}
