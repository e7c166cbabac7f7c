import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import Models
import Programs
import Torch
import Training

/// How far up a network can be reused for a target: for every cut, the layers before it copied, the rest drawn anew, all
/// trained on the target with the same schedule, the copied layers frozen or not.
///
/// The runs stand in a folder; an experiment that was stopped goes on where it was.
///
/// ```swift
/// func transferability(of checkpoint: String, for data: String, in folder: String) throws -> [String] {
///   let base = try Checkpoint(contentsOf: checkpoint)
///   var options = TrainingOptions()
///   options.epochCount = 2
///   options.learningRate = 0.03
///   let plan = TransferPlan(cuts: try base.program.transferCuts(), seeds: [0, 1])
///   let experiment = TransferExperiment(
///     base: base, target: try Dataset.load(data), plan: plan, options: options, path: folder)
///   let result = try experiment.run()
///   var lines = result.curves.flatMap { curve in
///     curve.points.map {
///       "\(curve.kind.rawValue) \($0.cut): \($0.result.mean), \($0.result.low) to \($0.result.high)"
///     }
///   }
///   lines += try experiment.scores().byCut.map { "\($0.name): \($0.values)" }
///   if let cut = result.advice.frozen { lines.append("freeze \(cut.frozenPatterns)") }
///   return lines
/// }
/// ```
///
/// Yosinski, Clune, Bengio, Lipson, "How transferable are features in deep neural networks?", NeurIPS 2014.
public struct TransferExperiment {
  /// The network whose layers are copied.
  public let base: Checkpoint
  /// What every network is trained on, and judged on by its test examples; validation examples, its own or some of those
  /// to train on, choose the cut and the rate.
  public let target: Dataset
  /// What the base network was trained on, where it is at hand: trials then measure what they forget.
  public let source: Dataset?
  /// The cuts, treatments and seeds: which networks are trained.
  public let plan: TransferPlan
  /// The schedule of every training; its seed and what it freezes are the experiment's.
  public let options: TrainingOptions
  /// The kind of task; nil where labels and outputs tell it. A language model keeps its head in trials; where networks are
  /// cut, theirs is drawn anew over the same words.
  public var taskKind: String?
  /// Whether other processes run the same experiment in the same folder at the same time: each network is then trained by
  /// one of them, and each has the result.
  public var isShared: Bool {
    get { runs.isShared }
    set { runs.isShared = newValue }
  }
  /// Where the networks are trained.
  public var device: Device { runs.device }
  var runs: RunCollection

  /// - Parameter path: the folder of the runs.
  public init(
    base: Checkpoint, target: Dataset, source: Dataset? = nil, plan: TransferPlan, options: TrainingOptions,
    path: String, device: Device = .cpu
  ) {
    self.base = base
    self.target = target
    self.source = source
    self.plan = plan
    self.options = options
    runs = RunCollection(path: path, device: device)
  }

  /// Trains what is not trained yet.
  ///
  /// - Parameters:
  ///   - onPoint: told a point before it is trained and, with its score, afterwards.
  /// - Throws: `TrainingError`, `TrainingError/interrupted` where `isCancelled` says so, and the errors of the files.
  @discardableResult
  public func run(
    isCancelled: () -> Bool = { false }, onPoint: (TransferPlan.Point, Double?) throws -> Void = { _, _ in }
  ) throws -> TransferResult {
    let kind = try kind()
    var (scores, validation): ([String: Double], [String: Double]) = ([:], [:])
    var basis: ChoiceBasis?
    if isShared {
      try runs.together(
        plan.points, named: \.name,
        after: { $0.kind?.takesBase == false ? ownName(seed: $0.seed) : nil }, isCancelled: isCancelled,
        onPoint: { try onPoint($0, $1 ? runs.finished($0.name)?.record.targetScore : nil) },
        train: { try train($0, as: kind, isCancelled) })
    }
    for point in plan.points {
      if !isShared { try onPoint(point, nil) }
      let record = try runs.record(point.name) { try train(point, as: kind, isCancelled) }
      let found = record?.targetScore
      scores[point.name] = found
      validation[point.name] = record?.validationFigures?.target
      if basis?.examples != .test { basis = record?.basis(of: [.cut], source: false) ?? basis }
      if !isShared { try onPoint(point, found) }
    }
    return result(of: kind, chosenBy: basis, validation: { validation[$0.name] }, score: { scores[$0.name] })
  }

  /// The kind of task that the target is for the base network.
  public func kind() throws -> any TaskKind {
    try TaskKinds.kind(of: target, for: Model(base, device: device), named: taskKind)
  }

  /// How many of the target's training examples a network is trained on: those that choose are not among them.
  public var trainedCount: Int {
    var training = TrainingRun(options: options, path: "", target: target, device: device)
    training.options.validation = runs.validation(of: options)
    training.isChosenAmong = true
    return (try? training.trainedCount) ?? options.examples(of: target.train).count
  }

  /// How many of the plan's networks are not trained yet.
  public var remainingCount: Int { plan.points.count { runs.finished($0.name) == nil } }

  /// Seconds that the networks which are not trained yet take here at most, and so many trials after them, from a few
  /// steps of the whole network: with frozen layers it is faster.
  public func estimatedSeconds(trialCount: Int) throws -> Double {
    var training = TrainingRun(
      options: options, path: "", target: target, device: runs.device)
    training.isChosenAmong = true
    training.taskKind = taskKind
    let pace = try training.pace(
      from: start(of: TransferPlan.Point(seed: options.seed, kind: nil, cut: nil), as: kind()))
    let left = remainingCount
    // A trial is judged on the source too, before and after.
    let judgings = left + (source == nil ? 1 : 3) * trialCount
    return pace.epoch * Double(options.epochCount * (left + trialCount)) + pace.evaluation * Double(judgings)
  }

  /// The target's own network of the first seed, once it is trained: what the base network's features would be, had they
  /// been learnt for the target.
  public func targetNetwork() throws -> Checkpoint {
    try ownNetwork(seed: plan.seeds[0])
  }

  private func train(
    _ point: TransferPlan.Point, as kind: any TaskKind, _ isCancelled: () -> Bool
  ) throws {
    var own = options
    own.seed = point.seed
    if point.kind?.isFrozen == true, let cut = point.cut { own.frozen += cut.frozenPatterns }
    try runs.train(
      point.name, from: { try start(of: point, as: kind) }, on: target, as: kind, options: own,
      keepsCheckpoints: point.kind == nil,
      isChosenAmong: true, isCancelled: isCancelled)
  }

  /// A network drawn anew, with the layers before the cut copied.
  func start(of point: TransferPlan.Point, as kind: any TaskKind) throws -> Checkpoint {
    // The rest must not be drawn as the network that it is cut from was.
    let place = point.cut.flatMap { cut in plan.cuts.firstIndex(of: cut) }.map { $0 + 1 } ?? 0
    var checkpoint = try base.drawnAnew(
      seed: point.seed &* 1000 &+ UInt64(place), for: kind, on: target, device: runs.device)
    guard let treatment = point.kind, let cut = point.cut else { return checkpoint }
    let origin = treatment.takesBase ? base : try ownNetwork(seed: point.seed)
    for name in cut.parameterNames { checkpoint.parameters[name] = origin.parameters[name] }
    for name in cut.bufferNames { checkpoint.buffers[name] = origin.buffers[name] }
    return kind.outputNames(of: target) == nil ? checkpoint.tied(as: base.tiedHeadNames) : checkpoint
  }

  /// The folder of a point's run, whether it is there yet or not.
  public func runPath(_ point: TransferPlan.Point) -> String { runs.runPath(point.name) }

  private func ownName(seed: UInt64) -> String { TransferPlan.Point(seed: seed, kind: nil, cut: nil).name }

  private func ownNetwork(seed: UInt64) throws -> Checkpoint {
    let run = try Run.open(runs.runPath(ownName(seed: seed)))
    return try Checkpoint(contentsOf: run.checkpointPath(epoch: run.chosenEpoch))
  }
}
