import Findings

extension ProbeFinding {
  /// A row a layer, a column a model, and what was lost between the first and the last.
  public func table() -> TextTable {
    let isCompared = models.count > 1
    var table = TextTable(
      [.init("layer")] + models.map { .number($0) } + (isCompared ? [.number("drop"), .number("95 % interval")] : []))
    for layer in layers {
      table.append(
        [layer.layer] + layer.scores.map { NumberText.percent($0) }
          + (isCompared
            ? [
              NumberText.points(layer.drop?.value),
              NumberText.interval(layer.drop?.low ?? .nan, layer.drop?.high ?? .nan, scale: 100),
            ] : []),
        weight: isCompared ? layer.drop?.value : layer.scores.first)
    }
    return table
  }

  /// What a probe makes of nothing, in a line.
  public var controlWords: String { "control, \(ProbeControls.permutedName): \(control.words)" }

  /// The scores, a bar a model.
  public func chart() -> BarChart {
    let drops = layers.compactMap { layer in layer.drop.map { (layer: layer.layer, drop: $0) } }
    let best = layers.max { ($0.scores.first ?? 0) < ($1.scores.first ?? 0) }
    let established = drops.filter { $0.drop.low > 0 }
    let worst = (established.isEmpty ? drops : established).max { $0.drop.value < $1.drop.value }
    let finding =
      models.count > 1
      ? worst.map { worst in
        worst.drop.low > 0
          ? "A probe of \(worst.layer) lost most: \(NumberText.points(worst.drop.value)) points"
          : "No probe lost more than chance explains; that of \(worst.layer) changed by "
            + "\(NumberText.signedPoints(-worst.drop.value)) points"
      } : best.map { "\($0.layer) tells the classes apart best: \(NumberText.percent($0.scores.first))" }
    let chart = BarChart(
      title: finding ?? "No layer was probed",
      subtitle: "accuracy of a linear classifier fitted to each layer's features, \(data); fitted to permuted labels: "
        + control.words, valueTitle: "accuracy (%)", decimals: 1, rows: layers.map(\.layer),
      series: models.indices.map { index in
        BarChart.Series(name: models[index], values: layers.map { .init(100 * $0.scores[index]) })
      })
    return chart.folded(models.count > 1 ? "layers that lost most" : "layers that tell most apart") { scores in
      scores.first.map { models.count > 1 ? $0 - (scores.last ?? $0) : $0 }
    }
  }
}

extension ControlDraws {
  /// The mean with the spread of the draws: `10.1 % (8.0 to 12.4 in 5 draws)`.
  var words: String {
    NumberText.percent(mean)
      + (scores.count > 1
        ? " (\(NumberText.interval(lowest, highest, scale: 100)) in \(NumberText.plural(scores.count, "draw")))" : "")
  }
}
