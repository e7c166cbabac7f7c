import Findings
import Testing

@testable import Reports

/// Transfer experiments of all kinds, and what is said of them: see the article's tables.
@Suite struct TransferSentenceTests {
  // MARK: What each sentence needs

  private static func best(_ result: TransferResult, _ kind: TransferKind) -> RepeatedScore? {
    result.curve(kind)?.points.map(\.result).max { $0.merit < $1.merit }
  }

  /// Whether the test examples tell one mean from another below it.
  private static func isAbove(_ score: RepeatedScore?, _ other: RepeatedScore?, in result: TransferResult) -> Bool {
    guard let score, let other else { return false }
    return score.merit - other.merit > 0.01 && result.areApart(score.mean, other.mean)
  }

  private static func isShort(_ result: TransferResult, _ kind: TransferKind) -> Bool {
    let own = result.curve(kind)?.points.map(\.result).min { $0.merit < $1.merit }
    return isAbove(result.base, kind == .transfer ? result.curve(kind)?.points.last?.result : own, in: result)
  }

  private static func worthTraining(_ result: TransferResult, established: Bool) -> Bool {
    result.advice.action == .tuneAll && result.advice.isEstablished == established
      && (!established || (result.advice.evidence?.difference.low ?? 0) > 0)
  }

  /// How many blocks are copied at the lowest cut.
  private static func lowest(_ result: TransferResult) -> Int { result.curve(.transfer)?.points.first?.copied ?? 0 }

  private static func seeds(_ result: TransferResult) -> Int { result.schedule.seedCount }

  private static let licences: [SentenceTable<TransferResult>.Licence] = [
    ("Cutting after", { isShort($0, .selffer) && seeds($0) > 2 }),
    ("Cutting after {cut} breaks fragile co-adaptation: BnB falls", { $0.score.direction == .up }),
    ("Cutting after {cut} breaks fragile co-adaptation: BnB is", { $0.score.direction == .down }),
    ("Frozen layers up to", { isShort($0, .transfer) && seeds($0) > 2 }),
    (
      "Frozen layers up to {cut} are specific to what they were trained on: AnB falls", { $0.score.direction == .up }
    ),
    ("Frozen layers up to {cut} are specific to what they were trained on: AnB is", { $0.score.direction == .down }),
    ("Copied layers that", { isAbove(best($0, .transferTuned), $0.base, in: $0) && seeds($0) > 2 }),
    ("Copied layers that are trained on help: AnB+ gains", { $0.score.direction == .up }),
    ("Copied layers that are trained on help: AnB+ is", { $0.score.direction == .down }),
    ("The whole copy with {head} stays {x} below", { $0.score.direction == .up }),
    ("The whole copy with {head} stays {x} behind", { $0.score.direction == .down }),
    ("The whole network with a new", { $0.keepsHead == nil }),
    ("The whole network with the head", { $0.keepsHead == true }),
    (
      "The whole copy",
      { result in
        let tried = result.trials.map(\.target).max { $0.merit < $1.merit }
        return isAbove(best(result, .transferTuned), tried, in: result) && seeds(result) > 2
      }
    ),
    ("… of which by the means", { $0.curve(.selffer) != nil }),
    ("{score} by how much", { $0.sentences.isEmpty }),
    (
      "No treatment is",
      { result in
        result.curves.flatMap(\.points).allSatisfy { !result.areApart($0.result.mean, result.base.mean) }
      }
    ),
    ("Train a network", { $0.advice.action == .startAnew && $0.advice.isEstablished && seeds($0) > 2 }),
    ("By the means{examples…} every copy", { $0.advice.action == .startAnew && !$0.advice.isEstablished }),
    ("Freeze everything but", { $0.advice.action == .freeze && $0.trainsHeadAlone }),
    ("Freeze up to", { $0.advice.action == .freeze && !$0.trainsHeadAlone }),
    ("Freeze nothing", { $0.advice.action == .tuneAll && $0.curve(.transfer) != nil }),
    ("How far to freeze", { $0.curve(.transfer) == nil || $0.curve(.transferTuned) == nil }),
    ("Freezing costs", { $0.advice.isEstablished && ($0.advice.evidence?.difference.high ?? 1) <= $0.tolerance }),
    ("By the means{examples…} freezing", { $0.advice.action == .freeze && !$0.advice.isEstablished }),
    ("Even the first", { worthTraining($0, established: true) && lowest($0) == 1 }),
    ("The {n} blocks up to", { worthTraining($0, established: true) && lowest($0) > 1 }),
    ("By the means{examples…} even the first", { worthTraining($0, established: false) && lowest($0) == 1 }),
    ("By the means{examples…} the {n} blocks up to", { worthTraining($0, established: false) && lowest($0) > 1 }),
    ("That is not established", { !$0.advice.isEstablished }),
    ("… points of the source", { ($0.choice?.forgetting?.mean ?? 0) > 0 && $0.score.unit == .fraction }),
    ("… the source worse", { ($0.choice?.forgetting?.mean ?? 0) > 0 && $0.score.unit == .number }),
    ("… nats a token of the source", { ($0.choice?.forgetting?.mean ?? 0) > 0 && $0.score.unit == .natsPerToken }),
    ("… nothing of the source", { ($0.choice?.forgetting?.mean ?? 1) <= 0 }),
    ("… in the mean", { ($0.choice?.forgetting?.values.count ?? 0) > 1 }),
    ("{what} was chosen", { $0.chosenBy?.choices.count == 1 }),
    ("{what} were chosen", { ($0.chosenBy?.choices.count ?? 0) > 1 }),
    ("… on the validation examples", { $0.validation != nil || $0.trials.contains { $0.validation != nil } }),
    ("… chosen on the test set", { $0.chosenBy?.examples == .test }),
    ("… and fewer than 3", { seeds($0) < 3 }),
    (
      "… the runs have no pairs",
      { result in result.curves.flatMap(\.points).contains { $0.result.values.count != result.base.values.count } }
    ),
    ("… no seeds were compared", { $0.advice.evidence == nil }),
    ("Of these, {score}", { $0.scores.contains { $0.rankCorrelation.frozen > 0 } }),
    ("None of these ranks", { $0.scores.allSatisfy { !($0.rankCorrelation.frozen > 0) } }),
    ("LEEP of", { $0.networkScores.leep != nil }), ("NCE of", { $0.networkScores.nce != nil }),
    ("The whole network with", { !$0.trials.isEmpty }),
    (
      "Of those whose mean is within {x} of the best on the target{examples…} the one that forgets",
      { result in result.trials.contains { $0.forgetting != nil } }
    ),
    (
      "Of those whose mean is within {x} of the best on the target{examples…} the one that moves",
      { result in result.trials.allSatisfy { $0.forgetting == nil } }
    ),
  ]

  // MARK: Experiments of all kinds

  private static let cuts = (1...6).map {
    TransferResult.Cut(name: "block \($0)", blockCount: $0, frozenPatterns: ["b\($0)"])
  }

  /// What each seed adds to a mean: a treatment's own pattern of so much. Of a score of which less is better, what is
  /// missing to 3.
  private static func score(
    _ mean: Double, _ seeds: Int, _ spread: Double, _ pattern: Int, of score: Score = .accuracy
  ) -> RepeatedScore {
    let values: [Double] = (0..<seeds).map { mean + spread * Double(($0 * 3 + pattern * 2) % 5 - 2) }
    return RepeatedScore(score, score.direction == .up ? values : values.map { 3 - $0 })
  }

  private static func result(
    _ means: [TransferKind: [Double]], seeds: Int, spread: Double, testCount: Int? = 10_000, headAlone: Bool = false,
    chosenBy: ChoiceBasis? = nil, of judge: Score = .accuracy, above uncut: Int = 0
  ) -> TransferResult {
    let cuts = Array(cuts.dropFirst(uncut))
    let curves = TransferKind.allCases.enumerated().compactMap { number, kind in
      means[kind].map { values in
        TransferResult.Curve(
          kind: kind,
          points: zip(cuts, values).map {
            .init(copied: $0.blockCount, cut: $0.name, score($1, seeds, spread, number + 1, of: judge))
          })
      }
    }
    return TransferResult(
      target: "Flowers", cuts: cuts, schedule: TransferSchedule(epochCount: 2, learningRate: 0.01, seedCount: seeds),
      exampleCount: 5000, availableCount: 30_000, testCount: testCount, base: score(0.8, seeds, spread, 0, of: judge),
      curves: curves,
      validation: chosenBy?.examples == .validation
        ? .init(base: score(0.8, seeds, spread, 0, of: judge), curves: curves) : nil, chosenBy: chosenBy,
      trainsHeadAlone: { _ in headAlone })
  }

  private static let bases: [ChoiceBasis?] = [
    nil, ChoiceBasis(.test, choices: [.cut]),
    ChoiceBasis(.validation, choices: [.cut], choosing: .init(target: 500), judging: .init(target: 5000)),
  ]

  private static func trials(
    _ target: Double, _ forgetting: Double?, _ seeds: Int, _ basis: ChoiceBasis?, of judge: Score = .accuracy
  ) -> [TransferTrial] {
    [1, 0.3].map { factor in
      TransferTrial(
        factor: factor, learningRate: 0.01 * factor, target: score(target, seeds, 0.0002, 7, of: judge),
        forgetting: forgetting.map { RepeatedMean([Double](repeating: $0 * factor, count: seeds)) }, sourceScore: judge,
        chosenBy: basis)
    }
  }

  private static func findings() -> [TransferResult] {
    let flat = [Double](repeating: 0.8, count: 6)
    let falling = [0.8, 0.79, 0.76, 0.7, 0.65, 0.6]
    let dipping = [0.8, 0.8, 0.7, 0.72, 0.8, 0.8]
    let low = [Double](repeating: 0.6, count: 6)
    let high = [0.8, 0.81, 0.82, 0.83, 0.84, 0.85]
    let shapes: [[TransferKind: [Double]]] = [
      [.selffer: flat, .transfer: flat, .transferTuned: flat],
      [.selffer: dipping, .transfer: falling, .transferTuned: high],
      [.transfer: falling, .transferTuned: flat], [.transfer: low, .transferTuned: low],
      [.transfer: low, .transferTuned: high], [.transferTuned: flat], [.transfer: flat],
      [.selffer: flat, .transfer: high, .transferTuned: flat],
    ]
    var all: [TransferResult] = []
    for (means, judge) in shapes.flatMap({ shape in ([.accuracy] + OtherScores.all).map { (shape, $0) } }) {
      for (number, basis) in bases.enumerated() {
        for (seeds, spread) in [(1, 0), (2, 0.001), (3, 0.0005), (4, 0), (5, 0.05)]
        where judge == .accuracy || judge.unit == .natsPerToken || seeds % 2 == 1 {
          var finding = result(means, seeds: seeds, spread: spread, headAlone: number == 1, chosenBy: basis, of: judge)
          if judge.unit == .natsPerToken { finding.keepsHead = true }
          all.append(finding)
          finding.add(trials(number == 0 ? 0.7 : 0.8, [0.03, -0.02, nil][number], seeds, basis, of: judge))
          let rising: [Double] = [1, 2, 3, 4, 5, 6]
          finding.add(
            [TransferScore(name: "LogME", values: number == 0 ? rising : rising.reversed())],
            ofNetwork: .init(leep: -1, nce: -2))
          all.append(finding)
        }
      }
    }
    // The lowest cut is after the third block.
    for (seeds, spread) in [(1, 0), (3, 0.0005)] {
      all.append(result([.transfer: low, .transferTuned: flat], seeds: seeds, spread: spread, above: 2))
    }
    var unpaired = result(shapes[1], seeds: 3, spread: 0.0005)
    unpaired.base = score(0.8, 2, 0.0005, 0)
    all.append(unpaired)
    // As a version that compared no seeds stored it.
    let old = try? FindingEncoder.encode(all[0]).serialized()
      .replacing(/"evidence":\{"difference":\{[^}]*\}[^}]*\}/, with: "\"evidence\":null")
    return all + [old.flatMap { try? FindingDecoder.decode(TransferResult.self, from: $0) }].compactMap { $0 }
  }

  /// Sentences within another one, whose means are not established.
  private static func unwrapped(_ sentence: String) -> [String] {
    let parts = sentence.components(separatedBy: "): ")
    return sentence.hasPrefix("By the means, not established (") && parts.count > 1
      ? [parts[0] + "): so."] : [sentence]
  }

  @Test func everySentenceStandsInTheTableAndItsEvidenceHolds() throws {
    var table = try SentenceTable(["Transfer"], licences: Self.licences)
    for finding in Self.findings() {
      var worded = finding
      worded.putIntoWords()
      let texts = finding.sentences + finding.scoreNotes + worded.findings + [finding.advised, worded.recommendation]
      let said = Sentences.ofPage(finding.html(title: "t")) + texts.flatMap(Sentences.split)
      table.check(said.flatMap(Self.unwrapped), of: finding)
      OtherScores.expectFitting(said, finding.score)
      for sentence in said where sentence.contains("a network of the target's own has ") {
        #expect(finding.score == .accuracy || sentence.contains(finding.score.heading + "."), "\(sentence)")
      }
    }
    table.finish()
  }

  @Test func everySentenceOnSeveralTargetsStandsInTheTableAndItsEvidenceHolds() throws {
    func claims(_ comparison: TransferComparison) -> [SeedComparison] {
      comparison.targets.compactMap(\.deepestDifference)
    }
    var table = try SentenceTable<TransferComparison>(
      ["Transfer to several targets"],
      licences: [
        (
          "Frozen up to {cut}, the copy falls",
          { comparison in comparison.targets.allSatisfy { ($0.deepestDifference?.difference.value ?? 1) < 0 } }
        ),
        (
          "Frozen up to {cut}, the copy differs",
          { comparison in !comparison.targets.allSatisfy { ($0.deepestDifference?.difference.value ?? 1) < 0 } }
        ),
        ("Nothing was cut", { $0.targets.isEmpty }),
        ("By how much the copy", { $0.targets[0].score.direction == .down }),
        ("{unit} above or below", { $0.targets.isEmpty || $0.targets[0].score.direction == .up }),
        (
          "… , not established)",
          { comparison in
            comparison.targets.contains { $0.deepestDifference?.isMore != true && $0.deepestDifference?.isLess != true }
          }
        ),
      ])
    let findings = Self.findings()
    let pairs: [[TransferResult]] =
      [[]]
      + ([.accuracy] + OtherScores.all).flatMap { score -> [[TransferResult]] in
        let own = findings.filter { $0.score == score }
        return own.enumerated().map { [$1, own[($0 * 7 + 3) % own.count]] }
      }
    for targets in pairs {
      let comparison = TransferComparison(targets: targets)
      let page = Sentences.ofPage(comparison.html(title: "t")) + [comparison.headline]
      let advice = Set(targets.flatMap { Sentences.split($0.advised).dropFirst() })
      table.check(page.filter { !advice.contains($0) }, of: comparison)
      if let score = targets.first?.score {
        OtherScores.expectFitting(page.filter { !$0.contains("targets that fall early") }, score)
      }
    }
    table.finish()
  }
}
