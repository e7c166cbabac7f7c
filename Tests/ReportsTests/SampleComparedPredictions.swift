import Findings

extension SampleFindings {
  /// What two files of predictions say.
  static func comparedPredictions(
    score: Score = .accuracy, loss: Double = 0.08, half: Double = 0.02, count: Int = 1200, unit: String = "example",
    columns: [ComparisonFinding.Column] = [
      .init(role: "id", name: "image"), .init(role: "label", name: "label"), .init(role: "prediction", name: "pred"),
    ], filter: String? = nil, chance: Double? = nil, groups: [Int] = [], areKnown: Bool = true
  ) -> ComparisonFinding {
    func compared(_ loss: Double, _ count: Int) -> ComparedScore {
      let hasWays = unit == "example"
      return ComparedScore(
        before: 0.75, after: score.direction == .up ? 0.75 - loss : 0.75 + loss,
        loss: Estimate(loss, low: loss - half, high: loss + half), pValue: abs(loss) > half ? 0.0004 : 0.31,
        lost: hasWays ? count / 10 : nil, gained: hasWays ? count / 50 : nil, count: count)
    }
    let isCounted = score == .accuracy
    let changed = (0..<(unit == "example" ? 16 : 0)).map { place in
      ComparisonFinding.ChangedPrediction(
        id: "i\(place)", label: "cat", before: areKnown ? (isCounted ? "cat" : "1.2345") : nil,
        after: areKnown ? (isCounted ? "dog" : "0.1") : nil, isLost: place < 9 || !isCounted)
    }
    return ComparisonFinding(
      before: "before.csv", after: "after.csv", unit: unit, columns: columns, filter: filter, score: score,
      whole: compared(loss, count), chance: chance,
      further: unit == "image"
        ? [ChangedScore(Score(name: "AP50", unit: .fraction, direction: .up), before: 0.6, after: 0.5)] : [],
      groupedBy: groups.isEmpty ? nil : "label",
      groups: groups.enumerated().map { .init("class \($0)", compared(loss - 0.05 * Double($0), $1)) }, changed: changed
    )
  }

  /// One of each kind of sentence.
  static var comparisonsOfPredictions: [ComparisonFinding] {
    let number = Score(name: "bleu", unit: .number, direction: .up)
    let rate = Score(name: "wer", unit: .number, direction: .down)
    let column = [ComparisonFinding.Column(role: "score", name: "acc")]
    let annotations = [ComparisonFinding.Column(role: "annotations", name: "instances.json")]
    return [
      comparedPredictions(chance: 0.25, groups: [300, 30, 200]), comparedPredictions(loss: -0.08, chance: 0.25),
      comparedPredictions(loss: 0.01, columns: column, filter: "strict-match", groups: [30, 20], areKnown: false),
      comparedPredictions(count: 40, filter: "none"), comparedPredictions(count: 1, groups: [600, 600]),
      comparedPredictions(score: number, columns: [.init(role: "score", name: "bleu")], groups: [60]),
      comparedPredictions(score: rate, loss: -0.08, columns: [.init(role: "score", name: "wer")]),
      comparedPredictions(score: number, loss: 0.01, columns: [.init(role: "score", name: "bleu")]),
      comparedPredictions(score: .meanAveragePrecision, unit: "image", columns: annotations, groups: [300, 30]),
      comparedPredictions(
        score: .meanAveragePrecision, loss: 0.01, count: 49, unit: "image", columns: annotations),
    ]
      + confidences.map { change in
        var finding = comparedPredictions(loss: 0.01, groups: [300, 200])
        finding.confidence = change
        return finding
      }
  }
}
