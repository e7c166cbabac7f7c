/// A table for the terminal: aligned columns, widths as the terminal shows them, no lines.
public struct TextTable: Sendable, Equatable {
  /// The side on which a column's fields stand.
  public enum Alignment: Sendable { case left, right }

  /// A column's title and side; numbers stand right.
  public struct Column: Sendable, Equatable {
    /// What stands above the column.
    public var title: String
    /// The side on which its fields and title stand.
    public var alignment: Alignment
    /// Where a terminal is narrow, columns give way from the highest rank on; those of rank 0 never do.
    public var rank: Int

    /// A column, of words unless told otherwise.
    public init(_ title: String, _ alignment: Alignment = .left, rank: Int = 0) {
      self.title = title
      self.alignment = alignment
      self.rank = rank
    }

    /// A column of numbers, which stand on the right.
    public static func number(_ title: String, rank: Int = 0) -> Column { Column(title, .right, rank: rank) }
  }

  /// The columns, from left to right.
  public let columns: [Column]
  /// The rows added so far, a field for each column.
  public private(set) var rows: [[String]] = []
  /// How much each row matters; nil for one that stands below all others, as a total does.
  private(set) var weights: [Double?] = []

  /// A table without rows.
  public init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row; missing fields at the end stay empty.
  ///
  /// - Parameter weight: how much the row matters, for ``folded()``; rows of a table without weights are never folded.
  public mutating func append(_ fields: [String], weight: Double? = nil) {
    precondition(fields.count <= columns.count, "\(fields.count) fields in a table of \(columns.count) columns")
    rows.append(fields + Array(repeating: "", count: columns.count - fields.count))
    weights.append(weight)
  }

  /// How many rows a long table shows before the rest is folded.
  static let shownRowCount = 20

  /// A long table in two: the rows that matter most, these first, and the rest in their order; nil where all have room.
  public func folded() -> (shown: TextTable, rest: TextTable)? {
    let weighed = rows.indices.filter { weights[$0] != nil }
    guard weighed.count > Self.shownRowCount + 4 else { return nil }
    let weight = { (row: Int) in weights[row].flatMap { $0.isNaN ? nil : $0 } ?? -Double.infinity }
    let first = weighed.sorted { (-weight($0), $0) < (-weight($1), $1) }.prefix(Self.shownRowCount)
    let rest = Set(weighed).subtracting(first)
    return (rows(first + rows.indices.filter { weights[$0] == nil }), rows(rest.sorted()))
  }

  private func rows(_ places: some Sequence<Int>) -> TextTable {
    var table = TextTable(columns)
    for place in places { table.append(rows[place], weight: weights[place]) }
    return table
  }
}
