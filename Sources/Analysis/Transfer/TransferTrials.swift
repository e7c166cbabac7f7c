import Checkpoints
import Evaluation
import Files
import Findings
import Training

extension TransferExperiment {
  /// Rates that are tried, relative to the head's.
  public static let trialFactors = [1, 0.3, 0.1]

  /// The rates that make a difference: one where nothing but the head is trained.
  public func trialFactors(freezing cut: TransferCut?) -> [Double] {
    let still = Set((cut?.parameterNames ?? []) + base.program.headParameterNames)
    return base.program.parameters.allSatisfy { still.contains($0.name) } ? [1] : Self.trialFactors
  }

  /// The options of a trial, those of the command that would do the same.
  public func trialOptions(freezing cut: TransferCut?, factor: Double) -> TrainingOptions {
    var own = options
    own.frozen += cut?.frozenPatterns ?? []
    if factor != 1 {
      // What the user said of single layers stands.
      own.rateRules.insert(
        contentsOf: base.program.headPaths.map { GlobRule(pattern: $0, value: options.learningRate) }, at: 0)
      own.learningRate *= factor
    }
    return own
  }

  private func trialName(freezing cut: TransferCut?, factor: Double, seed: UInt64) -> String {
    "trial-\(cut.map { FileName.safe($0.name) } ?? "all")-rate\(factor)\(source == nil ? "" : "-judged")-seed\(seed)"
  }

  /// The folder of a trial's run, whether it is there yet or not.
  public func trialPath(freezing cut: TransferCut?, factor: Double, seed: UInt64) -> String {
    runs.runPath(trialName(freezing: cut, factor: factor, seed: seed))
  }

  /// Fine-tunes the whole base network with a new head, what lies before the cut frozen, at several rates.
  ///
  /// - Parameter onTrial: told the factor and the seed before a trial and, with the score on the target, afterwards.
  /// - Returns: the rates of which at least one seed finished, to be added to the experiment's result.
  @discardableResult
  public func trials(
    freezing cut: TransferCut?, isCancelled: () -> Bool = { false },
    onTrial: (Double, UInt64, Double?) throws -> Void = { _, _, _ in }
  ) throws -> [TransferTrial] {
    let kind = try kind()
    func name(_ factor: Double, _ seed: UInt64) -> String { trialName(freezing: cut, factor: factor, seed: seed) }
    func train(_ factor: Double, _ seed: UInt64) throws {
      var own = trialOptions(freezing: cut, factor: factor)
      own.seed = seed
      try runs.train(
        name(factor, seed), from: { base }, on: self.target, as: kind, source: source, options: own,
        keepsCheckpoints: false, isChosenAmong: true, isCancelled: isCancelled)
    }
    if isShared {
      try runs.together(
        trialFactors(freezing: cut).flatMap { factor in plan.seeds.map { (factor, $0) } }, named: name,
        isCancelled: isCancelled,
        onPoint: { try onTrial($0.0, $0.1, $1 ? runs.finished(name($0.0, $0.1))?.record.targetScore : nil) },
        train: train)
    }
    return try trialFactors(freezing: cut).compactMap { factor in
      var (target, forgetting): ([Double], [Double]) = ([], [])
      var validation: [RunFigures] = []
      var basis: ChoiceBasis?
      var sourceScore: Score?
      for seed in plan.seeds {
        if !isShared { try onTrial(factor, seed, nil) }
        let record = try runs.record(name(factor, seed)) { try train(factor, seed) }
        guard let record, case let figures = record.figures, figures.target.isFinite else { continue }
        sourceScore = record.score(of: "source") ?? sourceScore
        if let own = record.validationFigures { validation.append(own) }
        if basis?.examples != .test { basis = record.basis(of: [.rate]) }
        target.append(figures.target)
        if figures.forgetting.isFinite { forgetting.append(figures.forgetting) }
        if !isShared { try onTrial(factor, seed, figures.target) }
      }
      guard !target.isEmpty else { return nil }
      return TransferTrial(
        factor: factor, learningRate: options.learningRate * factor, target: RepeatedScore(kind.score, target),
        forgetting: forgetting.isEmpty ? nil : RepeatedMean(forgetting), sourceScore: sourceScore ?? .accuracy,
        validation: validation.count < target.count
          ? nil
          : TransferTrial.Validation(
            target: RepeatedScore(kind.score, validation.map(\.target)),
            forgetting: forgetting.isEmpty ? nil : RepeatedMean(validation.map(\.forgetting))), chosenBy: basis)
    }
  }
}
