import Files

/// Predictions as objects: one a line, or a list of them; also as lm-evaluation-harness writes them (`samples_*.jsonl`),
/// where rows of one example may stand for several filters of the answers.
///
/// A column is a member of the objects, `doc.subject` one of an object within. Lists and objects that stand in no column
/// that is asked for are passed over.
struct JSONPredictions: PredictionRows {
  let path: String
  let columnNames: [String]
  /// Of what the harness wrote: its scores, and the filter whose rows these are.
  let harness: Harness?
  private let file: MappedFile
  private let records: [Range<Int>]

  /// What only lm-evaluation-harness says.
  struct Harness {
    /// Scores that are one number an example, the first as the task lists them.
    let scores: [String]
    /// Nil where the rows name none.
    let filter: String?
  }

  init(_ file: MappedFile, filter: String?) throws {
    (path, self.file) = (file.path, file)
    var records = try Self.records(of: file)
    guard let first = records.first else {
      throw PredictionError.malformed(file: file.path, reason: "expected objects, found none")
    }
    var names: [String] = []
    var scalars: [String] = []
    try Self.reading(file, first) { scanner in
      try scanner.members { scanner, key in
        names.append(key)
        switch try scanner.value() {
        case .number, .bool: scalars.append(key)
        default: break
        }
      }
    }
    columnNames = names
    guard names.contains("doc_id"), names.contains("filtered_resps") else {
      harness = nil
      self.records = records
      return
    }
    var own: String?
    if names.contains("filter") {
      let filters = try Self.texts(of: ["filter"], in: records, file)[0]
      let known = filters.compactMap(\.self).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      if let filter, !known.contains(filter) {
        throw PredictionError.noFilter(filter, file: file.path, available: known)
      }
      own = filter ?? known.first
      records = zip(records, filters).filter { $0.1 == own }.map(\.0)
    } else if let filter {
      throw PredictionError.noFilter(filter, file: file.path, available: [])
    }
    var listed: [String] = []
    if names.contains("metrics") {
      try Self.reading(file, first) { scanner in
        try scanner.members { scanner, key in
          guard key == "metrics", scanner.peek() == UInt8(ascii: "[") else { return try scanner.skip() }
          try scanner.elements { if case .string(let name) = try $0.value() { listed.append(name) } }
        }
      }
    }
    let scores = (listed.isEmpty ? scalars.filter { $0 != "doc_id" } : listed).filter(scalars.contains)
    harness = Harness(scores: scores, filter: own)
    self.records = records
  }

  func place(of row: Int) -> String { Self.place(of: records[row].lowerBound, in: file) }

  func texts(of columns: [String]) throws -> [[String?]] { try Self.texts(of: columns, in: records, file) }

  /// The bytes of each object.
  private static func records(of file: MappedFile) throws -> [Range<Int>] {
    var records: [Range<Int>] = []
    try reading(file, nil) { scanner in
      func record(_ scanner: inout JSONScanner) throws {
        guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.fault("an object") }
        let start = scanner.place
        try scanner.skip()
        records.append(start..<scanner.place)
      }
      if scanner.peek() == UInt8(ascii: "[") {
        try scanner.elements(record)
        try scanner.finish()
      } else {
        while scanner.peek() != nil { try record(&scanner) }
      }
    }
    return records
  }

  private static func texts(
    of columns: [String], in records: [Range<Int>], _ file: MappedFile
  ) throws -> [[String?]] {
    var texts = columns.map { _ in [String?](repeating: nil, count: records.count) }
    let paths = columns.map { $0.split(separator: ".").map(String.init) }
    try file.withUnsafeBytes { bytes in
      /// A value as a text; of a list or an object its JSON.
      func text(_ value: JSONScanner.Value) -> String? {
        switch value {
        case .null: nil
        case .bool(let value): value ? "true" : "false"
        case .number(let text), .string(let text): text
        case .nested(let range):
          String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
        }
      }
      for (row, record) in records.enumerated() {
        func read(_ scanner: inout JSONScanner, _ depth: Int, _ within: [Int]) throws {
          try scanner.members { scanner, key in
            // A member whose own name has dots in it is the column too.
            let whole = depth == 0 ? columns.indices.filter { columns[$0] == key } : []
            let deeper = within.filter { !whole.contains($0) && paths[$0].count > depth && paths[$0][depth] == key }
            let own = whole + deeper.filter { paths[$0].count == depth + 1 }
            let inner = deeper.filter { paths[$0].count > depth + 1 }
            if !inner.isEmpty, scanner.peek() == UInt8(ascii: "{") {
              try read(&scanner, depth + 1, inner)
            } else if !own.isEmpty {
              let found = text(try scanner.value())
              for column in own { texts[column][row] = found }
            } else {
              try scanner.skip()
            }
          }
        }
        do {
          var scanner = JSONScanner(bytes, record)
          try read(&scanner, 0, Array(columns.indices))
        } catch let fault as JSONScanner.Fault {
          throw error(fault, in: file)
        }
      }
    }
    return texts
  }

  static func reading(
    _ file: MappedFile, _ range: Range<Int>?, _ body: (inout JSONScanner) throws -> Void
  ) throws {
    try file.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes, range)
      do { try body(&scanner) } catch let fault as JSONScanner.Fault { throw error(fault, in: file) }
    }
  }

  static func error(_ fault: JSONScanner.Fault, in file: MappedFile) -> PredictionError {
    .malformed(file: file.path, reason: "\(place(of: fault.place, in: file)): expected \(fault.expected)")
  }

  private static func place(of byte: Int, in file: MappedFile) -> String {
    let line = file.withUnsafeBytes { $0.prefix(byte).count { $0 == 0x0A } } + 1
    return "line \(line)"
  }
}
