/// A table of coloured cells, each with the choice that wins there: which colour, which word, which value.
public struct ChoiceMap: Chart {
  /// What wins at one place of the map.
  public struct Cell: Sendable {
    /// The choice's place among the choices.
    public var choice: Int
    /// What stands in the cell under the choice's name.
    public var text: String
    /// What is shown when the pointer rests on the cell.
    public var hover: String

    /// Whether the choice wins; of a cell that is not settled it only leads, and is drawn without its colour's bar.
    public var isSettled: Bool

    /// A cell for the choice of that place in the chart's list.
    public init(choice: Int, text: String, hover: String, isSettled: Bool = true) {
      self.choice = choice
      self.text = text
      self.hover = hover
      self.isSettled = isSettled
    }
  }

  public var title: String
  public var subtitle: String
  /// The rows' names, from the top down.
  public var rows: [String]
  /// The columns' names, from left to right.
  public var columns: [String]
  /// What the columns count.
  public var columnTitle: String
  /// The names of all choices, each with a colour.
  public var choices: [String]
  /// `[row][column]`; nil where nothing was measured.
  public var cells: [[Cell?]]

  /// A map; `cells` has a list for each row with a cell, or nil, for each column.
  public init(
    title: String, subtitle: String, rows: [String], columns: [String], columnTitle: String, choices: [String],
    cells: [[Cell?]]
  ) {
    precondition(
      cells.count == rows.count && cells.allSatisfy { $0.count == columns.count },
      "\(cells.map(\.count)) cells for \(rows.count) × \(columns.count)")
    self.title = title
    self.subtitle = subtitle
    self.rows = rows
    self.columns = columns
    self.columnTitle = columnTitle
    self.choices = choices
    self.cells = cells
  }

  public func picture(width: Double) -> ChartPicture {
    guard !rows.isEmpty, !columns.isEmpty else { return .empty(width: width) }
    var drawing = Drawing(width: width)
    let top = drawing.legend(choices, x: 0, y: 0) + 6
    let labels = TextMetrics.shortened(names: rows, to: width * 0.28, size: 11)
    let labelWidth = labels.map { TextMetrics.width($0, size: 11) }.max() ?? 0
    let left = labelWidth + 8
    let cellWidth = (width - left) / Double(columns.count)
    let cellHeight = 46.0
    for (row, name) in rows.enumerated() {
      let y = top + cellHeight * Double(row)
      drawing.text(labels[row], left - 6, y + cellHeight / 2 + 4, "value", .end, fullText: name)
      for (column, cell) in cells[row].enumerated() {
        let x = left + cellWidth * Double(column)
        guard let cell else {
          drawing.rectangle(x + 1, y + 1, cellWidth - 2, cellHeight - 2, style: "missing")
          continue
        }
        let style = "f\(cell.choice % 6)"
        drawing.rectangle(x + 1, y + 1, cellWidth - 2, cellHeight - 2, style: style + " tint", hover: cell.hover)
        if cell.isSettled { drawing.rectangle(x + 1, y + 1, cellWidth - 2, 4, style: style) }
        let word = TextMetrics.shortened(choices[cell.choice], to: cellWidth - 8, size: 11)
        drawing.text(word, x + cellWidth / 2, y + cellHeight / 2 - 1, "value", .middle)
        drawing.text(cell.text, x + cellWidth / 2, y + cellHeight / 2 + 15, "value", .middle)
      }
    }
    let bottom = top + cellHeight * Double(rows.count)
    for (column, name) in columns.enumerated() {
      drawing.text(name, left + cellWidth * (Double(column) + 0.5), bottom + 16, "tick", .middle)
    }
    drawing.text(columnTitle, (left + width) / 2, bottom + 34, "tick", .middle)
    drawing.height = bottom + 42
    return ChartPicture(drawing)
  }
}
