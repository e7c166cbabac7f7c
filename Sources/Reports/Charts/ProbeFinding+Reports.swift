import Findings

extension ProbeFinding {
  /// A row a layer, a column a model, and what was lost between the first and the last.
  public func table() -> TextTable {
    let isCompared = models.count > 1
    var table = TextTable(
      [.init("layer")] + models.map { .number($0) } + (isCompared ? [.number("drop"), .number("95 % interval")] : []))
    for layer in layers {
      table.append(
        [layer.layer] + layer.scores.map { score.plain($0) }
          + (isCompared
            ? [
              score.bare(layer.drop?.value), score.interval(layer.drop?.low ?? .nan, layer.drop?.high ?? .nan),
            ] : []),
        weight: isCompared ? layer.drop?.value : layer.scores.first.map(score.merit))
    }
    return table
  }

  /// What a probe makes of nothing, in a line.
  public var controlWords: String { "control, \(ProbeControls.permutedName): \(control.words(of: score))" }

  /// That probes are of some classes alone; nil where they are of all.
  public var classWords: String? { classes.map { "probes of \($0.words), drawn" } }

  /// The scores, a bar a model.
  public func chart() -> BarChart {
    let drops = layers.compactMap { layer in layer.drop.map { (layer: layer.layer, drop: $0) } }
    let best = layers.max { score.merit($0.scores.first ?? .nan) < score.merit($1.scores.first ?? .nan) }
    let established = drops.filter { $0.drop.low > 0 }
    let worst = (established.isEmpty ? drops : established).max { $0.drop.value < $1.drop.value }
    let finding =
      models.count > 1
      ? worst.map { worst in
        worst.drop.low > 0
          ? "A probe of \(worst.layer) lost most: \(score.amount(worst.drop.value))"
          : "No probe lost more than chance explains; that of \(worst.layer) is "
            + "\(worst.drop.value < 0 ? "better" : "worse") by \(score.amount(abs(worst.drop.value)))"
      }
      : best.map { best in
        (score == .accuracy ? "\(best.layer) tells the classes apart best" : "\(best.layer) says most")
          + ": \(score.text(best.scores.first))"
      }
    let chart = BarChart(
      title: finding ?? "No layer was probed",
      subtitle: "\(score.noun) of a linear \(score == .accuracy ? "classifier" : "probe") fitted to each layer's "
        + "features, \(data)\(classes.map { ", \($0.words)" } ?? ""); fitted to permuted labels: "
        + control.words(of: score),
      valueTitle: score.directedAxisTitle, decimals: score.chartDecimals,
      rows: layers.map(\.layer),
      series: models.indices.map { index in
        BarChart.Series(name: models[index], values: layers.map { .init(score.chartScale * $0.scores[index]) })
      })
    return chart.folded(models.count > 1 ? "layers that lost most" : "layers that tell most apart") { scores in
      scores.first.map { score.merit(models.count > 1 ? $0 - (scores.last ?? $0) : $0) }
    }
  }
}

extension DrawnClasses {
  /// `100 of the 1,000 classes`.
  var words: String { "\(NumberText.grouped(count)) of the \(NumberText.grouped(total)) classes" }
}

extension ControlDraws {
  /// The mean with the spread of the draws: `10.1 % (8.0 to 12.4 in 5 draws)`.
  func words(of score: Score) -> String {
    score.plain(mean)
      + (scores.count > 1
        ? " (\(score.interval(lowest, highest)) in \(NumberText.plural(scores.count, "draw")))" : "")
  }
}
