import Findings

extension RewindFinding {
  /// A row a step of one order of rewinding.
  public func table(_ order: Order) -> TextTable {
    var table = TextTable([
      .init(order == .alone ? "layer" : "up to"), .number("source regained"), .number("95 % interval"),
      .number("target lost"),
    ])
    for rewind in rewinds(order) {
      // More and more layers are read in their order.
      table.append(
        [
          rewind.layers.last ?? "", score.bare(rewind.gain.value),
          score.interval(rewind.gain.low, rewind.gain.high), (targetScore ?? .accuracy).bare(rewind.cost.value),
        ], weight: order == .alone ? rewind.gain.value : nil)
    }
    return table
  }

  /// What one order of rewinding brings and costs.
  public func chart(_ order: Order) -> BarChart {
    let best = rewinds(order).filter { $0.gain.low > 0 }.max { $0.gain.value < $1.gain.value }
    return BarChart.rewinds(
      rewinds(order).map { ($0.layers.last ?? "", $0.gain, $0.cost) },
      title: best.map {
        "Restoring \($0.layers.joined(separator: ", ")) regains \(score.amount($0.gain.value))"
      } ?? "No rewinding is established to regain anything",
      subtitle: "\(score.unitWords)\(score.direction == .up ? "" : ", better with a plus,") when layers are put back, "
        + "\(order.rawValue); source: \(source)",
      score: score, targetScore: targetScore ?? .accuracy, folds: order == .alone)
  }

  private func rewinds(_ order: Order) -> [Rewind] { parts.first { $0.order == order }?.rewinds ?? [] }
}
