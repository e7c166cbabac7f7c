import ArgumentParser
import Datasets
import Findings
import Training

extension TrainingArguments {
  /// So many seeds, from `--seed` on; after the largest one they go on from 0.
  func seeds(_ count: Int) -> [UInt64] { (0..<count).map { seed &+ UInt64($0) } }

  /// What the library is told.
  func options(_ regularizers: RegularizerOptions) throws -> TrainingOptions {
    let specifications = try regularizers.regularizer.map { try RegularizerSpecification(parsing: $0) }
    try checkDecoupling(of: specifications)
    return try options(with: specifications)
  }

  /// What the library is told, with other regularizers than those of `--regularizer`.
  func options(with specifications: [RegularizerSpecification]) throws -> TrainingOptions {
    var options = TrainingOptions()
    if maxSteps != nil, epochs != nil {
      throw TrainingError.contradiction(.stepLimit, .epochCount, reason: "says how long is trained")
    }
    options.epochCount = epochs ?? options.epochCount
    options.stepLimit = maxSteps
    if tokensPerBatch != nil, batchSize != nil {
      throw TrainingError.contradiction(.tokensPerBatch, .batchSize, reason: "says how many examples a batch has")
    }
    options.batchSize = batchSize ?? options.batchSize
    options.tokensPerBatch = tokensPerBatch
    options.accumulation = accumulate
    for (number, rule) in try learningRates.map({ try Self.rule($0, option: "--lr", value: "RATE") }) {
      if let rule { options.rateRules.append(rule) } else { options.learningRate = number }
    }
    for (number, rule) in try weightDecays.map({ try Self.rule($0, option: "--weight-decay", value: "DECAY") }) {
      if let rule { options.decayRules.append(rule) } else { options.weightDecay = number }
    }
    options.layerDecay = layerDecay
    options.optimizer = optimizer
    options.momentum = momentum
    options.usesNesterov = nesterov
    options.labelSmoothing = labelSmoothing
    guard let weights = ClassWeights(classWeights) else {
      throw CommandError.usage("--class-weights: expected equal, balanced or numbers as 1,1,5, found '\(classWeights)'")
    }
    options.classWeights = weights
    options.lossClasses = lossClasses == .head ? nil : lossClasses
    options.lossForm = loss == .crossEntropy ? nil : loss
    options.samplesEvenly = balancedSampling
    options.transform = try ImageTransform(augment)
    guard let shape = Schedule.Shape(schedule) else {
      let forms = Schedule.Shape.forms.joined(separator: ", ")
      let name = schedule.prefix { $0 != ":" }
      let known = Schedule.Shape.names
      let question =
        known.contains(String(name)) ? "" : FamiliarNames.advice(FamiliarNames.near(String(name), in: known))
      throw CommandError.usage("--schedule: expected \(forms); found '\(schedule)'\(question)")
    }
    guard warmup >= 0, warmup.isFinite else { throw CommandError.usage("--warmup must not be negative") }
    options.schedule = Schedule(shape, warmupEpochs: warmup)
    options.frozen = freeze
    options.trainsHeadOnly = featureExtraction
    options.unfreezing = try unfreezing()
    options.adapters = try lora.map { try LowRankOptions(parsing: $0) }
    options.gradientNorm = clipNorm
    options.precision = precision
    options.gradientCheckpointing = gradientCheckpointing ? true : nil
    options.shardsWeights = shard ? true : nil
    options.sharesStatistics = syncNorm ? true : nil
    options.averagingDecay = ema
    options.selection = try best.map { try SelectionRule(parsing: $0) }
    options.patience = patience
    options.keptCheckpointCount = keepCheckpoints
    options.evaluationInterval = try evalEvery.map { try EvaluationInterval(parsing: $0) }
    options.evaluationSampleCount = evalSamples
    options.stopRule = try stopWhen.map { try StopRule(parsing: $0) }
    options.validation = try validation.map { try ValidationRule(parsing: $0) }
    options.regularizers = applied(specifications)
    options.seed = seed
    options.fitsImages = fit
    options.exampleCount = examples
    try options.validate()
    return options
  }

  /// The words for a run by itself that is trained on the same examples as those it was chosen among, where that has to
  /// be said.
  func heldAside(of target: Dataset, _ basis: ChoiceBasis?) -> [String] {
    guard validation == nil, target.validation == nil, basis?.examples == .validation else { return [] }
    return ["--validation", ValidationRule.fraction(ValidationRule.standardFraction).text]
  }

  private func unfreezing() throws -> Unfreezing {
    let asked: [(String, Unfreezing)] = [
      unfreezeEvery.map { ("--unfreeze-every", .every(epochs: $0)) },
      unfreezeOnPlateau.map { ("--unfreeze-on-plateau", .onPlateau(patience: $0)) },
      probeEpochs.map { ("--probe-epochs", .afterProbe(epochs: $0)) },
    ].compactMap { $0 }
    guard asked.count <= 1 else { throw CommandError.usage("\(asked[0].0) and \(asked[1].0) contradict each other") }
    return asked.first?.1 ?? .none
  }

  /// Regularizers as `--regularize` and `--decoupled` have them act.
  func applied(_ specifications: [RegularizerSpecification]) -> [RegularizerSpecification] {
    specifications.map { specification in
      var specification = specification
      specification.filter = regularize
      specification.isDecoupled = decoupled && RegularizerKind.named(specification.kind)?.isDecouplable == true
      return specification
    }
  }

  /// Refuses `--decoupled` where it would change nothing.
  func checkDecoupling(of specifications: [RegularizerSpecification]) throws {
    guard decoupled, !applied(specifications).contains(where: \.isDecoupled) else { return }
    let able = RegularizerKind.all.filter(\.isDecouplable).map(\.name).joined(separator: ", ")
    throw CommandError.usage("--decoupled: none of the regularizers can be applied in the step; \(able) can")
  }

  /// A number, or a number for what a glob matches.
  private static func rule(_ text: String, option: String, value: String) throws -> (Double, GlobRule?) {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2, let number = Double(parts[parts.count - 1]) else {
      throw CommandError.usage("\(option): expected \(value) or GLOB=\(value), found '\(text)'")
    }
    return (number, parts.count == 1 ? nil : GlobRule(pattern: parts[0], value: number))
  }
}
