import Foundation
import Metrics

/// Numbers that a file has for each example, one a class.
struct ClassNumbers {
  /// What they stand in: a column, a dataset, or what several columns' names begin with.
  let column: String
  /// Nil where classes are numbered from 0.
  let classNames: [String]?
  let classCount: Int
  /// A row an example.
  var values: [Double]
  /// Whether they are logarithms of probabilities but for what they add up to.
  var areLogits: Bool

  /// Names that such columns have, the first before the others; with an underscore after them, what columns of one class
  /// each begin with.
  static let names = [
    "probabilities", "probability", "probs", "prob", "proba", "y_prob", "y_proba", "softmax", "logits", "logit",
    "logprobs", "log_probs",
  ]

  /// Whether a column of this name has logits.
  static func areLogits(in column: String) -> Bool { column.lowercased().contains("log") }

  /// Rows of numbers, all of one length.
  ///
  /// - Returns: nil where that is not so.
  init?(_ column: String, rows: [[Double]], classNames: [String]? = nil, areLogits: Bool? = nil) {
    guard let width = rows.first?.count, width > 1, rows.allSatisfy({ $0.count == width }) else { return nil }
    self.init(
      column: column, classNames: classNames, classCount: width, values: rows.flatMap { $0 },
      areLogits: areLogits ?? Self.areLogits(in: column))
  }

  init(column: String, classNames: [String]?, classCount: Int, values: [Double], areLogits: Bool) {
    (self.column, self.classNames, self.classCount) = (column, classNames, classCount)
    (self.values, self.areLogits) = (values, areLogits)
  }

  /// Probabilities, with what was right.
  ///
  /// - Throws: ``ClassNumbers/Fault``.
  func calibration(labels: [String]) throws -> Calibration {
    let rowCount = values.count / classCount
    guard rowCount == labels.count else { throw Fault(reason: "expected \(labels.count) rows, found \(rowCount)") }
    let places = classNames.map { Dictionary($0.enumerated().map { ($1, $0) }) { first, _ in first } }
    let right = try labels.map { label -> Int in
      let place = places.map { $0[label] } ?? Int(label).flatMap { (0..<classCount).contains($0) ? $0 : nil }
      guard let place else {
        throw Fault(reason: "expected one of its \(classCount) classes as the label, found '\(label)'")
      }
      return place
    }
    var probabilities = values
    for row in 0..<rowCount {
      let own = (row * classCount)..<((row + 1) * classCount)
      if areLogits {
        let greatest = values[own].max() ?? 0
        guard greatest.isFinite, values[own].allSatisfy({ !$0.isNaN }) else {
          throw Fault(reason: "row \(row + 1): expected numbers")
        }
        for place in own { probabilities[place] = exp(values[place] - greatest) }
      } else if !values[own].allSatisfy({ $0 >= 0 && $0 <= 1 + Self.tolerance }) {
        throw Fault(reason: "row \(row + 1): expected probabilities from 0 to 1")
      }
      let total = probabilities[own].reduce(0, +)
      guard areLogits || abs(total - 1) <= Self.tolerance else {
        throw Fault(reason: "row \(row + 1): expected probabilities that add up to 1, found \(total)")
      }
      for place in own { probabilities[place] /= total }
    }
    return Calibration(classCount: classCount, probabilities: probabilities, labels: right)
  }

  /// What is wrong with them, in words.
  struct Fault: Error { let reason: String }

  /// By how much rounded probabilities may miss 1.
  private static let tolerance = 1e-3
}

extension CSVPredictions {
  /// Columns of one class each: `prob_cat`, `prob_dog`; `logit_0`, `logit_1`.
  func classNumbers(_ name: String?) -> ClassNumbers? {
    for base in name.map({ [$0] }) ?? ClassNumbers.names {
      for separator in ["_", ".", ""] {
        let start = (base + separator).lowercased()
        let columns = columnNames.filter { $0.lowercased().hasPrefix(start) && $0.count > start.count }
        guard columns.count > 1 else { continue }
        let classes = columns.map { String($0.dropFirst(start.count)) }
        let numbers = numbers(of: columns)
        guard let numbers else { continue }
        return ClassNumbers(
          column: base, classNames: classes, classCount: columns.count, values: numbers,
          areLogits: ClassNumbers.areLogits(in: base))
      }
    }
    return nil
  }
}

extension HDF5Predictions {
  /// A dataset of two axes, `[examples, classes]`.
  func classNumbers(_ name: String?) -> ClassNumbers? {
    let wanted = name.map { [$0] } ?? ClassNumbers.names
    for column in wanted {
      guard let own = matrixNames.first(where: { $0.lowercased() == column.lowercased() }),
        let (shape, values) = try? matrix(own), shape[1] > 1
      else { continue }
      return ClassNumbers(
        column: own, classNames: nil, classCount: shape[1], values: values,
        areLogits: ClassNumbers.areLogits(in: own))
    }
    return nil
  }
}

extension JSONPredictions {
  /// A list of numbers, or an object with a number for each class; of lm-evaluation-harness the log-likelihoods of the
  /// choices, which lists of documents may have different numbers of.
  func classNumbers(_ name: String?) -> ClassNumbers? {
    let wanted = name.map { [$0] } ?? ClassNumbers.names
    if let column = wanted.first(where: { name in columnNames.contains { $0.lowercased() == name.lowercased() } }),
      let own = columnNames.first(where: { $0.lowercased() == column.lowercased() })
    {
      return stated(own)
    }
    return name == nil && harness != nil ? choices() : nil
  }

  private func stated(_ column: String) -> ClassNumbers? {
    guard let texts = try? texts(of: [column])[0] else { return nil }
    var rows: [[Double]] = []
    var classNames: [String]?
    for text in texts {
      guard let text, let (names, row) = Self.numbers(in: text) else { return nil }
      if let names, let known = classNames, names != known {
        guard let ordered = Self.ordered(row, names, as: known) else { return nil }
        rows.append(ordered)
        continue
      }
      classNames = classNames ?? names
      rows.append(row)
    }
    return ClassNumbers(column, rows: rows, classNames: classNames)
  }

  /// `[[−12.1, false], [−9.3, true]]`; version 0.4.13 writes `["-12.1", "False"]`.
  private func choices() -> ClassNumbers? {
    let column = "filtered_resps"
    guard let texts = try? texts(of: [column])[0] else { return nil }
    var rows: [[Double]] = []
    for text in texts {
      guard let text, let row = Self.firstNumbers(in: text), row.count > 1 else { return nil }
      rows.append(row)
    }
    let most = rows.map(\.count).max() ?? 0
    let padded = rows.map { $0 + [Double](repeating: -.infinity, count: most - $0.count) }
    return ClassNumbers(column, rows: padded, areLogits: true)
  }

  private static func ordered(_ row: [Double], _ names: [String], as known: [String]) -> [Double]? {
    let values = Dictionary(zip(names, row)) { first, _ in first }
    let own = known.compactMap { values[$0] }
    return own.count == known.count && names.count == known.count ? own : nil
  }

  private static func numbers(in text: String) -> (names: [String]?, row: [Double])? {
    scanning(text) { scanner in
      var (names, row): ([String], [Double]) = ([], [])
      let isObject = scanner.peek() == UInt8(ascii: "{")
      if isObject {
        try scanner.members { scanner, key in
          names.append(key)
          row.append(try scanner.statedNumber())
        }
      } else {
        try scanner.elements { row.append(try $0.statedNumber()) }
      }
      return (isObject ? names : nil, row)
    }
  }

  private static func firstNumbers(in text: String) -> [Double]? {
    scanning(text) { scanner in
      var row: [Double] = []
      try scanner.elements { scanner in
        var own: Double?
        try scanner.elements { scanner in
          if own == nil { own = try scanner.statedNumber() } else { try scanner.skip() }
        }
        guard let own else { throw scanner.fault("a number") }
        row.append(own)
      }
      return row
    }
  }

  private static func scanning<Result>(
    _ text: String, _ body: (inout JSONScanner) throws -> Result
  ) -> Result? {
    var text = text
    return text.withUTF8 { bytes in
      var scanner = JSONScanner(UnsafeRawBufferPointer(bytes))
      return try? body(&scanner)
    }
  }
}

extension JSONScanner {
  /// A number, also one that stands there as a text.
  fileprivate mutating func statedNumber() throws -> Double {
    let start = place
    switch try value() {
    case .number(let text), .string(let text):
      if let number = Double(text) { return number }
      fallthrough
    default: throw Fault(place: start, expected: "a number")
    }
  }
}
