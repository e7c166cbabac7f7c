import Findings

extension LayerSimilarity {
  /// A row for each layer that both networks have, with its interval where there is one, and what shuffled examples give;
  /// † where the features hold nothing above their noise.
  public func diagonalTable() -> TextTable {
    let hasIntervals = diagonal.contains { $0.low.isFinite }
    var table = TextTable(
      [.init("layer"), .number(measure.title)] + (hasIntervals ? [.number("95 % interval")] : [])
        + [.number("shuffled")])
    for entry in diagonal {
      table.append(
        [entry.layer, entry.text]
          + (hasIntervals ? [NumberText.interval(entry.low, entry.high, decimals: 3)] : [])
          + [NumberText.fixed(entry.null, 3)], weight: -entry.value)
    }
    return table
  }

  /// The layers that end up more like another layer than like themselves, for a matrix that is too wide to print; nil where
  /// there is none.
  public func strayTable() -> TextTable? {
    var table = TextTable([.init("layer"), .number("with itself"), .init("most like"), .number(measure.title)])
    for stray in strays {
      table.append(
        [
          layersA[stray.row], NumberText.fixed(values[stray.row][stray.own], 3), layersB[stray.best],
          NumberText.fixed(values[stray.row][stray.best], 3),
        ], weight: values[stray.row][stray.best] - values[stray.row][stray.own])
    }
    return table.rows.isEmpty ? nil : table
  }

  /// What the matrix shows, without a capital letter or a full stop; values within 0.01 are alike.
  public var matrixWords: String {
    let judged = layersA.indices.filter { row in
      layersB.firstIndex(of: layersA[row]).map { values[row][$0].isFinite } == true
    }
    let count = strays.count
    if count > 0 {
      return
        "\(count) of \(NumberText.plural(judged.count, "layer")) \(count == 1 ? "ends" : "end") up more like another layer"
    }
    return judged.isEmpty
      ? "no layer has a value with itself to compare"
      : judged.count == layersA.count
        ? "no layer ends up more like another"
        : "of \(judged.count) layers that have a value with themselves none ends up more like another"
  }

  /// How outputs with several places became rows, as it goes on after the examples: `, pooled by cls`; nothing where
  /// nobody asked for it.
  public var poolWords: String { Self.poolWords(pool, rowsPerExample: rowsPerExample) }

  static func poolWords(_ pool: String, rowsPerExample: Int?) -> String {
    guard pool != "standard" else { return "" }
    return rowsPerExample.map { ", \($0) \(pool) of each" } ?? ", pooled by \(pool)"
  }

  /// Layers of the first network whose namesake is not what is most like them, by more than 0.01.
  var strays: [(row: Int, own: Int, best: Int)] {
    layersA.indices.compactMap { row in
      let finite = layersB.indices.filter { values[row][$0].isFinite }
      guard let own = layersB.firstIndex(of: layersA[row]), values[row][own].isFinite,
        let best = finite.max(by: { values[row][$0] < values[row][$1] }), values[row][own] < values[row][best] - 0.01
      else { return nil }
      return (row, own, best)
    }
  }

  /// Every layer of one network with every layer of the other.
  public func matrixTable() -> TextTable {
    var table = TextTable([.init("")] + layersB.map { .number($0) })
    for (layer, row) in zip(layersA, values) { table.append([layer] + row.map { NumberText.fixed($0, 3) }) }
    return table
  }

  /// Every layer of one network with every layer of the other, as a chart.
  public func matrixChart(before: String, after: String) -> HeatMap {
    let least = diagonal.filter { $0.value.isFinite }.min { $0.value < $1.value }
    return HeatMap(
      title: least.map { "\($0.layer) differs most: \(measure.title) \(NumberText.fixed($0.value, 2))" }
        ?? "Every layer with every other",
      subtitle: "\(estimator), \(sampleCount) examples of \(data)\(poolWords)", rowTitle: before, columnTitle: after,
      valueTitle: measure.title, rows: layersA, columns: layersB, values: values)
  }
}

extension LayerSimilarity.Entry {
  /// The value; † where the features hold nothing above their noise.
  var text: String { NumberText.fixed(value, 3) + (isLowSignal ? " †" : "") }
}
