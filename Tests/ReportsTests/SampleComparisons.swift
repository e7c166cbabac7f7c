import Findings
import Metrics

// MARK: Sweeps, sequences and transfer

extension SampleFindings {
  /// Four methods that were trained and one that could not be, or some of them.
  static func sweep(budget: Double? = nil, seedCount: Int = 3, methods: [String]? = nil) -> SweepResult {
    func method(_ name: String, source: [Double], target: [Double]) -> SweepResult.Method {
      .init(
        method: name, source: RepeatedMean(Array(source.prefix(seedCount))),
        target: RepeatedMean(Array(target.prefix(seedCount))),
        forgetting: RepeatedMean(source.prefix(seedCount).map { 0.913 - $0 }), runs: ["runs/\(name)"])
    }
    var result = SweepResult(
      sweep: "sweeps/held",
      methods: [
        method("none", source: [0.641, 0.655, 0.622], target: [0.9065, 0.904, 0.911]),
        method("l2-sp:alpha=0.1", source: [0.871, 0.866, 0.874], target: [0.899, 0.8955, 0.8971]),
        method("lwf & <ewc>", source: [0.9127, 0.9131, 0.9142], target: [0.861, 0.8533, 0.8582]),
        method("l2:alpha=0.5", source: [0.702, 0.711, 0.69], target: [0.853, 0.849, 0.861]),
        .init(
          method: "sgd at 10", source: nil, target: nil, forgetting: nil, failure: "the loss is not finite in epoch 1"),
      ].filter { methods?.contains($0.method) ?? true }, budget: budget, seedCount: seedCount, sourceTask: "photos",
      targetTask: "flowers & <leaves>")
    result.command = "lethe finetune base.h5 --regularizer 'l2-sp:alpha=0.1' --target <flowers>"
    return result
  }

  static let sequence = SequenceResult(
    run: "runs/sequence", tasks: ["digits 0 & 1", "digits <2, 3>", "digits 4 & 5"],
    matrix: [[0.992, .nan, .nan], [0.871, 0.968, .nan], [0.714, 0.9685, 0.955]], baseline: nil, sharesHead: false)

  /// With one head, so that tasks not yet learnt are measured too; nothing is worse than right after it was learnt.
  static let keptSequence = SequenceResult(
    run: "runs/kept", tasks: ["a", "b"], matrix: [[0.9, 0.31], [0.9004, 0.88]], baseline: [0.2, 0.25], sharesHead: true)

  /// Three seeds, every treatment, scores of a cut that could not be had, and rates that were tried.
  static let transfer: TransferResult = {
    var result = transfer("flowers & <leaves>", frozen: [0.905, 0.898, 0.801])
    result.add(
      [
        .init(name: "linear probe", values: [0.41, 0.7, 0.66], isFraction: true),
        .init(name: "LogME", values: [-0.91, .nan, -0.0001]),
      ], ofNetwork: TransferNetworkScores(leep: -1.284, nce: -0.912))
    result.add([
      TransferTrial(
        factor: 1, learningRate: 0.01, target: RepeatedScore(.accuracy, [0.915, 0.911, 0.918]),
        forgetting: RepeatedMean([0.272, 0.281, 0.269])),
      TransferTrial(
        factor: 0.1, learningRate: 0.001, target: RepeatedScore(.accuracy, [0.911, 0.909, 0.914]),
        forgetting: RepeatedMean([0.041, 0.038, 0.044])),
      TransferTrial(
        factor: 0.001, learningRate: 0.00001, target: RepeatedScore(.accuracy, [0.88, 0.87, 0.89]), forgetting: nil),
    ])
    result.command = "lethe finetune base.h5 --freeze 'stem.*' --learning-rate 0.01 --target <flowers>"
    return result
  }()

  static let transferComparison = TransferComparison(targets: [
    transfer("flowers & <leaves>", frozen: [0.905, 0.898, 0.801]),
    transfer("more photos", frozen: [0.9105, 0.9098, 0.9112]),
  ])

  static let transferMap = TransferMap(
    rows: [
      .init(
        target: "sketches & <lines>",
        cells: [
          cell(
            5, [.head: [0.21, 0.25, 0.23], .probe: [0.31, 0.29, 0.3], .tuning: [0.28, 0.33, 0.27], .scratch: [0.12]]),
          cell(50, [.head: [0.35, 0.36, 0.34], .tuning: [0.61, 0.6, 0.63]]),
          cell(nil, [.head: [0.4, 0.41, 0.4], .tuning: [0.81, 0.8, 0.815], .scratch: [0.78, 0.79, 0.77]]),
        ]),
      .init(
        target: "more photos",
        cells: [
          cell(5, [.head: [0.71, 0.73, 0.72], .tuning: [0.6, 0.58, 0.63]]), cell(50, [:]),
          cell(nil, [.head: [0.88, 0.882, 0.879], .tuning: [0.9, 0.905, 0.902]]),
        ]),
    ], schedule: TransferSchedule(epochCount: 2, learningRate: 0.03, leastSteps: 200, seedCount: 3))

  private static func cell(_ amount: Int?, _ values: [TransferStrategy: [Double]]) -> TransferMap.Cell {
    .init(amount: amount, exampleCount: 10 * (amount ?? 6000), testCount: 10_000, values: values)
  }

  private static func transfer(_ target: String, frozen: [Double]) -> TransferResult {
    let cuts = zip(["stem.conv", layers[1], layers[2]], 1...3).map { name, count in
      TransferResult.Cut(name: name, blockCount: count, frozenPatterns: ["\(name).*"])
    }
    func curve(_ kind: TransferKind, _ means: [Double]) -> TransferResult.Curve {
      .init(
        kind: kind,
        points: zip(cuts, means).map { cut, mean in
          .init(copied: cut.blockCount, cut: cut.name, RepeatedScore(.accuracy, [mean - 0.004, mean, mean + 0.004]))
        })
    }
    return TransferResult(
      target: target, cuts: cuts, schedule: TransferSchedule(epochCount: 1, learningRate: 0.01, seedCount: 3),
      exampleCount: 5000, availableCount: 30_000, testCount: 10_000,
      base: RepeatedScore(.accuracy, [0.906, 0.9101, 0.913]),
      curves: [
        curve(.selffer, [0.909, 0.872, 0.905]), curve(.selfferTuned, [0.911, 0.91, 0.912]), curve(.transfer, frozen),
        curve(.transferTuned, [0.912, 0.921, 0.9355]),
      ])
  }
}
