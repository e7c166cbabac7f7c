import Evaluation
import Findings

extension TransferExperiment {
  /// What the trained networks came to.
  ///
  /// - Parameters:
  ///   - basis: by which examples the cut is chosen.
  ///   - validation: the score of a training on the examples that choose; nil where it held none aside.
  ///   - score: that on the examples that judge; nil where it did not finish.
  func result(
    of task: any TaskKind, chosenBy basis: ChoiceBasis?, validation: (TransferPlan.Point) -> Double?,
    score: (TransferPlan.Point) -> Double?
  ) -> TransferResult {
    let judge = task.score
    func values(_ kind: TransferKind?, _ cut: TransferCut?, of score: (TransferPlan.Point) -> Double?) -> [Double] {
      plan.seeds.compactMap { score(TransferPlan.Point(seed: $0, kind: kind, cut: cut)) }
    }
    func curves(of score: (TransferPlan.Point) -> Double?) -> [TransferResult.Curve] {
      plan.kinds.map { kind in
        TransferResult.Curve(
          kind: kind,
          points: plan.cuts.compactMap { cut in
            let found = values(kind, cut, of: score)
            return found.isEmpty ? nil : .init(copied: cut.blockCount, cut: cut.name, RepeatedScore(judge, found))
          })
      }
    }
    var result = TransferResult(
      target: target.name, cuts: plan.cuts.map(\.finding),
      schedule: TransferSchedule(
        epochCount: options.epochCount, learningRate: options.learningRate, seedCount: plan.seeds.count),
      exampleCount: trainedCount, availableCount: target.train.count,
      testCount: target.test.count, base: RepeatedScore(judge, values(nil, nil, of: score)),
      curves: curves(of: score),
      validation: basis?.examples == .validation
        ? TransferResult.Validation(
          base: RepeatedScore(judge, values(nil, nil, of: validation)), curves: curves(of: validation)) : nil,
      chosenBy: basis, trainsHeadAlone: { trialFactors(freezing: plan.cut($0)).count == 1 })
    if task.outputNames(of: target) == nil { result.keepsHead = true }
    return result
  }
}
