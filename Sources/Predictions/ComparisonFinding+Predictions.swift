import Findings
import Metrics

extension ComparisonFinding {
  /// Labels of which each stands for so many examples in the mean are classes, and the examples are looked at by them.
  static let leastExamplesOfClass = 10
  /// Of a score that is no right and wrong, so many of the worst examples are told.
  static let worstCount = 20

  /// Compares what two models say of the same examples, of two files: CSV, JSON objects, lm-evaluation-harness's samples
  /// or HDF5.
  ///
  /// Where both files have probabilities of classes, or logits, the change of what they are worth is measured too.
  ///
  /// Right and wrong are compared by McNemar's exact test and the paired bootstrap; any other score by its mean, the
  /// paired bootstrap and the permutation test that exchanges the two models' scores of each example. Groups have Student's
  /// intervals of their mean differences, each of confidence 1 − 0.05 / m so that all m hold together (Bonferroni), and
  /// p-values adjusted by Holm's method; groups of fewer than ``TooLittle/leastExamples`` are counted and not judged.
  ///
  /// - Parameters:
  ///   - before: the path of the one file.
  ///   - after: of the other.
  ///   - random: where chance comes from.
  /// - Throws: ``PredictionError``, or what reading a file throws.
  public init(
    before: String, after: String, columns choice: ColumnChoice = ColumnChoice(), using random: inout RandomSource
  ) throws {
    let paired = try PairedPredictions(ScoredPredictions(before, choice), ScoredPredictions(after, choice))
    self.init(paired, lessIsBetter: choice.lessIsBetter, using: &random)
  }

  init(_ paired: PairedPredictions, lessIsBetter: Bool?, using random: inout RandomSource) {
    let found = paired.before.columns
    let measure = ComparedMeasure(
      paired.before.scores, paired.scoresAfter, of: found.judge, lessIsBetter: lessIsBetter)
    let classes = paired.labels.flatMap { Self.classes(of: $0) }
    let grouping = paired.groups ?? (classes == nil ? nil : paired.labels)
    let groupColumn =
      paired.groups != nil ? found.group ?? paired.after.columns.group : found.label ?? paired.after.columns.label
    self.init(
      before: paired.before.path, after: paired.after.path,
      columns: found.listed
        + (paired.confidences == nil
          ? [] : paired.before.confidence.map { [.init(role: "probabilities", name: $0.column)] } ?? []),
      filter: paired.before.filter,
      score: measure.score, whole: measure.whole(using: &random),
      chance: measure.score == .accuracy ? classes?.shareOfCommonest : nil,
      groupedBy: grouping == nil ? nil : groupColumn,
      groups: measure.groups(grouping.map { Self.rows(by: $0) } ?? [], using: &random),
      changed: measure.changed(in: paired),
      confidence: paired.confidences.map { ConfidenceChange(from: $0.before, to: $0.after) })
  }

  /// The class of each example; nil where labels are no classes.
  private static func classes(of labels: [String]) -> [Int32]? {
    var numbers: [String: Int32] = [:]
    let classes = labels.map { label in
      if let number = numbers[label] { return number }
      let number = Int32(clamping: numbers.count)
      numbers[label] = number
      return number
    }
    return numbers.count > 1 && numbers.count * leastExamplesOfClass <= labels.count ? classes : nil
  }

  private static func rows(by groups: [String]) -> [(name: String, rows: [Int])] {
    var rows: [String: [Int]] = [:]
    for (row, group) in groups.enumerated() { rows[group, default: []].append(row) }
    return rows.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

extension FoundColumns {
  /// For what is said of them.
  var listed: [ComparisonFinding.Column] {
    var columns = id.map { [ComparisonFinding.Column(role: "id", name: $0)] } ?? []
    switch judge {
    case .score(let name): columns.append(.init(role: "score", name: name))
    case .label(let label, let prediction):
      columns += [.init(role: "label", name: label), .init(role: "prediction", name: prediction)]
    }
    return columns
  }
}

/// Two lists of scores of the same examples.
private struct ComparedMeasure {
  let score: Score
  private let before: [Double]
  private let after: [Double]
  /// By how much each example got worse.
  private let declines: [Double]

  init(_ before: [Double], _ after: [Double], of judge: FoundColumns.Judge, lessIsBetter: Bool?) {
    let isOfRightAndWrong = (before + after).allSatisfy { $0 == 0 || $0 == 1 }
    switch judge {
    case .label: score = .accuracy
    case .score(let name):
      let words = name.lowercased().split { !$0.isLetter }.map(String.init)
      let isTurned = lessIsBetter ?? words.contains(where: ColumnRole.descending.contains)
      if isOfRightAndWrong {
        score = .accuracy
        if isTurned {
          (self.before, self.after) = (before.map { 1 - $0 }, after.map { 1 - $0 })
          declines = zip(self.before, self.after).map { $0 - $1 }
          return
        }
      } else {
        let isShare = !isTurned && (before + after).allSatisfy { (0...1).contains($0) }
        score = Score(name: name, unit: isShare ? .fraction : .number, direction: isTurned ? .down : .up)
      }
    }
    let score = score
    (self.before, self.after) = (before, after)
    declines = zip(before, after).map { score.decline(from: $0, to: $1) }
  }

  func whole(using random: inout RandomSource) -> ComparedScore {
    if score == .accuracy {
      let comparison = counts(Array(declines.indices))
      return compared(
        Array(declines.indices), loss: -comparison.change(using: &random), pValue: comparison.pValue)
    }
    let mean = PairedMean(declines)
    let interval = bootstrapInterval(ofMean: declines, using: &random)
    return compared(
      Array(declines.indices), loss: Estimate(mean.value, low: interval.low, high: interval.high),
      pValue: mean.pValue(using: &random))
  }

  func groups(
    _ groups: [(name: String, rows: [Int])], using random: inout RandomSource
  ) -> [ComparisonFinding.Group] {
    let judged = groups.count { $0.rows.count >= TooLittle.leastExamples }
    var pValues: [Double] = []
    for group in groups {
      guard group.rows.count >= TooLittle.leastExamples else {
        pValues.append(.nan)
        continue
      }
      let isCounted = score == .accuracy
      pValues.append(
        isCounted
          ? counts(group.rows).pValue : PairedMean(group.rows.map { declines[$0] }).pValue(using: &random))
    }
    return zip(groups, holmAdjusted(pValues)).map { group, pValue in
      let own = group.rows.map { declines[$0] }
      let isJudged = own.count >= TooLittle.leastExamples
      let interval = MeanInterval(
        own, confidence: 1 - 0.05 / Double(max(1, judged)), within: score.differenceBounds)
      let loss = Estimate(
        interval.mean, low: isJudged ? interval.low : .nan, high: isJudged ? interval.high : .nan)
      return .init(group.name, compared(group.rows, loss: loss, pValue: pValue))
    }
  }

  private func counts(_ rows: [Int]) -> PairedComparison {
    PairedComparison(
      count: rows.count, lost: rows.count { declines[$0] > 0 }, gained: rows.count { declines[$0] < 0 })
  }

  private func compared(_ rows: [Int], loss: Estimate, pValue: Double) -> ComparedScore {
    let counts = counts(rows)
    func mean(_ values: [Double]) -> Double { rows.reduce(0) { $0 + values[$1] } / Double(rows.count) }
    return ComparedScore(
      before: mean(before), after: mean(after), loss: loss, pValue: pValue, lost: counts.lost, gained: counts.gained,
      count: rows.count)
  }

  /// Examples that flipped; of another score those that got worst.
  func changed(in paired: PairedPredictions) -> [ComparisonFinding.ChangedPrediction] {
    let isCounted = score == .accuracy
    let areKnown = paired.before.predictions != nil && paired.predictionsAfter != nil
    let (saidBefore, saidAfter) = (paired.before.predictions, paired.predictionsAfter)
    func change(_ row: Int) -> ComparisonFinding.ChangedPrediction {
      let values =
        isCounted ? (areKnown ? (saidBefore?[row], saidAfter?[row]) : nil) : ("\(before[row])", "\(after[row])")
      return .init(
        id: paired.name(of: row), label: paired.labels?[row], before: values?.0, after: values?.1,
        isLost: declines[row] > 0)
    }
    guard score == .accuracy else {
      return declines.indices.filter { declines[$0] > 0 }.sorted { (-declines[$0], $0) < (-declines[$1], $1) }
        .prefix(ComparisonFinding.worstCount).map(change)
    }
    return (declines.indices.filter { declines[$0] > 0 } + declines.indices.filter { declines[$0] < 0 }).map(change)
  }
}
