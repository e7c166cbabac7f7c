import Findings
import Foundation
import Metrics
import TestSupport
import Testing

@testable import Reports

/// The original study's accuracies, drawn by us: the paper's figure 2.
@Suite struct TransferResultPageTests {
  private func study(testCount: Int? = nil, cuts chosen: [Int] = Array(1...7)) throws -> TransferResult {
    let data = try Data(
      contentsOf: URL(fileURLWithPath: Repository.fixture("yosinski/final_validation_accuracy.json")))
    let runs = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [Double]])
    func values(_ matches: (String) -> Bool) -> [Double] {
      runs.keys.filter(matches).sorted().compactMap { runs[$0]?.last }
    }
    /// `transfer0A0B_1_5`: digits and halves of both networks. Those whose target is the half A of one of four splits are
    /// pairs; AnB+ was trained on halves B alone, twice at most.
    func curve(_ kind: TransferKind, _ prefix: String, pair: (first: Character, second: Character))
      -> TransferResult.Curve
    {
      .init(
        kind: kind,
        points: chosen.map { copied in
          .init(
            copied: copied, cut: "layer \(copied)",
            RepeatedScore(
              .accuracy,
              values { key in
                guard key.hasPrefix(prefix), key.hasSuffix("_1_\(copied)") else { return false }
                let name = Array(key.dropFirst(prefix.count).prefix(4))
                return name.count == 4 && name[0].isNumber && name[0] == name[2] && name[1] == pair.first
                  && name[3] == pair.second
              }))
        })
    }
    let halves = values { $0.hasPrefix("half") && $0.hasSuffix("A") && !$0.contains("natman") }
    return TransferResult(
      target: "half of ImageNet", cuts: chosen.map { .init(name: "layer \($0)", blockCount: $0) },
      schedule: TransferSchedule(epochCount: 90, learningRate: 0.01, seedCount: 4), exampleCount: 645_000,
      availableCount: 645_000, testCount: testCount, base: RepeatedScore(.accuracy, halves),
      curves: [
        curve(.selffer, "transfer", pair: ("A", "A")), curve(.selfferTuned, "transfer-ft", pair: ("A", "A")),
        curve(.transfer, "transfer", pair: ("B", "A")), curve(.transferTuned, "transfer-ft", pair: ("A", "B")),
      ])
  }

  @Test func theOriginalStudyLooksLikeItsFigure() throws {
    let report = try study()
    func mean(_ kind: TransferKind, _ copied: Int) throws -> Double {
      100 * (try #require(report.curve(kind)?.points[copied - 1].result.mean))
    }
    // The values of the paper's text and figure: base 62.5, the dip of BnB at 5, its recovery, the fall of AnB.
    #expect(abs(100 * report.base.mean - 62.45) < 0.3, "\(report.base.mean)")
    let figures: [(TransferKind, Int, Double)] = [
      (.selffer, 5, 59.3), (.selffer, 7, 62.3), (.transfer, 7, 54.2), (.transferTuned, 7, 64.6),
    ]
    for (kind, copied, value) in figures {
      let found = try mean(kind, copied)
      #expect(abs(found - value) < 0.6, "\(kind) \(copied): \(found)")
    }
    let findings = report.sentences
    #expect(findings.count == 3)
    #expect(findings[0].contains("layer 5 breaks fragile co-adaptation"), "\(findings)")
    #expect(findings[1].contains("up to layer 7 are specific"), "\(findings)")
    // BnB has recovered at 7: nothing of the fall is co-adaptation.
    #expect(findings[1].hasSuffix("of which by the means the cut alone costs 0.0 (BnB)."), "\(findings)")
    // Four splits carry both; AnB+ has no pairs.
    #expect(!findings[0].contains("established") && !findings[1].contains("established"))
    #expect(
      findings[2].hasPrefix(
        "By the means, not established (the runs have no pairs of one seed): copied layers that are "),
      "\(findings)")
    let chart = report.chart()
    #expect(chart.series.map(\.name) == ["BnB", "BnB+", "AnB", "AnB+"])
    #expect(chart.series.allSatisfy { $0.points.count == 8 && $0.points[0].value == 100 * report.base.mean })
    #expect(chart.svg().contains("blocks copied") && report.html(title: "Yosinski et al. 2014").contains("AnB+ gains"))
  }

  @Test func someCutsStandWhereTheyAre() throws {
    let report = try study(cuts: [2, 5])
    #expect(
      report.table().rows.map { Array($0.prefix(2)) } == [["0", "nothing"], ["2", "layer 2"], ["5", "layer 5"]])
    #expect(report.chart().series[0].points.map(\.epoch) == [0, 2, 5] && report.chart().countNames.isEmpty)
    #expect(report.sentences[0].contains("Cutting after layer 5"))
  }

  @Test func everyRunIsADotAndEveryCutIsNamed() throws {
    let report = try study()
    let svg = report.chart().svg()
    let runs = report.curves.flatMap(\.points).filter { $0.result.values.count > 1 }.reduce(0) {
      $0 + $1.result.values.count
    }
    // The base networks, where all curves begin, are there once.
    let expected = runs + report.base.values.count
    #expect(svg.components(separatedBy: " single\"").count - 1 == expected, "\(expected)")
    #expect(svg.contains(">layer 7<") && svg.contains(">none<"))
  }

  @Test func scoresAndTrialsAreShownWithTheirRanks() throws {
    var report = try study()
    #expect(report.bestScore == nil)
    // AnB falls nearly all the way up: what rises with depth ranks the cuts wrongly.
    report.add(
      [
        .init(name: "linear probe", values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], isFraction: true),
        .init(name: "LogME", values: [-1, -2, .nan, -3, -4, -5, -6]),
      ], ofNetwork: .init(leep: -1.25))
    let frozen = try #require(report.curve(.transfer)).points.map(\.result.mean)
    #expect(report.scores[0].rankCorrelation.frozen == rankCorrelation([1, 2, 3, 4, 5, 6, 7], frozen))
    func trials(_ first: Double, _ second: Double) -> [TransferTrial] {
      [
        TransferTrial(factor: 1, learningRate: 0.01, target: RepeatedScore(.accuracy, [first]), forgetting: nil),
        TransferTrial(
          factor: 0.3, learningRate: 0.003, target: RepeatedScore(.accuracy, [second]),
          forgetting: RepeatedMean([0.014])),
      ]
    }
    report.add(trials(0.9, 0.91))
    #expect(!report.sentences.contains { $0.contains("drawn anew") })
    // AnB+ has 64.6 % at layer 7.
    report.add(trials(0.5, 0.4))
    #expect(report.sentences.last?.contains("the whole copy with a new head stays 14.6 points below AnB+") == true)
    report.add(trials(0.89, 0.91))
    let scores = report.scoreTable()
    #expect(scores.rows[0] == ["layer 1", "10.0 %", "−1.000"] && scores.rows[2][2] == "–")
    let correlations = report.scores.map(\.rankCorrelation)
    // LogME has no value at one of the seven cuts.
    #expect(report.scores.map(\.rankedCutCount) == [7, 6])
    #expect(
      scores.rows[7] == ["rank correlation with AnB"]
        + zip(correlations, [7, 6]).map { NumberText.correlation($0.frozen, count: $1) })
    #expect(
      scores.rows[8] == ["rank correlation with AnB+"]
        + zip(correlations, [7, 6]).map { NumberText.correlation($0.tuned, count: $1) })
    #expect(
      report.trialTable().rows == [
        ["0.01", "89.0 %", "–", ""], ["0.003, 0.3 × the head's", "91.0 %", "1.4 points", "recommended"],
      ])
    #expect(
      report.scoreNotes.last?.hasPrefix("LEEP of the whole network: −1.250 (") == true && report.scoreNotes.count == 2)
    report.scores[0].rankCorrelation.frozen = -0.9
    report.scores[1].rankCorrelation.frozen = 0.75
    #expect(try #require(report.bestScore).contains("LogME ranks the 6 cuts"))
    report.scores.removeLast()
    #expect(try #require(report.bestScore).hasPrefix("None of these ranks the 7 cuts"))
    let page = report.html(title: "Yosinski et al. 2014")
    #expect(page.contains("What cheaper scores would have said") && page.contains("1.4 points"))
  }

  @Test func everyRunIsARowOfTheFile() throws {
    let report = try study()
    let rows = report.csv().split(separator: "\r\n")
    let runs = report.base.values.count + report.curves.flatMap(\.points).reduce(0) { $0 + $1.result.values.count }
    #expect(rows.count == runs + 1 && rows[0] == "curve,copied,cut,run,accuracy")
  }

  @Test func whatFewTestExamplesCannotTellIsNotClaimed() throws {
    // ImageNet's halves have 25,000 validation images: all three effects stand. On 500, 3.1 points are noise.
    #expect(try study(testCount: 25_000).sentences.count == 3)
    let few = try study(testCount: 500).sentences
    #expect(few.count == 1 && few[0].contains("AnB falls"), "\(few)")
  }

  private func flat(
    frozen: [Double] = [0.9, 0.9, 0.9], base: Double = 0.9, trainsHeadAlone: Bool = false
  ) -> TransferResult {
    let cuts = (1...3).map { TransferResult.Cut(name: "block \($0)", blockCount: $0, frozenPatterns: ["b\($0)"]) }
    func curve(_ kind: TransferKind, _ values: [Double]) -> TransferResult.Curve {
      .init(
        kind: kind,
        points: zip(cuts, values).map { .init(copied: $0.blockCount, cut: $0.name, RepeatedScore(.accuracy, [$1])) })
    }
    return TransferResult(
      target: "t", cuts: cuts, schedule: TransferSchedule(epochCount: 2, learningRate: 0.01, seedCount: 1),
      exampleCount: 5000, availableCount: 30_000, testCount: 10_000, base: RepeatedScore(.accuracy, [base]),
      curves: [
        curve(.selffer, [0.9, 0.9, 0.9]), curve(.transfer, frozen), curve(.transferTuned, [0.9, 0.9, 0.9]),
      ],
      trainsHeadAlone: { _ in trainsHeadAlone })
  }

  @Test func withoutADifferenceNothingIsClaimed() {
    #expect(flat().sentences.isEmpty && flat().chart().title.hasPrefix("No treatment is told apart"))
  }

  @Test func whatToDoSaysItsEvidence() {
    let doubt = " That is not established: one seed, and fewer than 3 establish nothing."
    let grounds = " By the means freezing costs 0.0 points, no more than the 1.0 points that count as none."
    #expect(
      flat(base: 0.95).advised
        == "By the means every copy falls short of a network of the target's own (95.0 %), the best one by 5.0 points."
        + doubt)
    #expect(
      flat(trainsHeadAlone: true).advised
        == "Freeze everything but the head; a network of the target's own has 90.0 %." + grounds + doubt)
    var tried = flat(frozen: [0.9, 0.7, 0.9])
    func trial(_ factor: Double, forgetting: Double?) -> TransferTrial {
      TransferTrial(
        factor: factor, learningRate: 0.01 * factor, target: RepeatedScore(.accuracy, [0.92]),
        forgetting: forgetting.map { RepeatedMean([$0]) })
    }
    tried.add([trial(1, forgetting: 0.05), trial(0.3, forgetting: 0.02)])
    #expect(
      tried.advised
        == "Freeze up to block 1 and fine-tune from there, at the rate 0.003 and the head at 0.01: 92.0 % on the target "
        + "from 5,000 examples, 2.0 points of the source forgotten; a network of the target's own has 90.0 %."
        + grounds
        + doubt)
    tried.add([trial(1, forgetting: -0.01)])
    #expect(tried.advised.contains("at the rate 0.01: 92.0 %") && tried.advised.contains("nothing of the source"))
    tried.add([trial(1, forgetting: nil)])
    #expect(!tried.advised.contains("of the source"))
    #expect(
      flat(frozen: [0.8, 0.7, 0.9]).advised
        == "Freeze nothing and fine-tune it all; a network of the target's own has 90.0 %. By the means even the first block "
        + "is worth training on: frozen it costs 10.0 points." + doubt)
  }

  @Test func ofALowestCutAboveTheFirstBlockNothingIsSaidOfTheFirst() {
    let cut = TransferResult.Cut(name: "fc7.0", blockCount: 7)
    let curves: [TransferResult.Curve] = [(TransferKind.transfer, 0.8), (.transferTuned, 0.9)].map { kind, value in
      .init(kind: kind, points: [.init(copied: 7, cut: "fc7.0", RepeatedScore(.accuracy, [value]))])
    }
    let result = TransferResult(
      target: "t", cuts: [cut], schedule: TransferSchedule(epochCount: 2, learningRate: 0.01, seedCount: 1),
      exampleCount: 10, availableCount: 10, testCount: 10_000, base: RepeatedScore(.accuracy, [0.9]), curves: curves)
    #expect(
      result.advised
        == "Freeze nothing and fine-tune it all; a network of the target's own has 90.0 %. By the means the 7 blocks up to "
        + "fc7.0 are worth training on: frozen they cost 10.0 points; freezing fewer was not tried. That is not established: "
        + "one seed, and fewer than 3 establish nothing.")
  }

  @Test func whatSeedsCarryIsSaidWithoutReserve() {
    let cuts = [TransferResult.Cut(name: "a", blockCount: 1, frozenPatterns: ["a"])]
    func advised(base: [Double], frozen: [Double], tuned: [Double]) -> String {
      func curve(_ kind: TransferKind, _ values: [Double]) -> TransferResult.Curve {
        .init(kind: kind, points: [.init(copied: 1, cut: "a", RepeatedScore(.accuracy, values))])
      }
      return TransferResult(
        target: "t", cuts: cuts, schedule: TransferSchedule(epochCount: 2, learningRate: 0.01, seedCount: 3),
        exampleCount: 10, availableCount: 10, testCount: 10_000, base: RepeatedScore(.accuracy, base),
        curves: [curve(.transfer, frozen), curve(.transferTuned, tuned)]
      ).advised
    }
    let tuned = [0.92, 0.921, 0.919]
    let low = [0.83, 0.821, 0.809]
    // 9, 10 and 11 points; then 0.1, 0 and −0.1.
    #expect(
      advised(base: tuned, frozen: low, tuned: low)
        == "Train a network of the target's own: every copy falls short of it (92.0 %), the best one by 10.0 points (7.5 to "
        + "12.5 over 3 seeds).")
    let free = advised(base: tuned, frozen: [0.919, 0.921, 0.92], tuned: tuned)
    #expect(
      free.hasSuffix("Freezing costs no more than 1.0 points: 0.0 points (−0.2 to 0.2 over 3 seeds)."), "\(free)")
    let dear = advised(base: tuned, frozen: low, tuned: tuned)
    #expect(
      dear.hasSuffix(
        "Even the first block is worth training on: frozen it costs 10.0 points (7.5 to 12.5 over 3 seeds)."),
      "\(dear)")
  }

  @Test func pageTableAndJSONGiveTheSameNumbers() throws {
    var result = flat(frozen: [0.9, 0.7125, 0.9])
    result.add([
      TransferTrial(
        factor: 0.3, learningRate: 0.003, target: RepeatedScore(.accuracy, [0.925, 0.935]),
        forgetting: RepeatedMean([0.014, 0.018]))
    ])
    result.add([.init(name: "LogME", values: [-1, .nan, -3])], ofNetwork: .init(nce: -1.5))
    result.command = "lethe finetune 'a b'"
    result.putIntoWords()
    let text = try FindingEncoder.encode(result).serialized()
    let read = try FindingDecoder.decode(TransferResult.self, from: text)
    #expect(try FindingEncoder.encode(read).serialized() == text)
    #expect(read.table() == result.table() && read.trialTable() == result.trialTable())
    #expect(read.scoreTable() == result.scoreTable() && read.csv() == result.csv())
    #expect(read.html(title: "t") == result.html(title: "t"))
    #expect(
      text.contains(
        #"{"copiedLayers":2,"cut":"block 2","accuracy":0.7125,"low":null,"high":null,"values":[0.7125]}"#))
    #expect(result.table().rows[2][3] == "71.2 %" && result.html(title: "t").contains("71.2 %"))
    #expect(text.contains(#""forgetting":0.016,"forgettingValues":[0.014,0.018]"#))
    #expect(
      result.trialTable().rows[0][2] == "1.6 ± 2.5 points" && result.html(title: "t").contains("1.6 ± 2.5 points"))
    #expect(
      text.contains(#""networkScores":{"NCE":-1.5}"#)
        && text.contains("in the mean 1.6 ± 2.5 points of the source forgotten"))
  }
}
