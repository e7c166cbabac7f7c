import Foundation

/// A matrix as coloured cells on a scale, from 0 to 1 unless told otherwise, with the numbers in them where they fit.
///
/// The scale is cividis: the same to colour-blind eyes, and its lightness only grows, so it survives grey.
public struct HeatMap: Chart {
  public var title: String
  public var subtitle: String
  /// What the rows are of.
  public var rowTitle: String
  /// What the columns are of.
  public var columnTitle: String
  /// The quantity, beside its scale.
  public var valueTitle: String
  /// The rows' names.
  public var rows: [String]
  /// The columns' names.
  public var columns: [String]
  /// `[rows][columns]`
  public var values: [[Double]]
  /// The values at the ends of the scale.
  public var limits: ClosedRange<Double> = 0...1
  /// Whether the light end of the scale is the low one, so that light means changed beside maps where that is high.
  public var isLightLow = false

  /// A chart; `values` has a list for each row with a number for each column.
  public init(
    title: String, subtitle: String, rowTitle: String, columnTitle: String, valueTitle: String = "CKA",
    rows: [String], columns: [String], values: [[Double]]
  ) {
    precondition(
      values.count == rows.count && values.allSatisfy { $0.count == columns.count },
      "matrix of \(values.count) rows for \(rows.count) names, or a row without \(columns.count) columns")
    self.title = title
    self.subtitle = subtitle
    self.rowTitle = rowTitle
    self.columnTitle = columnTitle
    self.valueTitle = valueTitle
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  public func picture(width: Double) -> ChartPicture {
    guard !rows.isEmpty, !columns.isEmpty else { return .empty(width: width) }
    let isSmall = max(rows.count, columns.count) > 24
    let size = isSmall ? 9.0 : 11
    let limit = min(130, width * 0.3)
    let rowNames = TextMetrics.shortened(names: rows, to: limit, size: size)
    let columnNames = TextMetrics.shortened(names: columns, to: limit, size: size)
    let left = (rowNames.map { TextMetrics.width($0, size: size) }.max() ?? 0) + 28
    let cell = min(max((width - left - 12) / Double(columns.count), 10), 46)
    let cellHeight = min(cell, rows.count > 24 ? 14 : 34)
    var drawing = Drawing(width: max(width, left + cell * Double(columns.count) + 12))
    let style = isSmall ? "small" : "value"

    drawScale(x: left, in: &drawing)
    let top = 44.0
    let right = left + cell * Double(columns.count)
    let bottom = top + cellHeight * Double(rows.count)
    drawing.text(rowTitle, 11, (top + bottom) / 2, "tick", .middle, rotated: -90)
    for (row, name) in rows.enumerated() {
      let y = top + cellHeight * Double(row)
      if row.isMultiple(of: Self.step(of: size * 1.05, in: cellHeight)) {
        drawing.text(rowNames[row], left - 6, y + cellHeight / 2 + size * 0.36, style, .end, fullText: name)
      }
      for (column, other) in columns.enumerated() {
        let x = left + cell * Double(column)
        let value = values[row][column]
        let hover = "\(name), \(other): \(NumberText.fixed(value, 3))"
        let (w, h) = (cell - (isSmall ? 0.4 : 1), cellHeight - (isSmall ? 0.4 : 1))
        if value.isFinite {
          drawing.rectangle(x, y, w, h, fill: Self.color(share(value)), hover: hover)
        } else {
          drawing.rectangle(x, y, w, h, style: "missing", hover: hover)
        }
        if cell >= 26, cellHeight >= 13 {
          let ink = value.isFinite ? (Self.luminance(share(value)) > 0.2 ? "#000" : "#fff") : "var(--ink)"
          drawing.raw(
            "<text x=\"\(Drawing.number(x + w / 2))\" y=\"\(Drawing.number(y + h / 2 + 3.6))\" text-anchor=\"middle\""
              + " style=\"fill:\(ink);font-size:\(cell >= 32 ? 11 : 9.5)px\" pointer-events=\"none\">"
              + "\(NumberText.fixed(value, 2))</text>")
        }
      }
    }
    let widest = columnNames.map { TextMetrics.width($0, size: size) }.max() ?? 0
    let isUpright = widest + 6 <= cell
    // Slanted by 45°, neighbours stand cell · sin 45° apart.
    let step = isUpright ? 1 : Self.step(of: size * 1.1, in: cell * 0.707)
    for (column, name) in columns.enumerated() where column.isMultiple(of: step) {
      let middle = left + cell * (Double(column) + 0.5)
      if isUpright {
        drawing.text(columnNames[column], middle, bottom + 14, style, .middle, fullText: name)
      } else {
        drawing.text(columnNames[column], middle + size * 0.3, bottom + 12, style, .end, rotated: -45, fullText: name)
      }
    }
    let labelHeight = isUpright ? 4 : widest * 0.71
    drawing.text(columnTitle, (left + right) / 2, bottom + labelHeight + 32, "tick", .middle)
    drawing.height = bottom + labelHeight + 40
    return ChartPicture(drawing)
  }

  /// Every how many names have room, where each takes `height` and the next is `distance` away.
  private static func step(of height: Double, in distance: Double) -> Int {
    max(1, Int((height / distance).rounded(.up)))
  }

  /// The colour key, as steps: gradients need names, which would clash on a page with several pictures.
  private func drawScale(x: Double, in drawing: inout Drawing) {
    let steps = 40
    for step in 0..<steps {
      let value = (Double(step) + 0.5) / Double(steps)
      drawing.rectangle(x + Double(step) * 3.5, 4, 3.8, 10, fill: Self.color(isLightLow ? 1 - value : value))
    }
    let length = limits.upperBound - limits.lowerBound
    let zero = -limits.lowerBound / length
    // Where zero lies within, it is worth more than the middle; near an end there is no room for it.
    let ticks = (0.25...0.75).contains(zero) ? [0, zero, 1] : zero > 0 ? [0, 1] : [0, 0.5, 1]
    for tick in ticks {
      let value = limits.lowerBound + tick * length
      drawing.text(NumberText.fixed(value, length < 0.5 ? 2 : 1), x + tick * 140, 27, "tick", .middle)
    }
    drawing.text(valueTitle, x + 152, 13, "tick")
  }

  /// Where a value stands on the scale, 1 at its light end.
  private func share(_ value: Double) -> Double {
    let share = (value - limits.lowerBound) / (limits.upperBound - limits.lowerBound)
    return isLightLow ? 1 - share : share
  }

  private static let stops: [(Double, Double, Double)] = [
    (0, 34, 78), (18, 53, 112), (59, 73, 108), (87, 93, 109), (112, 113, 115), (138, 134, 120), (165, 156, 116),
    (195, 179, 105), (225, 204, 85), (254, 232, 56),
  ]

  private static func components(_ value: Double) -> (Double, Double, Double) {
    let place = min(max(value, 0), 1) * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let t = place - Double(index)
    let (a, b) = (stops[index], stops[index + 1])
    return (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t, a.2 + (b.2 - a.2) * t)
  }

  static func color(_ value: Double) -> String {
    let (red, green, blue) = components(value)
    return String(format: "#%02x%02x%02x", Int(red.rounded()), Int(green.rounded()), Int(blue.rounded()))
  }

  /// Relative luminance of the colour, as WCAG defines it.
  static func luminance(_ value: Double) -> Double {
    let (red, green, blue) = components(value)
    let linear = { (c: Double) in c / 255 <= 0.04045 ? c / 255 / 12.92 : pow((c / 255 + 0.055) / 1.055, 2.4) }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }
}
