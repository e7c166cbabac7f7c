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
    return try trialFactors(freezing: cut).compactMap { factor in
      var (target, forgetting): ([Double], [Double]) = ([], [])
      var validation: [RunFigures] = []
      var basis: ChoiceBasis?
      var sourceScore: Score?
      let own = trialOptions(freezing: cut, factor: factor)
      for seed in plan.seeds {
        try onTrial(factor, seed, nil)
        let name =
          "trial-\(cut.map { FileName.safe($0.name) } ?? "all")-rate\(factor)\(source == nil ? "" : "-judged")-seed\(seed)"
        let record = try runs.record(name) {
          var own = own
          own.seed = seed
          try runs.train(
            name, from: { base }, on: self.target, as: kind, source: source, options: own,
            keepsCheckpoints: false, isChosenAmong: true, isCancelled: isCancelled)
        }
        guard let record, case let figures = record.figures, figures.target.isFinite else { continue }
        sourceScore = record.score(of: "source") ?? sourceScore
        if let own = record.validationFigures { validation.append(own) }
        if basis?.examples != .test { basis = record.basis(of: [.rate]) }
        target.append(figures.target)
        if figures.forgetting.isFinite { forgetting.append(figures.forgetting) }
        try onTrial(factor, seed, figures.target)
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
