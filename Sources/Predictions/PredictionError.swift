/// What is wrong with files of predictions, or with how they are to be compared.
public enum PredictionError: Error, Equatable, CustomStringConvertible {
  case notFound(path: String)
  case malformed(file: String, reason: String)
  /// A column that was named and is not there.
  case noColumn(String, role: ColumnRole, file: String, available: [String])
  /// Neither a score, nor a label with a prediction.
  case nothingToJudge(file: String, available: [String])
  /// What is judged is found in one file, and something else in the other.
  case differingColumns(file: String, found: String, other: String, expected: String)
  /// A number, or right and wrong, was expected.
  case noNumber(file: String, place: String, column: String, found: String)
  /// Examples that stand in a file more than once.
  case duplicates(file: String, example: String, places: [String], count: Int)
  /// Examples that only one of the files has.
  case unmatched(before: String, onlyBefore: [String], after: String, onlyAfter: [String])
  /// Files without names of examples that do not have as many.
  case differingCounts(file: String, count: Int, other: String, otherCount: Int)
  /// Examples of which the files say different things that a model has no part in.
  case differing(
    what: String, example: String, file: String, found: String, other: String, expected: String, count: Int)
  /// Filters of which one has to be meant.
  case noFilter(String, file: String, available: [String])
  /// Detections without what is to be detected, or the other way round.
  case annotationsMissing(file: String)
  case noDetections(file: String)
  /// Detections, or objects, in images or of categories that the annotations do not have.
  case unknown(what: String, ids: [String], file: String, annotations: String)

  public var description: String {
    switch self {
    case .notFound(let path): "\(path): no such file"
    case .malformed(let file, let reason): "\(file): \(reason)"
    case .noColumn(let column, let role, let file, let available):
      "\(file): no column '\(column)' for the \(role.rawValue); it has \(Self.list(available))"
    case .nothingToJudge(let file, let available):
      "\(file): expected a score, or a label and a prediction; its columns are \(Self.list(available))"
    case .differingColumns(let file, let found, let other, let expected):
      "\(file): expected \(expected), as in \(other), found \(found)"
    case .noNumber(let file, let place, let column, let found):
      "\(file): \(place), column '\(column)': expected a number, or true or false, found '\(found)'"
    case .duplicates(let file, let example, let places, let count):
      "\(file): \(Self.count(count, "example")) more than once: '\(example)' in \(places.joined(separator: " and "))"
    case .unmatched(let before, let onlyBefore, let after, let onlyAfter):
      "\(before) and \(after): not of the same examples: "
        + [Self.only(onlyBefore, before), Self.only(onlyAfter, after)].compactMap(\.self).joined(separator: "; ")
    case .differingCounts(let file, let count, let other, let otherCount):
      "\(file) has \(Self.count(count, "row")), \(other) \(otherCount), and no column names the examples"
    case .differing(let what, let example, let file, let found, let other, let expected, let count):
      "\(file): \(Self.count(count, "example")) with another \(what) than in \(other): '\(example)' has '\(found)', "
        + "expected '\(expected)'"
    case .noFilter(let filter, let file, let available):
      "\(file): no filter '\(filter)'; it has \(Self.list(available))"
    case .annotationsMissing(let file): "\(file): detections: expected the annotations that they are judged by"
    case .unknown(let what, let ids, let file, let annotations):
      "\(file): \(what) \(Self.list(ids, first: 5)) not in \(annotations): \(ids.count) in all"
    case .noDetections(let file):
      "\(file): expected a list of detections, objects with image_id, category_id, bbox and score"
    }
  }

  private static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  private static func only(_ examples: [String], _ file: String) -> String? {
    guard !examples.isEmpty else { return nil }
    return "\(count(examples.count, "example")) only in \(file) (\(list(examples, first: 5)))"
  }

  private static func list(_ names: [String], first: Int = 20) -> String {
    names.prefix(first).joined(separator: ", ") + (names.count > first ? ", …" : "")
  }
}
