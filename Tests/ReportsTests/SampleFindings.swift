import Findings
import Metrics

/// Small findings, written by hand, that the snapshots are made of.
///
/// Together they have what can be on a page: long names of layers, markup in names, what was not measured, intervals, a
/// gain beside losses, a rule whose best epoch is not the last, and several seeds.
enum SampleFindings {
  static let layers = [
    "stem.conv", "stages.0.blocks.0.downsample.convolution", "stages.1.blocks.11.attention.projection", "norm",
  ]
}

// MARK: Runs

extension SampleFindings {
  /// Fine-tuned without anything that holds back: it loses most.
  static let plain = RunFinding(
    run: "runs/plain", sourceTask: "photos", targetTask: "flowers & <leaves>", plannedEpochs: 3,
    epochs: epochs(source: [0.913, 0.702, 0.655, 0.641], target: [0.02, 0.801, 0.874, 0.9065]),
    forgetting: Forgetting(
      epoch: 3, before: 0.913, after: 0.641, final: 0.272, low: 0.2551, high: 0.2889, maxMinusFinal: 0.272,
      worst: 0.272, relative: 0.334564, area: 0.247, pairedPValue: 3e-122, lost: 1432, gained: 72, sourceCount: 5000,
      chance: 0.1),
    drift: drift([0.0412, 0.218, 0.397, .nan], epoch: 3),
    similarity: similarity([0.981, 0.743, 0.412, .nan], epoch: 3),
    configuration: [.init("epochs", "3"), .init("learning rate", "0.01"), .init("regularizers", "none")])

  /// Held back by two regularizers and ended before its time; a rule chose an epoch before the last.
  static let held = RunFinding(
    run: "runs/held <back>", sourceTask: "photos", targetTask: "flowers & <leaves>", plannedEpochs: 6,
    epochs: epochs(
      source: [0.913, 0.9102, 0.9016, 0.8511], target: [0.02, 0.7004, 0.853, 0.861],
      doses: [
        [],
        [
          RegularizerDose(name: "l2-sp", penalty: 0.0312, lossShare: 0.041, gradientRatio: 0.212, pulledBack: 0.0953),
          RegularizerDose(name: "lwf", penalty: 0.21, lossShare: 0.28, gradientRatio: 1.4),
        ],
        [
          RegularizerDose(name: "l2-sp", penalty: 0.0471, lossShare: 0.07, gradientRatio: 0.305, pulledBack: 0.0953),
          RegularizerDose(name: "lwf", penalty: 0.19, lossShare: 0.31, gradientRatio: 1.72),
        ],
        [
          RegularizerDose(name: "l2-sp", penalty: 0.0502, lossShare: 0.09, gradientRatio: 0.33, pulledBack: 0.0953),
          RegularizerDose(name: "lwf", penalty: 0.17),
        ],
      ]), best: .init(epoch: 2, rule: "target subject to source >= 0.9", keepsBounds: true),
    chosenBy: ChoiceBasis(
      .validation, choices: [.epoch], choosing: .init(source: 5000, target: 500),
      judging: .init(source: 5000, target: 6149)),
    forgetting: Forgetting(
      epoch: 2, before: 0.913, after: 0.9016, final: 0.0114, low: 0.0047, high: 0.0181, maxMinusFinal: 0.0114,
      worst: 0.0114, relative: 0.014022, area: 0.0071, pairedPValue: 0.0011, lost: 178, gained: 121, sourceCount: 5000,
      chance: 0.1),
    drift: drift([0.0031, 0.0189, 0.0466, 0.00002], epoch: 2),
    similarity: similarity([0.999, 0.982, 0.934, 0.97], epoch: 2),
    configuration: [.init("epochs", "6"), .init("learning rate", "0.01"), .init("regularizers", "l2-sp, lwf")])

  /// Better on the source than before; its rule's bounds are kept by no epoch.
  static let gained = RunFinding(
    run: "runs/longer", sourceTask: "photos", targetTask: "more photos", plannedEpochs: 1,
    epochs: epochs(source: [0.871, 0.889], target: [0.868, 0.8925]),
    best: .init(epoch: 1, rule: "target subject to source >= 0.95", keepsBounds: false),
    chosenBy: ChoiceBasis(
      .test, choices: [.epoch], choosing: .init(source: 2000, target: 2000),
      judging: .init(source: 2000, target: 2000)),
    forgetting: Forgetting(
      epoch: 1, before: 0.871, after: 0.889, final: -0.018, low: -0.0261, high: -0.0099, maxMinusFinal: 0, worst: 0,
      relative: -0.023346, area: -0.018, pairedPValue: 0.00003, lost: 41, gained: 77, sourceCount: 2000, chance: 0.1))

  /// Trained on one task, with none before.
  static let withoutSource = RunFinding(
    run: "runs/from-scratch", targetTask: "flowers & <leaves>", plannedEpochs: 2,
    epochs: [
      EpochFinding(epoch: 0, target: ScoredTask(0.0098, loss: 4.62), penalty: 0, seconds: 0),
      EpochFinding(
        epoch: 1, target: ScoredTask(0.31, loss: 2.8), trainingLoss: 3.4, penalty: 0, learningRate: 0.1, seconds: 62),
      EpochFinding(
        epoch: 2, target: ScoredTask(0.4475), trainingLoss: 2.1, penalty: 0, learningRate: 0.01, seconds: 3725),
    ])

  /// The source's data are not at hand: other examples stand in for them.
  static let proxy = RunFinding(
    run: "runs/proxy", proxyTask: "street scenes", targetTask: "flowers & <leaves>", plannedEpochs: 2,
    epochs: zip([1, 0.8312, 0.7444], [0.02, 0.79, 0.88]).enumerated().map { epoch, scores in
      EpochFinding(
        epoch: epoch,
        proxy: ProxyAgreement(agreement: scores.0, divergence: 1.3 * (1 - scores.0), count: 2000),
        target: ScoredTask(scores.1, loss: 1 - scores.1), penalty: 0, seconds: 20 * Double(epoch))
    }, drift: drift([0.01, 0.2, 0.33, 0.004], epoch: 2))

  private static func epochs(
    source: [Double], target: [Double], doses: [[RegularizerDose]] = []
  ) -> [EpochFinding] {
    source.indices.map { epoch in
      EpochFinding(
        epoch: epoch, source: ScoredTask(source[epoch], loss: 2 * (1 - source[epoch])),
        target: ScoredTask(target[epoch], loss: epoch == 0 ? .nan : 1.5 * (1 - target[epoch])),
        targetHeadIsNew: epoch == 0, trainingLoss: epoch == 0 ? .nan : 0.9 / Double(epoch),
        penalty: 0.01 * Double(epoch),
        learningRate: epoch == 0 ? .nan : 0.01 / Double(epoch),
        regularizers: doses.indices.contains(epoch) ? doses[epoch] : [], seconds: 41.5 * Double(min(epoch, 1)))
    }
  }

  private static func drift(_ relative: [Double], epoch: Int) -> WeightDrift {
    WeightDrift(
      layers: zip(layers, relative).map { layer, value in
        LayerDrift(
          layer: layer, l2: 12 * value, relative: value, cosine: 1 - value * value / 2, maxAbsolute: value / 8,
          parameterCount: 1728)
      }, total: TotalDrift(l2: 3.1, relative: 0.21, cosine: 0.978, maxAbsolute: 0.05, parameterCount: 6912),
      epoch: epoch)
  }

  private static func similarity(_ values: [Double], epoch: Int) -> LayerSimilarity {
    LayerSimilarity(
      estimator: "linear, debiased", sampleCount: 2048, batchSize: 256, data: "photos", layersA: layers,
      layersB: layers,
      values: layers.indices.map { row in
        layers.indices.map { column in
          row == column ? values[row] : 0.6 - 0.15 * Double(abs(row - column)) + 0.01 * Double(row)
        }
      },
      diagonal: zip(layers, values).enumerated().map { index, item in
        LayerSimilarity.Entry(
          layer: item.0, value: item.1, low: index == 1 ? .nan : item.1 - 0.02,
          high: index == 1 ? .nan : item.1 + 0.015,
          null: index == 3 ? .nan : 0.002 - 0.001 * Double(index))
      }, epoch: epoch)
  }
}

// MARK: Weights and features of two models

extension SampleFindings {
  static let weights = WeightDrift(
    parameters: [
      ParameterDrift(
        name: "stem.conv.weight", shape: [16, 3, 3, 3], l2: 0.5, relative: 0.0412, cosine: 0.99915, maxAbsolute: 0.06,
        layer: "stem.conv", task: nil, isBuffer: false),
      ParameterDrift(
        name: "head.weight [photos]", shape: [10, 16], l2: 0, relative: 0, cosine: 1, maxAbsolute: 0,
        layer: "head [photos]", task: "photos", isBuffer: false),
      ParameterDrift(
        name: "norm.running_var", shape: [16], l2: 2, relative: .infinity, cosine: -0.00001, maxAbsolute: 1.25,
        layer: "norm", task: nil, isBuffer: true),
    ],
    layers: [
      LayerDrift(layer: "stem.conv", l2: 0.5, relative: 0.0412, cosine: 0.99915, maxAbsolute: 0.06),
      LayerDrift(layer: "head [photos]", l2: 0, relative: 0, cosine: 1, maxAbsolute: 0, task: "photos"),
    ], total: TotalDrift(l2: 0.5, relative: 0.04, cosine: 0.9992, maxAbsolute: 0.06))

  /// Two networks with other layers, without intervals.
  static let canonical = LayerSimilarity(
    measure: .svcca, estimator: "99 % of the variance", sampleCount: 1000, data: "photos & <more>",
    layersA: ["stem.conv", "norm"], layersB: ["stem.conv", "stages.1.attention", "norm"],
    values: [[0.95, 0.4, 0.31], [0.3, 0.72, -0.0001]],
    diagonal: [
      LayerSimilarity.Entry(layer: "stem.conv", value: 0.95, null: 0.12),
      LayerSimilarity.Entry(layer: "norm", value: -0.0001),
    ], crowded: ["norm"])

  static let evaluation = EvaluationFinding(
    checkpoint: "runs/plain/checkpoints/epoch-0003.h5", head: "photos", data: "photos:test",
    result: ScoredExamples(ScoredTask(0.641, loss: 1.2044), count: 5000),
    perClass: [
      .init("cat & <kitten>", score: 0.41, count: 1197), .init("dog", score: 0.931, count: 203),
      .init("unicorn", score: nil, count: 0),
    ])

  static let interpolation = InterpolationFinding(
    before: "base.h5", after: "runs/plain", keepsHeads: true, reestimated: nil,
    points: [(0, 0.913, 0.02), (0.5, 0.871, 0.852), (1, 0.641, 0.9065)].map { share, source, target in
      .init(
        share: share, source: ScoredExamples(ScoredTask(source, loss: 2 * (1 - source)), count: 5000),
        target: ScoredExamples(ScoredTask(target, loss: share == 0 ? .nan : 1 - target), count: 1000))
    })
}
