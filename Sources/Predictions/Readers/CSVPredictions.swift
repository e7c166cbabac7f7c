import Files

/// Predictions as comma-separated values; the first line names the columns.
struct CSVPredictions: PredictionRows {
  let path: String
  let columnNames: [String]
  private let rows: ArraySlice<[String]>

  init(_ file: MappedFile) throws {
    path = file.path
    guard let text = file.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
      throw PredictionError.malformed(file: path, reason: "it is not text in UTF-8")
    }
    let rows = CSVText.rows(of: text)
    guard let header = rows.first, rows.count > 1 else {
      throw PredictionError.malformed(file: path, reason: "expected a line of column names and rows below it")
    }
    guard Set(header).count == header.count else {
      throw PredictionError.malformed(file: path, reason: "two columns have one name")
    }
    columnNames = header
    self.rows = rows.dropFirst()
    for (number, row) in self.rows.enumerated() where row.count != header.count {
      throw PredictionError.malformed(
        file: path, reason: "\(place(of: number)): expected \(header.count) fields, found \(row.count)")
    }
  }

  /// A row an example; nil where some field is no number.
  func numbers(of columns: [String]) -> [Double]? {
    let places = columns.compactMap { columnNames.firstIndex(of: $0) }
    var numbers: [Double] = []
    numbers.reserveCapacity(rows.count * places.count)
    for row in rows {
      for place in places {
        guard let number = Double(row[place]) else { return nil }
        numbers.append(number)
      }
    }
    return numbers
  }

  func place(of row: Int) -> String { "row \(row + 1)" }

  func texts(of columns: [String]) throws -> [[String?]] {
    columns.map { name in
      guard let column = columnNames.firstIndex(of: name) else { return rows.map { _ in nil } }
      return rows.map { $0[column].isEmpty ? nil : $0[column] }
    }
  }
}
