import Findings
import Metrics

// MARK: Diagnoses, probes and rewinds

extension SampleFindings {
  /// With all that can be measured, causes and layers on some of the examples.
  static let diagnosis = DiagnosisFinding(
    title: "runs/plain", sourceTask: "photos",
    forgetting: ForgottenAmount(
      plain.forgetting ?? Forgetting(epoch: 0, before: 0, after: 0, final: 0),
      runs: MeanOfRuns(count: 3, loss: Estimate(0.268, low: 0.241, high: 0.295))),
    measuredOn: JudgedCounts(source: 2000, target: 1000, similarity: 2000, epochs: 500, probes: 1000, remedies: 1000),
    causes: [
      ForgettingCause(.statistics, loss: Estimate(-0.0031, low: -0.008, high: 0.0018)),
      ForgettingCause(.readout, loss: Estimate(0.181, low: 0.166, high: 0.197)),
      ForgettingCause(.features, loss: Estimate(0.0941, low: 0.079, high: 0.109)),
    ], isAveragedOverOrders: true,
    layers: [
      layer(
        0, drift: 0.0412, predictedLoss: 0.018, similarity: Estimate(0.981, low: 0.97, high: 0.99), drop: -0.0003,
        gain: Estimate(0.0004, low: -0.004, high: 0.005), cost: -0.001),
      layer(
        1, drift: 0.218, predictedLoss: 0.41, similarity: Estimate(0.743, low: 0.72, high: 0.766), drop: 0.004,
        gain: Estimate(0.004, low: -0.003, high: 0.011), cost: 0.006),
      layer(
        2, drift: 0.397, predictedLoss: 1.93, similarity: Estimate(0.412, low: 0.38, high: 0.44), drop: 0.113,
        gain: Estimate(0.149, low: 0.131, high: 0.168), cost: 0.0421),
      layer(
        3, drift: 0.00002, predictedLoss: .nan, similarity: .unmeasured, drop: 0.021,
        gain: Estimate(-0.0002, low: -0.0012, high: 0.0008), cost: 0),
    ], probeControls: ProbeControls(permuted: ControlDraws([0.1012, 0.084, 0.121]), untrained: 0.387),
    classes: [
      ClassChange("dog", before: 0.92, after: 0.931, PairedComparison(count: 203, lost: 2, gained: 4)),
      ClassChange("cat & <kitten>", before: 0.95, after: 0.41, PairedComparison(count: 1197, lost: 655, gained: 8)),
      ClassChange(
        "\"quoted\", with a comma", before: 0.8, after: 0.6, PairedComparison(count: 600, lost: 125, gained: 5)),
      ClassChange("unicorn", before: .nan, after: .nan, PairedComparison(count: 0, lost: 0, gained: 0)),
    ],
    examples: [
      ChangedExample(
        index: 1207, label: "cat & <kitten>", before: "cat & <kitten>", after: "dog", confidenceBefore: 0.993,
        confidenceAfter: 0.0004, picture: Picture(planes: [0, 85, 170, 255, 40, 60], channels: 1, height: 2, width: 3)),
      ChangedExample(
        index: 8, label: "\"quoted\", with a comma", before: "\"quoted\", with a comma", after: "cat & <kitten>",
        confidenceBefore: 0.51, confidenceAfter: 0.3),
      ChangedExample(
        index: 44, label: "dog", before: "cat & <kitten>", after: "dog", confidenceBefore: 0.2, confidenceAfter: .nan),
    ],
    epochs: [
      LayersAtEpoch(
        epoch: 0, drift: [0, 0, 0, 0], similarity: [1, 1, 1, 1], probeDrop: [0, 0, 0, 0]),
      LayersAtEpoch(
        epoch: 1, drift: [0.02, 0.12, 0.21, 0.00001], similarity: [0.99, 0.93, 0.71, .nan],
        probeDrop: [-0.001, 0.002, 0.04, .nan]),
      LayersAtEpoch(
        epoch: 3, drift: [0.0412, 0.218, 0.397, 0.00002], similarity: [0.981, 0.743, 0.412, .nan],
        probeDrop: [-0.0003, 0.004, 0.113, 0.021]),
    ], firstSignificantEpoch: 1,
    remedies: [
      Remedy(
        kind: .rewind, action: "put stages.1.blocks.11.attention.projection back",
        command: "lethe rewind 'runs/plain' --layers 'stages.1.*' --out rewound.h5",
        gain: Estimate(0.149, low: 0.131, high: 0.168), cost: Estimate(0.0421, low: 0.0321, high: 0.0521), count: 1000,
        layers: ["stages.1.blocks.11.attention.projection"]),
      Remedy(
        kind: .statistics, action: "measure the running statistics anew",
        gain: Estimate(-0.0031, low: -0.008, high: 0.0018), cost: Estimate(0.00021, low: -0.00979, high: 0.01021),
        count: 1000),
      Remedy(
        kind: .interpolation, action: "go 40 % of the way back",
        gain: Estimate(0.0002, low: -0.001, high: 0.0014), cost: Estimate(-0.0121, low: -0.0221, high: -0.0021),
        count: 1000),
      Remedy(
        kind: .retraining, action: "train again, held back (not tried here)",
        command: "lethe finetune base.h5 --regularizer l2-sp:alpha=0.1 --freeze <layers>"),
    ])

  /// Without probes, target, history, classes or remedies, on all the examples.
  static let bareDiagnosis = DiagnosisFinding(
    title: "before.h5 and after.h5", sourceTask: "photos",
    forgetting: ForgottenAmount(
      Forgetting(
        epoch: 1, before: 0.9, after: 0.898, final: 0.002, low: -0.004, high: 0.008, pairedPValue: 0.5716, lost: 17,
        gained: 13, sourceCount: 2000, chance: 0.1)),
    measuredOn: JudgedCounts(source: 2000),
    causes: [ForgettingCause(.features, loss: Estimate(0.002, low: -0.004, high: 0.008))],
    layers: [
      DiagnosedLayer(
        layer: layers[0], drift: 0.011, similarity: Estimate(0.991, low: 0.988, high: 0.994),
        gain: Estimate(0.001, low: -0.002, high: 0.004)),
      DiagnosedLayer(
        layer: layers[1], drift: 0.004, similarity: .unmeasured, gain: Estimate(0)),
    ])

  /// Judged by agreement on examples that stand in for the source's.
  static let proxyDiagnosis = DiagnosisFinding(
    sourceTask: "street scenes",
    forgetting: ForgottenAmount(
      Forgetting(
        score: .agreement, epoch: 2, before: 1, after: 0.7444, final: 0.2556, low: 0.2365, high: 0.2747,
        pairedPValue: 2e-154, lost: 511, gained: 0, sourceCount: 2000)),
    measuredOn: JudgedCounts(source: 2000),
    causes: [
      ForgettingCause(.readout, loss: Estimate(0.2, low: 0.18, high: 0.22)),
      ForgettingCause(.features, loss: Estimate(0.0556, low: 0.045, high: 0.066)),
    ],
    layers: [
      layer(
        2, drift: 0.397, predictedLoss: 1.9, similarity: Estimate(0.4, low: 0.35, high: 0.45), drop: .nan,
        gain: Estimate(0.1, low: 0.09, high: 0.11), cost: .nan)
    ],
    firstSignificantEpoch: 1)

  static let probes = ProbeFinding(
    data: "photos", control: ControlDraws([0.1012, 0.084, 0.121]),
    layers: [
      .init(
        layer: layers[0], scores: [0.412, 0.4123], penalties: [1, 0.1],
        drop: Estimate(-0.0003, low: -0.012, high: 0.011)),
      .init(
        layer: layers[1], scores: [0.71, 0.702], penalties: [0.01, 0.01],
        drop: Estimate(0.008, low: -0.004, high: 0.021)),
      .init(
        layer: layers[2], scores: [0.908, 0.795], penalties: [0.01, 0.001],
        drop: Estimate(0.113, low: 0.094, high: 0.131)),
    ], models: ["before & <after>", "runs/plain"], trainCount: 4000, testCount: 1000)

  static let rewinds = RewindFinding(
    [
      .alone: layers.enumerated().map { index, layer in
        Rewind(
          layers: [layer],
          gain: Estimate(
            0.07 * Double(index) - 0.0701, low: 0.07 * Double(index) - 0.08, high: 0.07 * Double(index) - 0.06),
          cost: Estimate(index == 3 ? .nan : 0.01 * Double(index)))
      },
      .fromHead: (1...3).map { count in
        Rewind(layers: Array(layers.reversed().prefix(count)), gain: Estimate(0.09 * Double(count)))
      },
    ], source: "photos", sourceCount: 1000, targetCount: 500)

  private static func layer(
    _ index: Int, drift: Double, predictedLoss: Double, similarity: Estimate, drop: Double, gain: Estimate,
    cost: Double
  ) -> DiagnosedLayer {
    DiagnosedLayer(
      layer: layers[index], drift: drift,
      predictedLoss: Estimate(predictedLoss, low: 0.8 * predictedLoss, high: 1.3 * predictedLoss),
      similarity: similarity,
      null: 0.001 * Double(index) - 0.002, targetSimilarity: Estimate(similarity.value - 0.1),
      controls: SimilarityControls(
        itself: 1, untrained: 0.31 + 0.02 * Double(index), untrainedKind: .randomOrder, otherRuns: 0.88),
      probeDrop: Estimate(drop, low: drop - 0.012, high: drop + 0.012), gain: gain,
      cost: Estimate(cost, low: cost - 0.01, high: cost + 0.01))
  }
}
