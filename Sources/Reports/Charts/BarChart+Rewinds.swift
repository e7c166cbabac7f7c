import Findings

extension BarChart {
  /// What putting layers back brings, a row each, in points.
  ///
  /// - Parameter rewinds: fractions; costs that were not measured are left out.
  public static func rewinds(
    _ rewinds: [(name: String, gain: Estimate, cost: Estimate)], title: String, subtitle: String
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
    return BarChart(
      title: title, subtitle: subtitle, valueTitle: "points", decimals: 1, rows: rewinds.map(\.name), series: series)
  }
}
