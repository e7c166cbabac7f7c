import Metrics

/// Two files' predictions of the same examples, in one order.
struct PairedPredictions {
  let before: ScoredPredictions
  let after: ScoredPredictions
  /// The row of the other file that is of the same example, for each row of the one.
  private let partners: [Int]?
  /// What is right; nil where neither file says so.
  let labels: [String]?
  /// Which part of the examples each is of; nil where neither file says so.
  let groups: [String]?

  /// Pairs rows by the names of their examples, or by their order where no column names them.
  ///
  /// - Throws: ``PredictionError`` where the files are not of the same examples.
  init(_ before: ScoredPredictions, _ after: ScoredPredictions) throws {
    guard after.columns.judges(as: before.columns) else {
      throw PredictionError.differingColumns(
        file: after.path, found: after.columns.judgeWords, other: before.path, expected: before.columns.judgeWords)
    }
    if let ids = before.ids, let others = after.ids {
      let rows = Dictionary(uniqueKeysWithValues: others.enumerated().map { ($1, $0) })
      let partners = ids.compactMap { rows[$0] }
      if partners.count < ids.count || ids.count < others.count {
        let own = Set(ids)
        throw PredictionError.unmatched(
          before: before.path, onlyBefore: ids.filter { rows[$0] == nil }, after: after.path,
          onlyAfter: others.filter { !own.contains($0) })
      }
      self.partners = partners
    } else {
      guard before.count == after.count else {
        throw PredictionError.differingCounts(
          file: before.path, count: before.count, other: after.path, otherCount: after.count)
      }
      partners = nil
    }
    self.before = before
    self.after = after
    let pairing = partners
    func shared(_ what: String, _ own: [String]?, _ other: [String]?) throws -> [String]? {
      guard let own else { return Self.ordered(other, pairing) }
      guard let other = Self.ordered(other, pairing) else { return own }
      let differing = own.indices.filter { own[$0] != other[$0] }
      guard let row = differing.first else { return own }
      throw PredictionError.differing(
        what: what, example: Self.name(of: row, before.ids), file: after.path, found: other[row], other: before.path,
        expected: own[row], count: differing.count)
    }
    _ = try shared("document", before.documents, after.documents)
    labels = try shared("label", before.labels, after.labels)
    groups = try shared("group", before.groups, after.groups)
  }

  /// How many examples.
  var count: Int { before.count }
  /// Their names; of rows without one their number, from 1.
  func name(of row: Int) -> String { Self.name(of: row, before.ids) }
  /// The other file's scores, in the order of the one.
  var scoresAfter: [Double] { partners.map { $0.map { after.scores[$0] } } ?? after.scores }
  /// What each example adds to how much confidence is worth, before and after; nil where one of the files has no
  /// probabilities.
  var confidences: (before: ConfidenceSums, after: ConfidenceSums)? {
    guard let own = before.confidence?.sums, let other = after.confidence?.sums else { return nil }
    return (own, partners.map(other.selecting) ?? other)
  }
  /// Likewise what it says.
  var predictionsAfter: [String]? { Self.ordered(after.predictions, partners) }

  private static func name(of row: Int, _ ids: [String]?) -> String { ids?[row] ?? "\(row + 1)" }

  private static func ordered(_ values: [String]?, _ partners: [Int]?) -> [String]? {
    guard let values, let partners else { return values }
    return partners.map { values[$0] }
  }
}
