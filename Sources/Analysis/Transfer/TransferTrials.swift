import Checkpoints
import Files
import Metrics
import Training

/// The fine-tuning that the curves point to, done at one rate of the layers under the head.
public struct TransferTrial: Sendable {
  /// The learning rate of the layers between what is frozen and the head, relative to the head's.
  public let factor: Double
  /// Target accuracy after it, one a seed.
  public let target: [Double]
  /// Source accuracy lost, one a seed; empty where there is no source to measure on.
  public let forgetting: [Double]
}

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
    if factor != 1, let head = base.program.head {
      // What the user said of single layers stands.
      own.rateRules.insert(GlobRule(pattern: head, value: options.learningRate), at: 0)
      own.learningRate *= factor
    }
    return own
  }

  /// Fine-tunes the whole base network with a new head, what lies before the cut frozen, at several rates.
  ///
  /// - Parameter onTrial: told the factor and the seed before a trial and, with the target accuracy, afterwards.
  @discardableResult
  public func trials(
    freezing cut: TransferCut?, isCancelled: () -> Bool = { false },
    onTrial: (Double, UInt64, Double?) throws -> Void = { _, _, _ in }
  ) throws -> [TransferTrial] {
    try trialFactors(freezing: cut).map { factor in
      var (target, forgetting): ([Double], [Double]) = ([], [])
      for seed in plan.seeds {
        try onTrial(factor, seed, nil)
        let name =
          "trial-\(cut.map { FileName.safe($0.name) } ?? "all")-rate\(factor)\(source == nil ? "" : "-judged")-seed\(seed)"
        let record = try runs.record(name) {
          var own = trialOptions(freezing: cut, factor: factor)
          own.seed = seed
          try runs.train(
            name, from: { base }, on: self.target, source: source, options: own, keepsCheckpoints: false,
            isCancelled: isCancelled)
        }
        guard let record, let accuracy = record.targetAccuracy else { continue }
        target.append(accuracy)
        if let before = record.metrics["source_accuracy"]?.first, let after = record.final("source_accuracy") {
          forgetting.append(before - after)
        }
        try onTrial(factor, seed, accuracy)
      }
      return TransferTrial(factor: factor, target: target, forgetting: forgetting)
    }
  }
}

extension [TransferTrial] {
  /// The place of the trial to follow: of those as good as the best on the target, within the tolerance, the one that
  /// forgets least, or the one that moves the layers least where forgetting was not measured.
  public func choice(within tolerance: Double) -> Int? {
    func mean(_ values: [Double]) -> Double { values.isEmpty ? .nan : MeanInterval(values).mean }
    let tried = indices.filter { !self[$0].target.isEmpty }
    guard let best = tried.map({ mean(self[$0].target) }).max() else { return nil }
    return tried.filter { mean(self[$0].target) >= best - tolerance }.min { first, second in
      let (one, other) = (self[first], self[second])
      guard !one.forgetting.isEmpty, !other.forgetting.isEmpty else { return one.factor < other.factor }
      return mean(one.forgetting) < mean(other.forgetting)
    }
  }
}
