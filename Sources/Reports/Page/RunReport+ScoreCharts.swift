import Findings
import Foundation
import Metrics

/// One of the two tasks of a run, in its charts.
private enum Role {
  case source, target

  var name: String { self == .source ? "source" : "target" }

  func value(_ epoch: EpochFinding) -> Double? { self == .source ? epoch.sourceScore : epoch.targetScore }

  func measure(_ run: RunFinding) -> Score { self == .source ? run.sourceMeasure : run.targetMeasure }

  func task(_ run: RunFinding) -> String? { self == .source ? run.sourceTask : run.targetTask }
}

extension RunReport {
  /// The scores by epoch: source and target in one chart for one run that judges both alike, else in two.
  public func scoreCharts() -> [LineChart] {
    if runs.count == 1, let run = runs.first, !run.hasSource || run.sourceMeasure == run.targetMeasure {
      let roles: [Role] = run.hasSource ? [.source, .target] : [.target]
      let series = roles.map { line(run, $0, named: run.hasSource ? $0.name : run.targetTask) }
      return [
        chart(singleTitle(run), score: run.targetMeasure, made: run.hasSource ? [run] : [], series: series)
      ]
    }
    let sourced = runs.filter(\.hasSource)
    let hasTarget = sourced.isEmpty || runs.contains { $0.after(\.targetScore) != nil }
    return (sourced.isEmpty ? [] : [comparison(.source, sourced)]) + (hasTarget ? [comparison(.target, runs)] : [])
  }

  private func comparison(_ role: Role, _ compared: [RunFinding]) -> LineChart {
    let score = compared.first.map(role.measure) ?? .accuracy
    let noun = score.noun
    var title: String
    if role == .source {
      let before = Set(compared.map { role.measure($0).figure($0.before(role.value)) })
      let start = before.count == 1 ? before.first.map { ", from \($0)" } ?? "" : ""
      title = "Source \(noun) came to \(ends(compared, role))\(start)"
    } else {
      let isAlone = !compared.contains(where: \.hasSource)
      title = "\(isAlone ? Self.capitalized(noun) : "Target \(noun)") reached \(ends(compared, role))"
    }
    return chart(
      title, task: listed(union([compared.compactMap(role.task)])), score: score,
      made: role == .source ? compared : [], series: compared.map { line($0, role, named: $0.name) })
  }

  private func line(_ run: RunFinding, _ role: Role, named name: String) -> LineChart.Series {
    let score = role.measure(run)
    // A band is known for shares of right examples alone.
    let count = role == .source && score == .accuracy ? run.forgetting?.sourceCount ?? 0 : 0
    let scale = score.unit == .fraction ? 100.0 : 1
    let points = run.epochs.compactMap { epoch in
      role.value(epoch).map { value in
        let bounds = wilsonInterval(value, count: count)
        return LineChart.Point(
          epoch: epoch.epoch, value: value * scale, low: bounds.low * scale, high: bounds.high * scale)
      }
    }
    return LineChart.Series(name: name, points: points, color: color(of: run))
  }

  private func chart(
    _ title: String, task: String = "", score: Score, made measured: [RunFinding], series: [LineChart.Series]
  ) -> LineChart {
    var parts = task.isEmpty ? [] : [task]
    let counts = Set(measured.compactMap { $0.forgetting?.sourceCount }.filter { $0 > 0 }).sorted()
    if !counts.isEmpty {
      let texts = listed(counts.map { NumberText.grouped($0) })
      let band = score == .accuracy ? "; band: 95 % Wilson interval" : ""
      parts.append("\(texts)\(task.isEmpty ? " source" : "") examples\(band)")
    }
    parts.append("epoch 0 is before training")
    return LineChart(
      title: title, subtitle: parts.joined(separator: "; "),
      valueTitle: score.directedAxisTitle, limits: score.axisLimits,
      decimals: score.chartDecimals, series: series)
  }

  private func singleTitle(_ run: RunFinding) -> String {
    let score = run.targetMeasure
    let target = score.figure(run.after(\.targetScore))
    guard run.hasSource else { return "\(Self.capitalized(score.noun)) on \(run.targetTask) reached \(target)" }
    guard let before = run.before(\.sourceScore), let after = run.after(\.sourceScore) else {
      return "Target \(score.noun) reached \(target)"
    }
    let isHigh = score.direction == .up
    let verb =
      switch run.forgetting?.change {
      case .loss: isHigh ? "fell" : "rose"
      case .gain: isHigh ? "rose" : "fell"
      default: "went"
      }
    return "Source \(score.noun) \(verb) from \(score.bare(before)) to \(score.figure(after)) "
      + "while the target reached \(target)"
  }

  /// Where each of a few runs ended, or the range of many.
  private func ends(_ runs: [RunFinding], _ role: Role) -> String {
    let ended = runs.compactMap { run in
      run.after(role.value).map { (name: run.name, value: $0, score: role.measure(run)) }
    }
    if ended.count > 3, let low = ended.min(by: { $0.value < $1.value }),
      let high = ended.max(by: { $0.value < $1.value })
    {
      return "\(low.score.bare(low.value)) (\(low.name)) to \(high.score.figure(high.value)) (\(high.name))"
    }
    return ended.isEmpty ? "no measured value" : listed(ended.map { "\($0.score.figure($0.value)) in \($0.name)" })
  }

  static func capitalized(_ noun: String) -> String { noun.prefix(1).uppercased() + noun.dropFirst() }
}
