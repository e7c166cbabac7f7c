import Findings

extension BarChart {
  /// What putting layers back brings, a row each, in points.
  ///
  /// - Parameters:
  ///   - rewinds: fractions; costs that were not measured are left out.
  ///   - folds: whether many rows may be told apart by what they regain, each being a layer alone.
  public static func rewinds(
    _ rewinds: [(name: String, gain: Estimate, cost: Estimate)], title: String, subtitle: String, folds: Bool = true
  ) -> BarChart {
    var series = [
      Series(
        name: "source regained",
        values: rewinds.map { .init(100 * $0.gain.value, low: 100 * $0.gain.low, high: 100 * $0.gain.high) })
    ]
    if rewinds.contains(where: { $0.cost.value.isFinite }) {
      series.append(
        Series(
          name: "target lost",
          values: rewinds.map { .init(100 * $0.cost.value, low: 100 * $0.cost.low, high: 100 * $0.cost.high) }))
    }
    let chart = BarChart(
      title: title, subtitle: subtitle, valueTitle: "points", decimals: 1, rows: rewinds.map(\.name), series: series)
    return folds ? chart.folded("layers that regain most") { $0.first } : chart
  }
}
