import Findings

extension TransferExperiment {
  /// What the trained networks came to.
  ///
  /// - Parameter accuracy: of a training; nil where it did not finish.
  func result(_ accuracy: (TransferPlan.Point) -> Double?) -> TransferResult {
    func values(_ kind: TransferKind?, _ cut: TransferCut?) -> [Double] {
      plan.seeds.compactMap { accuracy(TransferPlan.Point(seed: $0, kind: kind, cut: cut)) }
    }
    return TransferResult(
      target: target.name, cuts: plan.cuts.map(\.finding),
      schedule: TransferSchedule(
        epochCount: options.epochCount, learningRate: options.learningRate, seedCount: plan.seeds.count),
      exampleCount: options.examples(of: target.train).count, availableCount: target.train.count,
      testCount: target.test.count, base: RepeatedScore(.accuracy, values(nil, nil)),
      curves: plan.kinds.map { kind in
        TransferResult.Curve(
          kind: kind,
          points: plan.cuts.compactMap { cut in
            let found = values(kind, cut)
            return found.isEmpty
              ? nil : .init(copied: cut.blockCount, cut: cut.name, RepeatedScore(.accuracy, found))
          })
      }, trainsHeadAlone: { trialFactors(freezing: plan.cut($0)).count == 1 })
  }
}
