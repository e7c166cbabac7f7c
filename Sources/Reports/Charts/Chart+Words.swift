extension LineChart {
  /// Each line's first, last and, where they are others, lowest and highest values.
  public var words: String {
    func value(_ point: Point) -> String { NumberText.fixed(point.value, decimals) }
    let lines = series.compactMap { item -> String? in
      let points = item.points.filter(\.value.isFinite)
      guard let first = points.first, let last = points.last else { return nil }
      guard points.count > 1 else { return "\(item.name): \(value(first)) at \(place(of: first))" }
      var parts = ["from \(value(first)) at \(place(of: first)) to \(value(last)) at \(place(of: last))"]
      let inner = points.dropFirst().dropLast()
      if let lowest = inner.min(by: { $0.value < $1.value }), lowest.value < min(first.value, last.value) {
        parts.append("lowest \(value(lowest)) at \(place(of: lowest))")
      }
      if let highest = inner.max(by: { $0.value < $1.value }), highest.value > max(first.value, last.value) {
        parts.append("highest \(value(highest)) at \(place(of: highest))")
      }
      return "\(item.name): \(parts.joined(separator: ", "))"
    }
    return said(valueTitle, lines)
  }
}

extension BarChart {
  /// Every bar, row by row.
  public var words: String {
    let lines = rows.indices.compactMap { row -> String? in
      let values = series.compactMap { item in
        item.values[row].flatMap { bar in
          bar.value.isFinite
            ? (series.count > 1 ? "\(item.name) " : "") + NumberText.fixed(bar.value, decimals) : nil
        }
      }
      return values.isEmpty ? nil : "\(rows[row]): \(values.joined(separator: ", "))"
    }
    return said(valueTitle, lines)
  }
}

extension HeatMap {
  /// The size, the lowest and the highest cell; of a small matrix its diagonal where rows and columns are the same.
  public var words: String {
    let cells = rows.indices.flatMap { row in columns.indices.map { (row, $0, values[row][$0]) } }.filter {
      $0.2.isFinite
    }
    guard let lowest = cells.min(by: { $0.2 < $1.2 }), let highest = cells.max(by: { $0.2 < $1.2 }) else { return "" }
    func cell(_ cell: (Int, Int, Double)) -> String {
      "\(NumberText.fixed(cell.2, 2)) at \(rows[cell.0]), \(columns[cell.1])"
    }
    var lines = [
      "\(rows.count) rows (\(rowTitle)), \(columns.count) columns (\(columnTitle))", "lowest \(cell(lowest))",
      "highest \(cell(highest))",
    ]
    if rows == columns, rows.count > 1 {
      let diagonal = rows.indices.map { "\(rows[$0]) \(NumberText.fixed(values[$0][$0], 2))" }
      lines.append("diagonal: \(diagonal.joined(separator: ", "))")
    }
    return said(valueTitle, lines)
  }
}

extension FrontierChart {
  /// Every way with its two values.
  public var words: String {
    said(
      "\(xTitle), then \(yTitle)", points.filter { $0.x.isFinite && $0.y.isFinite }.map { "\($0.name): \($0.hover)" })
  }
}

extension ChoiceMap {
  /// Every cell.
  public var words: String {
    let lines = rows.indices.flatMap { row in
      columns.indices.compactMap { column in cells[row][column].map { "\(rows[row]), \(columns[column]): \($0.hover)" }
      }
    }
    return said("by \(columnTitle)", lines)
  }
}

private func said(_ quantity: String, _ lines: [String]) -> String {
  lines.isEmpty ? "" : "\(quantity). " + lines.joined(separator: "; ") + "."
}
