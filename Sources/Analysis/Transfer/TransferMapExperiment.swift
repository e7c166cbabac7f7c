import Checkpoints
import Datasets
import Evaluation
import Files
import Findings
import Metrics
import Models
import Programs
import Torch
import Training

/// Measures CS231n's four cases for a network: for targets near and far and amounts of data small and large, how well
/// feature extraction, fine-tuning and training from scratch do.
///
/// Amounts are balanced over the classes, or of tasks whose examples have no class each of examples in all; and nested: what
/// a seed draws for one is part of what it draws for the next.
/// All strategies have the same examples, epochs and learning rate, and at least the plan's number of steps.
///
/// CS231n, "Transfer Learning", section "When and how to fine-tune?".
public struct TransferMapExperiment {
  /// The network that is reused.
  let base: Checkpoint
  /// What it is reused for, each a row of the map.
  let targets: [Dataset]
  /// The amounts of data and the seeds.
  public let plan: TransferMapPlan
  /// The schedule of every training; its seed is each point's own.
  let options: TrainingOptions
  /// The kind of task; nil where labels and outputs tell it.
  public var taskKind: String?
  var runs: RunCollection
  /// Whether other processes measure the same map in the same folder at the same time: each point is then measured by one
  /// of them, and each has the map.
  public var isShared: Bool {
    get { runs.isShared }
    set { runs.isShared = newValue }
  }

  /// More examples than this are too many for a linear classifier on wide features.
  public static let mostProbed = 2000

  /// - Parameter path: the folder of the runs.
  public init(
    base: Checkpoint, targets: [Dataset], plan: TransferMapPlan, options: TrainingOptions, path: String,
    device: Device = .cpu
  ) {
    self.base = base
    self.targets = targets
    self.plan = plan
    self.options = options
    runs = RunCollection(path: path, device: device)
  }

  /// Measures what is not measured yet.
  ///
  /// - Parameter onPoint: told a point before it is measured and, with its score, afterwards.
  /// - Throws: `TrainingError`, `TrainingError/interrupted` where `isCancelled` says so, and the errors of the files.
  @discardableResult
  public func run(
    isCancelled: () -> Bool = { false }, onPoint: (TransferMapPlan.Point, Double?) throws -> Void = { _, _ in }
  ) throws -> TransferMap {
    let kinds = try targets.map(kind)
    var scores: [String: Double] = [:]
    func measured(_ point: TransferMapPlan.Point) throws -> Double? {
      try point.strategy == .probe
        ? bestProbe(point, kinds[point.target]) : trained(point, kinds[point.target], isCancelled)
    }
    if isShared {
      try runs.together(
        points, named: name(of:), isCancelled: isCancelled,
        onPoint: { point, isHere in try onPoint(point, isHere ? known(point, kinds[point.target]) : nil) },
        train: { _ = try measured($0) })
    }
    for point in points {
      if !isShared { try onPoint(point, nil) }
      let found = try measured(point)
      scores[name(of: point)] = found
      if !isShared { try onPoint(point, found) }
    }
    return TransferMap(
      rows: targets.indices.map { target in
        TransferMap.Row(
          target: targets[target].name,
          cells: plan.amounts.map { amount in
            TransferMap.Cell(
              amount: targets[target].hasClasses ? amount : nil, drawnCount: targets[target].hasClasses ? nil : amount,
              exampleCount: exampleCount(of: targets[target].train, amount: amount),
              testCount: targets[target].test.count, score: kinds[target].score,
              values: Dictionary(
                uniqueKeysWithValues: TransferStrategy.allCases.map { strategy in
                  let values = plan.seeds.compactMap { seed in
                    scores[
                      name(of: .init(target: target, amount: amount, strategy: strategy, seed: seed))]
                  }
                  return (strategy, values)
                }))
          })
      },
      schedule: TransferSchedule(
        epochCount: options.epochCount, learningRate: options.learningRate, leastSteps: plan.leastSteps,
        seedCount: plan.seeds.count))
  }

  /// What is measured: every point of the plan whose amount its target has. A head that is tied to the layers below is not
  /// trained alone.
  public var points: [TransferMapPlan.Point] {
    let most = targets.map { Self.mostPerClass(of: $0.train) }
    return plan.points(targetCount: targets.count).filter { point in
      point.amount ?? 0 <= most[point.target] && (point.strategy != .head || base.trainsHeadAlone)
    }
  }

  /// The kind of task that a target is for the base network.
  private func kind(of target: Dataset) throws -> any TaskKind {
    try TaskKinds.kind(of: target, for: Model(base, device: runs.device), named: taskKind)
  }

  /// The most examples that can be taken of every class; all there are where examples have no class each.
  public static func mostPerClass(of split: Split) -> Int {
    split.targets == nil ? classCounts(of: split).min() ?? 0 : split.count
  }

  private static func classCounts(of split: Split) -> [Int] {
    Array(split.labels.reduce(into: [:]) { $0[$1, default: 0] += 1 }.values)
  }

  /// Optimization steps of one network for an amount of data.
  public func stepCount(target: Int, amount: Int?) -> Int {
    let count = exampleCount(of: targets[target].train, amount: amount)
    let batchSize = settled.batchSize
    return options.epochCount * ((count * repetitions(of: count) + batchSize - 1) / batchSize)
  }

  /// How many networks are not trained yet.
  public var remainingCount: Int { remainingPoints.count }

  /// Seconds that they take here, from a few steps of the whole network; the head alone is faster.
  public func estimatedSeconds() throws -> Double {
    var training = TrainingRun(
      options: options, path: "", target: targets[0], device: runs.device)
    training.taskKind = taskKind
    let pace = try training.pace(
      from: base.drawnAnew(seed: options.seed, for: kind(of: targets[0]), on: targets[0], device: runs.device))
    let perExample = pace.evaluation / Double(targets[0].test.count)
    return remainingPoints.reduce(0) { sum, point in
      sum + pace.step * Double(stepCount(target: point.target, amount: point.amount))
        + perExample * Double(targets[point.target].test.count)
    }
  }

  private var remainingPoints: [TransferMapPlan.Point] {
    points.filter { $0.strategy != .probe && runs.finished(name(of: $0)) == nil }
  }
}

extension TransferMapExperiment {
  /// The folder of a point's run, whether it is there yet or not.
  public func runPath(_ point: TransferMapPlan.Point) -> String { runs.runPath(name(of: point)) }

  private func name(of point: TransferMapPlan.Point) -> String {
    let amount = point.amount.map(String.init) ?? "all"
    let strategy = point.strategy.rawValue.split(separator: " ").joined(separator: "-")
    return "\(FileName.safe(targets[point.target].name))-\(amount)-\(strategy)-seed\(point.seed)"
  }

  /// So many examples of each class, or in all where they have none each, drawn by the seed.
  func examples(of split: Split, amount: Int?, seed: UInt64) -> Split {
    guard let amount else { return options.examples(of: split) }
    var random = RandomSource(seed: seed)
    guard split.targets == nil else {
      return split.selecting(Array(random.permutation(count: split.count).prefix(amount)))
    }
    var left: [Int32: Int] = [:]
    let chosen = random.permutation(count: split.count).filter { index in
      left[split.labels[index], default: amount] -= 1
      return left[split.labels[index], default: 0] >= 0
    }
    return split.selecting(chosen)
  }

  /// How many that are: where a class has fewer, all of it.
  private func exampleCount(of split: Split, amount: Int?) -> Int {
    guard let amount else { return options.examples(of: split).count }
    guard split.targets == nil else { return min(amount, split.count) }
    return Self.classCounts(of: split).reduce(0) { $0 + min($1, amount) }
  }

  /// With the size of a batch, which all targets of one model share. What is to be refused is refused by the run.
  private var settled: TrainingOptions {
    (try? targets.first.map { try options.settled(on: $0.train) }) ?? options
  }

  /// How often an epoch goes through so many examples.
  private func repetitions(of count: Int) -> Int {
    let wanted = plan.leastSteps * settled.batchSize * options.accumulation
    return max(1, (wanted + options.epochCount * count - 1) / (options.epochCount * count))
  }

  /// What a network is trained on and, where its training chooses something, the examples that do: they are taken before
  /// any is repeated.
  private func divided(
    _ drawn: Split, of target: Dataset, _ own: TrainingOptions, seed: UInt64
  ) throws -> (training: Split, choosing: Split?) {
    var fraction = ValidationRule.standardFraction
    if case .fraction(let asked) = own.validation { fraction = asked }
    guard own.choosesByScores, own.validation != .test, own.validation != nil || target.validation == nil else {
      return (drawn, target.validation)
    }
    let held = try drawn.heldOut(
      fraction: fraction, seed: seed, dataset: target.name, classNames: target.classNames)
    return (drawn.leavingOut(held), drawn.selecting(held))
  }

  private func known(_ point: TransferMapPlan.Point, _ kind: any TaskKind) -> Double? {
    let name = name(of: point)
    return point.strategy == .probe ? runs.stored(name, kind.score) : runs.finished(name)?.record.targetScore
  }

  private func trained(
    _ point: TransferMapPlan.Point, _ kind: any TaskKind, _ isCancelled: () -> Bool
  ) throws -> Double? {
    let name = name(of: point)
    return try runs.record(name) {
      let target = targets[point.target]
      let drawn = examples(of: target.train, amount: point.amount, seed: point.seed)
      var own = options
      own.validation = options.choosesByScores ? runs.validation(of: options) : nil
      let (fitted, validation) = try divided(drawn, of: target, own, seed: point.seed)
      let again = repetitions(of: fitted.count)
      let data = try Dataset(
        name: target.name, classNames: target.classNames, labelMap: target.labelMap, taskKind: target.taskKind,
        train: fitted.selecting((0..<again).flatMap { _ in 0..<fitted.count }), test: target.test,
        validation: validation, vocabulary: target.vocabulary)
      // What chooses is a split of its own now.
      if case .fraction = own.validation { own.validation = nil }
      own.seed = point.seed
      own.exampleCount = nil
      own.trainsHeadOnly = point.strategy == .head
      try runs.train(
        name,
        from: {
          try point.strategy == .scratch
            ? base.drawnAnew(seed: point.seed, for: kind, on: target, device: runs.device) : base
        },
        on: data, as: kind, options: own, keepsCheckpoints: false, isChosenAmong: false, isCancelled: isCancelled)
    }?.targetScore
  }

  /// The score of a linear probe on the block that suits the target best; nil above ``mostProbed`` examples, and of a kind
  /// of task that none is fitted for.
  private func bestProbe(_ point: TransferMapPlan.Point, _ kind: any TaskKind) throws -> Double? {
    let target = targets[point.target]
    let drawn = examples(of: target.train, amount: point.amount, seed: point.seed)
    guard drawn.count <= Self.mostProbed else { return nil }
    if let known = runs.stored(name(of: point), kind.score) { return known }
    let model = try Model(base, device: runs.device)
    try model.fitPreprocessing(to: drawn, fitsImages: options.fitsImages)
    let found = try probeScore(
      of: base.program.transferCuts().map(\.name), in: model, train: drawn, for: target, kind)
    if let found { try runs.store(name(of: point), kind.score, found) }
    return found
  }

  private func probeScore(
    of layers: [String], in model: Model, train: Split, for target: Dataset, _ kind: any TaskKind
  ) throws -> Double? {
    guard train.targets != nil else {
      return try model.bestProbeAccuracy(
        of: layers, train: train, test: target.test, dataset: target.name, classCount: target.classNames.count)
    }
    return try model.probeData(target, kind: kind, train: train).flatMap {
      try model.bestProbeScore(of: layers, on: $0)
    }
  }
}

extension Dataset {
  /// Whether every example has one class.
  fileprivate var hasClasses: Bool { train.targets == nil }
}
