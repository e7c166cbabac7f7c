import Findings

extension BarChart {
  /// What putting layers back brings, a row each, in points or the score's own unit.
  ///
  /// - Parameters:
  ///   - rewinds: costs that were not measured, or are counted in another unit than gains, are left out.
  ///   - folds: whether many rows may be told apart by what they regain, each being a layer alone.
  public static func rewinds(
    _ rewinds: [(name: String, gain: Estimate, cost: Estimate)], title: String, subtitle: String,
    score: Score = .accuracy, targetScore: Score = .accuracy, folds: Bool = true
  ) -> BarChart {
    func values(_ estimates: [Estimate]) -> [Value] {
      let scale = score.chartScale
      return estimates.map { .init(scale * $0.value, low: scale * $0.low, high: scale * $0.high) }
    }
    var series = [Series(name: "source regained", values: values(rewinds.map(\.gain)))]
    if score.unit == targetScore.unit, rewinds.contains(where: { $0.cost.value.isFinite }) {
      series.append(Series(name: "target lost", values: values(rewinds.map(\.cost))))
    }
    let chart = BarChart(
      title: title, subtitle: subtitle, valueTitle: score.chartTitle, decimals: score.chartDecimals,
      rows: rewinds.map(\.name), series: series)
    return folds ? chart.folded("layers that regain most") { $0.first } : chart
  }
}
