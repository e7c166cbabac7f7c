import Checkpoints
import Datasets
import Foundation
import Metrics
import Models
import Programs
import Torch
import Training

/// How far up a network can be reused for a target: for every cut, the layers before it copied, the rest drawn anew, all
/// trained on the target with the same schedule, the copied layers frozen or not.
///
/// The runs stand in a folder; an experiment that was stopped goes on where it was.
///
/// Yosinski, Clune, Bengio, Lipson, "How transferable are features in deep neural networks?", NeurIPS 2014.
///
/// ```swift
/// let base = try Checkpoint(contentsOf: "base.h5")
/// let plan = TransferPlan(cuts: try base.program.transferCuts(), seeds: [0, 1, 2])
/// let experiment = TransferExperiment(base: base, target: data, plan: plan, options: TrainingOptions(), path: "transfer")
/// let result = try experiment.run()
/// print(result.curves.map { ($0.kind, $0.points.map(\.accuracy.mean)) })
/// ```
public struct TransferExperiment {
  public let base: Checkpoint
  public let target: Dataset
  public let plan: TransferPlan
  /// The schedule of every training; its seed and what it freezes are the experiment's.
  public let options: TrainingOptions
  /// The folder of the runs.
  public let path: String
  public let device: Device

  public init(
    base: Checkpoint, target: Dataset, plan: TransferPlan, options: TrainingOptions, path: String, device: Device = .cpu
  ) {
    self.base = base
    self.target = target
    self.plan = plan
    self.options = options
    self.path = path
    self.device = device
  }

  /// Trains what is not trained yet.
  ///
  /// - Parameters:
  ///   - onPoint: told a point before it is trained and, with its accuracy, afterwards.
  /// - Throws: `TrainingError`, `TrainingError/interrupted` where `isCancelled` says so, and the errors of the files.
  @discardableResult
  public func run(
    isCancelled: () -> Bool = { false }, onPoint: (TransferPlan.Point, Double?) throws -> Void = { _, _ in }
  ) throws -> TransferResult {
    var accuracies: [String: Double] = [:]
    for point in plan.points {
      try onPoint(point, nil)
      var found = accuracy(of: point)
      if found == nil {
        try train(point, isCancelled)
        found = accuracy(of: point)
      }
      accuracies[point.name] = found
      try onPoint(point, found)
    }
    return TransferResult(plan) { accuracies[$0.name] }
  }

  private func runPath(_ point: TransferPlan.Point) -> String { "\(path)/runs/\(point.name)" }

  /// Target accuracy at the last epoch; nil where the point is not done.
  private func accuracy(of point: TransferPlan.Point) -> Double? {
    guard let run = try? Run.open(runPath(point)), run.record.isFinished else { return nil }
    return run.record.metrics["target_accuracy"]?.last
  }

  private func train(_ point: TransferPlan.Point, _ isCancelled: () -> Bool) throws {
    var own = options
    own.seed = point.seed
    if point.kind?.isFrozen == true, let cut = point.cut { own.frozen += cut.frozenPatterns }
    let training = TrainingRun(
      options: own, path: runPath(point), target: target, device: device, configuration: try own.json,
      commandLine: [])
    try training.complete(from: { try start(of: point) }, basePath: "", isCancelled: isCancelled)
    // Of the others, the accuracy is all that is wanted.
    if point.kind != nil { try? FileManager.default.removeItem(atPath: "\(training.path)/checkpoints") }
  }

  /// A network drawn anew, with the layers before the cut copied.
  func start(of point: TransferPlan.Point) throws -> Checkpoint {
    let program = base.program.withInitializations
    // The rest must not be drawn as the network that it is cut from was.
    let place = point.cut.flatMap { cut in plan.cuts.firstIndex(of: cut) }.map { $0 + 1 } ?? 0
    let model = try Model(
      initializing: program, task: Checkpoint.untrainedTask, classNames: [],
      seed: point.seed &* 1000 &+ UInt64(place), device: device)
    var checkpoint = try model.checkpoint(epoch: 0)
    checkpoint.preprocessing = base.preprocessing
    // What no training changes (positions, constants) is the base's.
    for specification in program.buffers where specification.initialization == nil {
      checkpoint.buffers[specification.name] = base.buffers[specification.name]
    }
    guard let kind = point.kind, let cut = point.cut else { return checkpoint }
    let origin =
      kind.takesBase ? base : try ownNetwork(TransferPlan.Point(seed: point.seed, kind: nil, cut: nil))
    for name in cut.parameterNames { checkpoint.parameters[name] = origin.parameters[name] }
    for name in cut.bufferNames { checkpoint.buffers[name] = origin.buffers[name] }
    return checkpoint
  }

  private func ownNetwork(_ point: TransferPlan.Point) throws -> Checkpoint {
    let run = try Run.open(runPath(point))
    return try Checkpoint(contentsOf: run.checkpointPath(epoch: run.chosenEpoch))
  }
}
