import Analysis
import Files
import Foundation
import Metrics
import Reports

extension TransferReport {
  init(
    _ result: TransferResult, _ recommendation: TransferRecommendation, _ plan: TransferPlan,
    _ experiment: TransferExperiment, title: String
  ) {
    let options = experiment.options
    self.init(
      title: URL(fileURLWithPath: title).lastPathComponent, target: experiment.target.name,
      base: MeanValue(of: result.base), cuts: plan.cuts.map { Cut(name: $0.name, blockCount: $0.blockCount) },
      curves: result.curves.map { curve in
        .init(
          name: curve.kind.rawValue, points: curve.points.map { Point(copied: $0.copied, MeanValue(of: $0.values)) })
      }, recommendation: recommendation.sentence, command: recommendation.commandLine,
      protocolText: "\(options.epochCount) epochs, learning rate \(options.learningRate), the same for all; "
        + Show.seeds(plan.seeds.count))
    trials = recommendation.trials.filter { !$0.target.isEmpty }.map { trial in
      let rate = TransferRecommendation.text(options.learningRate * trial.factor)
      return Trial(
        rate: trial.factor == 1 ? rate : "\(rate), \(trial.factor) × the head's", target: MeanValue(of: trial.target),
        forgetting: trial.forgetting.isEmpty ? nil : MeanValue(of: trial.forgetting))
    }
    choice = recommendation.choice
    testCount = result.testCount
  }

  /// Sets the scores beside the curves.
  mutating func add(_ scores: TransferExperiment.Scores, _ result: TransferResult, _ plan: TransferPlan) {
    func correlation(_ values: [Double], _ kind: TransferKind) -> Double {
      let curve = result.curve(kind)?.points.map(\.accuracy.mean) ?? []
      return curve.count == values.count ? rankCorrelation(values, curve) : .nan
    }
    self.scores = scores.byCut.map { score in
      Score(
        name: score.name, values: score.values, isFraction: score.isFraction,
        frozenCorrelation: correlation(score.values, .transfer),
        tunedCorrelation: correlation(score.values, .transferTuned))
    }
    wholeScores = scores.ofNetwork.map { ($0.name, $0.value, $0.meaning) }
  }
}

extension TransferComparison {
  init(_ outcomes: [TransferSession.Outcome], title: String) {
    let rows = outcomes.map { outcome in
      Row(
        target: outcome.report.target,
        differences: outcome.result.curve(.transfer)?.points.map { point in
          // A seed's networks are compared with each other.
          MeanValue(of: zip(point.values, outcome.result.base).map { $0 - $1 })
        } ?? [], recommendation: outcome.report.recommendation,
        page: "\(FileName.safe(outcome.report.target))/report.html")
    }
    self.init(
      title: URL(fileURLWithPath: title).lastPathComponent, cuts: outcomes.first?.report.cuts ?? [],
      rows: rows.sorted { ($0.differences.last?.mean ?? 0) > ($1.differences.last?.mean ?? 0) },
      protocolText: outcomes.first?.report.protocolText ?? "")
  }
}
