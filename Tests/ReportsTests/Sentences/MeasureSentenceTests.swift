import Findings
import Testing

@testable import Reports

/// What is said of single measures of layers and models: see the article's table.
@Suite struct MeasureSentenceTests {
  /// A chart's title, and what it was drawn from.
  private enum Measure {
    case probes([ProbeFinding.Layer], models: Int, of: Score)
    case rewinds([Estimate], of: Score)
    case similarity([Double])
    case interpolation([InterpolationFinding.Point])
    case evaluation(of: Score)
  }

  private static let licences: [SentenceTable<Measure>.Licence] = [
    ("accuracy of a linear", { if case .probes(_, _, of: .accuracy) = $0 { true } else { false } }),
    ("{score} of a linear", { if case .probes(_, _, of: let score) = $0 { score != .accuracy } else { false } }),
    ("{layer} says", { if case .probes(_, 1, of: let score) = $0 { score != .accuracy } else { false } }),
    ("points of {score}", { if case .rewinds(_, of: let score) = $0 { score.unit == .fraction } else { false } }),
    (
      "{unit} when layers",
      { if case .rewinds(_, of: let score) = $0 { score.unit != .fraction && score.direction == .up } else { false } }
    ),
    ("{unit}, better", { if case .rewinds(_, of: let score) = $0 { score.direction == .down } else { false } }),
    (
      "{checkpoint} · head {head} · {data}: {x}",
      { if case .evaluation(of: .accuracy) = $0 { true } else { false } }
    ),
    (
      "{checkpoint} · head {head} · {data}: {score}",
      { if case .evaluation(of: let score) = $0 { score != .accuracy } else { false } }
    ),
    ("{estimator}, {n}", { if case .similarity = $0 { true } else { false } }),
    ("{score} on both tasks'", { areBothMeasured($0) }), ("along (1", { !areBothMeasured($0) }),
    ("A probe of", { drops($0)?.contains { $0.low > 0 } == true }),
    ("No probe lost", { drops($0)?.allSatisfy { !($0.low > 0) } == true }),
    (
      "No probe lost more than chance explains; that of {layer} is worse",
      { drops($0)?.contains { $0.value >= 0 } == true }
    ),
    (
      "No probe lost more than chance explains; that of {layer} is better",
      { drops($0)?.allSatisfy { $0.value < 0 } == true }
    ),
    ("{layer} tells", { if case .probes(let layers, 1, of: .accuracy) = $0 { !layers.isEmpty } else { false } }),
    ("No layer was probed", { if case .probes(let layers, _, _) = $0 { layers.isEmpty } else { false } }),
    ("Restoring", { if case .rewinds(let gains, _) = $0 { gains.contains { $0.low > 0 } } else { false } }),
    ("No rewinding", { if case .rewinds(let gains, _) = $0 { gains.allSatisfy { !($0.low > 0) } } else { false } }),
    ("{layer} differs", { if case .similarity(let values) = $0 { values.contains(where: \.isFinite) } else { false } }),
    ("Every layer", { if case .similarity(let values) = $0 { !values.contains(where: \.isFinite) } else { false } }),
    (
      "λ",
      {
        if case .interpolation(let points) = $0 {
          points.contains { $0.source != nil && $0.target != nil }
        } else {
          false
        }
      }
    ),
    (
      "Nothing was measured",
      {
        if case .interpolation(let points) = $0 {
          !points.contains { $0.source != nil && $0.target != nil }
        } else {
          false
        }
      }
    ),
  ]

  private static func areBothMeasured(_ measure: Measure) -> Bool {
    if case .interpolation(let points) = measure {
      points.contains { $0.source != nil && $0.target != nil }
    } else {
      false
    }
  }

  private static func drops(_ measure: Measure) -> [Estimate]? {
    guard case .probes(let layers, let models, _) = measure, models > 1, !layers.isEmpty else { return nil }
    return layers.compactMap(\.drop)
  }

  private func said(_ chart: some Chart) -> [String] { [chart.title, chart.subtitle] }

  private static let estimates = [
    Estimate(0.2, low: 0.1, high: 0.3), Estimate(0.4, low: -0.1, high: 0.9), Estimate(-0.2, low: -0.3, high: -0.1),
    Estimate(0.1),
  ]

  private func probes(_ layers: [ProbeFinding.Layer], models: Int, of score: Score) -> ProbeFinding {
    var finding = ProbeFinding(
      data: "photos", control: ControlDraws([0.1]), layers: layers,
      models: Array(["before", "after"].prefix(models)), trainCount: 100, testCount: 100)
    finding.score = score
    if score == .accuracy, models == 1 { finding.classes = DrawnClasses(count: 100, total: 1000) }
    return finding
  }

  private func rewinds(_ gains: [Estimate], of score: Score) -> RewindFinding {
    var finding = RewindFinding(
      [.alone: zip(["conv", "dense"], gains).map { Rewind(layers: [$0], gain: $1) }], source: "photos", sourceCount: 100
    )
    finding.score = score
    return finding
  }

  private func similarity(_ values: [Double]) -> LayerSimilarity {
    let names = ["conv", "dense"]
    return LayerSimilarity(
      estimator: "debiased", sampleCount: 256, data: "photos", layersA: names, layersB: names,
      values: [[values[0], 0], [0, values[1]]],
      diagonal: zip(names, values).map { LayerSimilarity.Entry(layer: $0, value: $1) })
  }

  @Test func everySentenceStandsInTheTableAndItsEvidenceHolds() throws {
    var table = try SentenceTable(["Charts and lines of single measures"], licences: Self.licences)
    for score in [.accuracy] + OtherScores.all {
      var said: [String] = []
      func check(_ sentences: [String], of measure: Measure) {
        table.check(sentences, of: measure)
        said += sentences
      }
      for first in Self.estimates {
        for second in Self.estimates {
          let layers = zip(["conv", "dense"], [first, second]).map {
            ProbeFinding.Layer(layer: $0, scores: [0.9, 0.9 - $1.value], penalties: [], drop: $1)
          }
          check(
            self.said(probes(layers, models: 2, of: score).chart()), of: .probes(layers, models: 2, of: score))
          check(
            self.said(rewinds([first, second], of: score).chart(.alone)), of: .rewinds([first, second], of: score))
        }
      }
      let alone = [ProbeFinding.Layer(layer: "conv", scores: [0.9], penalties: [])]
      check(self.said(probes(alone, models: 1, of: score).chart()), of: .probes(alone, models: 1, of: score))
      check(self.said(probes([], models: 1, of: score).chart()), of: .probes([], models: 1, of: score))
      let examples = ScoredExamples(ScoredTask(score, 0.9), count: 9)
      let points = [0, 1].map { InterpolationFinding.Point(share: $0, source: examples, target: examples) }
      let line = InterpolationFinding(before: "a", after: "b", keepsHeads: false, reestimated: nil, points: points)
      check(self.said(line.chart()), of: .interpolation(points))
      #expect(
        score == .accuracy || line.chart().title.contains(" \(score.heading) on the source"), "\(line.chart().title)")
      let evaluation = EvaluationFinding(
        checkpoint: "a.h5", head: "photos", data: "photos", result: examples, perClass: [])
      check([evaluation.verdict], of: .evaluation(of: score))
      OtherScores.expectFitting(said, score)
    }
    for values in [[0.5, 0.9], [.nan, 0.9], [.nan, .nan]] {
      table.check(said(similarity(values).matrixChart(before: "a", after: "b")), of: .similarity(values))
    }
    let scores = [ScoredExamples(ScoredTask(0.9), count: 9), nil]
    for source in scores {
      for target in scores {
        let points = [0, 1].map { InterpolationFinding.Point(share: $0, source: source, target: target) }
        let finding = InterpolationFinding(before: "a", after: "b", keepsHeads: false, reestimated: nil, points: points)
        table.check(said(finding.chart()), of: .interpolation(points))
      }
    }
    table.finish()
  }

  private static let classLicences: [SentenceTable<ClassMatch>.Licence] = [
    ("{classes}, matched by name", { $0.basis == .name && !$0.isIdentity }),
    ("{classes}, matched by the numbers", { $0.basis == .number && !$0.isIdentity }),
    ("{classes}, matched by their order: the head", { $0.basis == .order && $0.unnamed == .head }),
    ("{classes}, matched by their order: the data", { $0.basis == .order && $0.unnamed == .data }),
  ]

  /// Of a run's page, a diagnosis and an evaluation.
  @Test func whatIsSaidOfClassesStandsInTheTable() throws {
    var table = try SentenceTable(["Classes of a head"], licences: Self.classLicences)
    for basis in ClassMatch.Basis.allCases {
      for unnamed in basis == .order ? [ClassMatch.Side?.some(.head), .data, .both] : [nil] {
        for outputs in basis == .order ? [[0, 1]] : [[0, 1], [1, 0], [1]] {
          let match = ClassMatch(basis, unnamed: unnamed, outputs: outputs, outputCount: 2)
          let notes = JudgedClasses(source: match, target: match).notes
          let isSaid = outputs != [0, 1] || unnamed == .head || unnamed == .data
          #expect(notes.count == (isSaid ? 2 : 0) && (match.note != nil) == isSaid, "\(match)")
          table.check(notes + [match.note].compactMap { $0 }, of: match)
          var run = SampleFindings.plain
          run.matchedClasses = JudgedClasses(source: match)
          let page = RunReport(runs: [run], title: "plain").html()
          #expect(page.contains("matched by") == isSaid)
        }
      }
    }
    table.finish()
    #expect(
      ClassMatch(.name, outputs: [2, 0], outputCount: 1000).note == "2 of the head's 1,000 classes, matched by name")
    #expect(ClassMatch(.name, outputs: [1, 0], outputCount: 2).note == "2 classes, matched by name")
  }
}
