import Findings

extension TransferExperiment {
  /// What the trained networks came to.
  ///
  /// - Parameters:
  ///   - basis: by which examples the cut is chosen.
  ///   - validation: the accuracy of a training on the examples that choose; nil where it held none aside.
  ///   - accuracy: that on the examples that judge; nil where it did not finish.
  func result(
    chosenBy basis: ChoiceBasis?, validation: (TransferPlan.Point) -> Double?, accuracy: (TransferPlan.Point) -> Double?
  ) -> TransferResult {
    func values(_ kind: TransferKind?, _ cut: TransferCut?, of accuracy: (TransferPlan.Point) -> Double?) -> [Double] {
      plan.seeds.compactMap { accuracy(TransferPlan.Point(seed: $0, kind: kind, cut: cut)) }
    }
    func curves(of accuracy: (TransferPlan.Point) -> Double?) -> [TransferResult.Curve] {
      plan.kinds.map { kind in
        TransferResult.Curve(
          kind: kind,
          points: plan.cuts.compactMap { cut in
            let found = values(kind, cut, of: accuracy)
            return found.isEmpty ? nil : .init(copied: cut.blockCount, cut: cut.name, RepeatedScore(.accuracy, found))
          })
      }
    }
    return TransferResult(
      target: target.name, cuts: plan.cuts.map(\.finding),
      schedule: TransferSchedule(
        epochCount: options.epochCount, learningRate: options.learningRate, seedCount: plan.seeds.count),
      exampleCount: trainedCount, availableCount: target.train.count,
      testCount: target.test.count, base: RepeatedScore(.accuracy, values(nil, nil, of: accuracy)),
      curves: curves(of: accuracy),
      validation: basis?.examples == .validation
        ? TransferResult.Validation(
          base: RepeatedScore(.accuracy, values(nil, nil, of: validation)), curves: curves(of: validation)) : nil,
      chosenBy: basis, trainsHeadAlone: { trialFactors(freezing: plan.cut($0)).count == 1 })
  }
}
