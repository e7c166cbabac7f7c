import Findings
import Metrics
import Reports

// MARK: Runs of all kinds

extension RunSentenceTests {
  /// A change of the source's score: an amount with its interval and p, of so many examples.
  static func amount(
    _ loss: Double, isSure: Bool, before: Double = 0.9, count: Int = 2000, epoch: Int = 2, score: Score = .accuracy
  ) -> Forgetting {
    Forgetting(
      score: score, epoch: epoch, before: before, after: score.direction == .up ? before - loss : before + loss,
      final: loss, low: loss - (isSure ? 0.01 : 0.2),
      high: loss + (isSure ? 0.01 : 0.2), pairedPValue: isSure ? 1e-6 : 0.6, lost: 40, gained: 10, sourceCount: count,
      chance: score == .accuracy ? 0.1 : .nan)
  }

  static let changes = [
    amount(0.16, isSure: true), amount(-0.05, isSure: true), amount(0.002, isSure: false),
    amount(-0.004, isSure: false), amount(0.3, isSure: true, count: 12), amount(0.05, isSure: true, before: 0.104),
  ]

  /// Likewise of tasks that are judged by nats, shares and numbers, more of which is better or worse.
  static let ofOtherScores: [[RunFinding]] = OtherScores.all.flatMap { score -> [[RunFinding]] in
    let worse = run("Plain", amount(0.16, isSure: true, score: score))
    let better = run("Long", amount(-0.05, isSure: true, score: score))
    let same = run("Held", amount(0.002, isSure: false, score: score))
    let few = run("Short", amount(0.3, isSure: true, count: 12, score: score), hasTarget: false)
    return [[worse], [better], [same], [few], [worse, same], [same, same], [better, worse], [worse, better, same]]
  }

  static func run(
    _ name: String, _ forgetting: Forgetting? = nil, hasSource: Bool = true, hasTarget: Bool = true, seed: Int? = nil,
    best: RunFinding.Best? = nil, chosenBy: ChoiceBasis? = nil, similarity: LayerSimilarity? = nil,
    agreement: Double? = nil, places: String? = nil, unit: OutputDivergence.Unit = .nats, hasDose: Bool = false
  ) -> RunFinding {
    let (before, after) = (forgetting?.before ?? 0.9, forgetting?.after ?? 0.8)
    let epochs = (0...3).map { epoch in
      EpochFinding(
        epoch: epoch,
        source: hasSource ? ScoredTask(forgetting?.score ?? .accuracy, epoch == 0 ? before : after) : nil,
        proxy: agreement.map { ProxyAgreement(agreement: $0, divergence: 0.1, count: 100, places: places, unit: unit) },
        target: hasTarget ? ScoredTask(forgetting?.score ?? .accuracy, 0.7) : nil, penalty: 0.1,
        regularizers: hasDose && epoch > 0 ? [RegularizerDose(name: "L2-sp", penalty: 0.1, gradientRatio: 0.2)] : [])
    }
    return RunFinding(
      run: "runs/\(name)", sourceTask: hasSource ? "Photos" : nil, proxyTask: agreement == nil ? nil : "Sketches",
      targetTask: "Flowers", plannedEpochs: 5, epochs: epochs, best: best, chosenBy: chosenBy, forgetting: forgetting,
      drift: hasTarget
        ? WeightDrift(
          layers: [LayerDrift(layer: "conv", relative: 0.5)], total: TotalDrift(relative: 0.5), epoch: 3) : nil,
      similarity: similarity, configuration: seed.map { [.init("seed", "\($0)")] } ?? [.init("name", name)])
  }

  static func similarity(_ values: [[Double]]) -> LayerSimilarity {
    let names = ["conv", "dense"]
    return LayerSimilarity(
      estimator: "debiased", sampleCount: 256, batchSize: 128, data: "Photos", layersA: names, layersB: names,
      values: values,
      diagonal: names.indices.map { LayerSimilarity.Entry(layer: names[$0], value: values[$0][$0]) })
  }

  static let bases: [ChoiceBasis?] = [
    nil,
    ChoiceBasis(
      .validation, choices: [.epoch], choosing: .init(source: 100, target: 500), judging: .init(source: 9, target: 1)),
    ChoiceBasis(.test, choices: [.epoch, .stop]),
  ]

  static let single: [RunFinding] =
    changes.flatMap { change in
      bases.flatMap { basis in
        [
          run("Plain", change, chosenBy: basis), run("Plain", change, hasTarget: false),
          run(
            "Plain", change, best: .init(epoch: 2, rule: "target", keepsBounds: basis == nil), chosenBy: basis,
            similarity: similarity([[0.9, 0.1], [0.1, 0.8]])),
        ]
      }
    } + [
      run("Plain"), run("Plain", hasTarget: false), run("Plain", hasSource: false),
      run("Plain", hasSource: false, chosenBy: bases[2]), run("Plain", hasSource: false, hasTarget: false),
      run("Plain", hasSource: false, agreement: 0.8, hasDose: true),
      run("Plain", hasSource: false, agreement: 0.8, places: "tokens"), GaugeReportTests.run(),
      run("Plain", hasSource: false, agreement: 0.8, places: "labels"),
      run("Plain", hasSource: false, agreement: .nan, unit: .squares),
      GaugeReportTests.run(places: "tokens"), GaugeReportTests.run(hasSource: true),
      StepReportTests.run(), StepReportTests.run(hasSource: false, stop: StepReportTests.gauge),
      StepReportTests.run(stop: StepReportTests.forgetting), StepReportTests.run(isSure: false, partial: 30),
      run("Plain", changes[0], similarity: similarity([[0.5, 0.9], [0.1, 0.8]])),
      run("Plain", changes[0], similarity: similarity([[.nan, 0.9], [0.1, .nan]])),
      run("Plain", changes[0], similarity: similarity([[.nan, 0.9], [0.1, 0.9]])), withNewHeadAndIntervals,
      withOneHead(), withOneHead(of: "tokens"), withOneHead(of: "labels"), watched,
    ] + SampleFindings.confidences.map(confident)

  static func confident(_ change: ConfidenceChange) -> RunFinding {
    var finding = run("Plain", changes[2])
    finding.confidence = RunConfidence(source: change, target: nil)
    for place in finding.epochs.indices { finding.epochs[place].source?.confidence = change.after }
    return finding
  }

  static var watched: RunFinding {
    var finding = run("Plain", changes[0])
    finding.watched = (1...3).map { .init(epoch: $0, name: "checkpoint-\($0 * 500)", step: $0 * 500) }
    return finding
  }

  static func withOneHead(of places: String? = nil) -> RunFinding {
    var finding = run("Plain", changes[0])
    let score = places == nil ? Score.accuracy : Score(name: "token_accuracy", unit: .fraction, direction: .up)
    finding.joint = JointHead(
      classCount: 10, places: places,
      epochs: finding.epochs.map {
        JointAnswers(epoch: $0.epoch, score, 0.7, count: 1000, sourceTakenForTarget: 0.1, targetTakenForSource: 0.2)
      })
    return finding
  }

  static var withNewHeadAndIntervals: RunFinding {
    var finding = run("Plain", changes[0], similarity: similarity([[0.9, 0.1], [0.1, 0.8]]))
    finding.epochs[0].targetHeadIsNew = true
    var head = LayerDrift(layer: "head", relative: 0.9)
    head.task = "Flowers"
    finding.drift?.layers.append(head)
    finding.similarity?.diagonal[0].low = 0.85
    finding.similarity?.diagonal[0].high = 0.95
    return finding
  }

  /// Three seeds of one fine-tuning, whose losses lie a little apart.
  static func seeds(
    _ name: String, _ loss: Double, count: Int = 3, spread: Double = 0.01, of examples: Int = 2000,
    before: Double = 0.9, hasSource: Bool = true
  ) -> [RunFinding] {
    (0..<count).map { seed in
      var finding = run(
        "\(name)\(seed)",
        hasSource
          ? amount(loss + spread * Double(seed - 1), isSure: true, before: before, count: examples) : nil,
        hasSource: hasSource, seed: seed)
      finding.configuration.append(.init("method", name))
      return finding
    }
  }

  static let several: [[RunFinding]] =
    changes.flatMap { first in
      changes.flatMap { second in
        [
          [run("Plain", first), run("Held", second)],
          [run("Plain", first), run("Held", second), run("Longer", changes[2])],
        ]
      }
    } + [
      [], [run("Plain", hasSource: false), run("Held", hasSource: false)],
      seeds("Plain", 0.2), seeds("Plain", -0.2), seeds("Plain", 0.001), seeds("Plain", 0.2, count: 2),
      seeds("Plain", 0.2, spread: 0), seeds("Plain", 0.2, of: 12), seeds("Plain", 0.02, before: 0.104),
      seeds("Plain", 0, hasSource: false), seeds("Plain", 0.2) + seeds("Held", 0.05, spread: 0.011),
      seeds("Plain", 0.2) + seeds("Held", 0.2, spread: 0.03), seeds("Plain", 0.2) + seeds("Held", 0.2, of: 12),
      seeds("Plain", 0.2) + [run("Other", changes[0])],
    ]
}
