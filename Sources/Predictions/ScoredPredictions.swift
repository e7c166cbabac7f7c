import Metrics

/// A file's predictions, each with what it is of and how good it is.
struct ScoredPredictions {
  let path: String
  let columns: FoundColumns
  /// Nil where no column names the examples; then rows are paired by their order.
  let ids: [String]?
  let labels: [String]?
  let predictions: [String]?
  let groups: [String]?
  /// 1 for right and 0 for wrong, or any number.
  let scores: [Double]
  /// The filter that lm-evaluation-harness had for these rows; nil where there is none.
  let filter: String?
  /// What lm-evaluation-harness has of each document, which no model has a part in; nil where there is none.
  let documents: [String]?
  /// What each example adds to how much the model's confidence is worth, and the column that says it; nil without
  /// probabilities of classes.
  let confidence: (column: String, sums: ConfidenceSums)?

  /// Reads a file.
  ///
  /// - Throws: ``PredictionError``, or what its reader throws.
  init(_ path: String, _ choice: ColumnChoice) throws {
    let rows = try PredictionFile.rows(of: path, filter: choice.filter)
    let columns = try FoundColumns(in: rows, by: choice)
    let score: String? = if case .score(let name) = columns.judge { name } else { nil }
    let wanted = [columns.id, columns.label, columns.prediction, columns.group, score]
    let texts = try rows.texts(of: wanted.compactMap(\.self))
    var remaining = texts[...]
    var own = wanted.map { $0 == nil ? nil : remaining.removeFirst() }
    func present(_ place: Int, _ role: ColumnRole) throws -> [String]? {
      guard let values = own[place], let column = wanted[place] else { return nil }
      own[place] = nil
      return try values.enumerated().map { row, value in
        guard let value else {
          throw PredictionError.malformed(
            file: path,
            reason: "\(rows.place(of: row)), column '\(column)': expected the \(role.rawValue), found nothing")
        }
        return value
      }
    }
    self.path = path
    self.columns = columns
    ids = try present(0, .id)
    labels = try present(1, .label)
    // No answer is an answer.
    predictions = own[2].map { $0.map { $0 ?? "" } }
    groups = try present(3, .group)
    let harness = (rows as? JSONPredictions)?.harness
    filter = harness?.filter
    let hashes = harness == nil ? nil : try rows.texts(of: ["doc_hash"])[0]
    documents = hashes?.contains { $0 == nil } == false ? hashes?.compactMap(\.self) : nil
    if let score, let values = own[4] {
      scores = try values.enumerated().map { row, value in
        guard let number = Self.number(value ?? "") else {
          throw PredictionError.noNumber(file: path, place: rows.place(of: row), column: score, found: value ?? "")
        }
        return number
      }
    } else {
      scores = zip(labels ?? [], predictions ?? []).map { Self.isSame($0, $1) ? 1 : 0 }
    }
    try Self.requireDistinct(ids, rows)
    confidence = try Self.confidence(rows, choice, labels: labels)
  }

  /// - Throws: ``PredictionError`` where a column that was named has no probabilities; one that was found may be something
  ///   else, and is passed over.
  private static func confidence(
    _ rows: any PredictionRows, _ choice: ColumnChoice, labels: [String]?
  ) throws -> (column: String, sums: ConfidenceSums)? {
    let name = choice.named[.probabilities]
    guard let numbers = rows.classNumbers(name) else {
      guard let name else { return nil }
      throw PredictionError.noColumn(name, role: .probabilities, file: rows.path, available: rows.columnNames)
    }
    guard let labels else {
      guard let name else { return nil }
      throw PredictionError.malformed(
        file: rows.path, reason: "expected a label beside the probabilities '\(name)', found none")
    }
    do {
      return (numbers.column, try numbers.calibration(labels: labels).sums())
    } catch let fault as ClassNumbers.Fault {
      guard name != nil else { return nil }
      throw PredictionError.malformed(file: rows.path, reason: "'\(numbers.column)': \(fault.reason)")
    }
  }

  /// How many examples.
  var count: Int { scores.count }

  /// A number, or right and wrong in words.
  private static func number(_ text: String) -> Double? {
    if let number = Double(text) { return number.isFinite ? number : nil }
    return switch text.lowercased() {
    case "true", "yes", "correct", "right": 1
    case "false", "no", "incorrect", "wrong": 0
    default: nil
    }
  }

  /// Whether two answers are the same: the same text, or the same number.
  private static func isSame(_ label: String, _ prediction: String) -> Bool {
    if label == prediction { return true }
    guard let first = label.utf8.first, first < 0x3A, let number = Double(label) else { return false }
    return Double(prediction) == number
  }

  private static func requireDistinct(_ ids: [String]?, _ rows: any PredictionRows) throws {
    guard let ids else { return }
    var first: [String: Int] = Dictionary(minimumCapacity: ids.count)
    var twice: [String: [Int]] = [:]
    var order: [String] = []
    for (row, id) in ids.enumerated() {
      guard let earlier = first.updateValue(row, forKey: id) else { continue }
      if twice[id] == nil { order.append(id) }
      twice[id, default: [earlier]].append(row)
    }
    guard let example = order.first, let own = twice[example] else { return }
    throw PredictionError.duplicates(
      file: rows.path, example: example, places: own.prefix(2).map(rows.place), count: order.count)
  }
}
