import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import Models
import Torch

/// A run of somebody else's training: its checkpoints, judged as a run's epochs are.
///
/// What results is a run like any other, whose epochs are the checkpoints in the order in which they were judged.
public struct WatchedRun {
  private let plan: TrainingRun
  private let judges: TrainingRun.Judges
  /// Before training, with the heads of both tasks, the target's in place.
  private let base: Checkpoint
  private let device: Device
  /// The run, as far as it came.
  public private(set) var run: Run
  private let lock: RunLock

  /// How many checkpoints were judged.
  public var count: Int { max(0, run.record.metrics.rowCount - 1) }

  /// Begins a run with the model before training as its epoch 0, or goes on with one.
  ///
  /// - Parameters:
  ///   - plan: the data, the head and where the run is to stand; its options do not matter but for the seed.
  ///   - base: the model before training; its program is that of all checkpoints.
  ///   - folder: where the trainer writes.
  /// - Throws: as a run that is trained does, before anything is written; ``CheckpointError/exists(path:)`` where another
  ///   run is there.
  public init(
    _ plan: TrainingRun, base: Checkpoint, basePath: String, folder: String
  ) throws {
    let division = try plan.division()
    let model = try Model(base, device: plan.device)
    // Inputs are as the trainer has them: nothing is fitted to the data, and bytes are fractions of 255.
    if model.preprocessing == nil, model.preprocessedInput != nil {
      let isOfBytes = plan.target.train.inputs.contains { $0.elementType == .uint8 }
      model.preprocessing = Preprocessing(scale: isOfBytes ? 255 : 1, mean: [0], standardDeviation: [1])
    }
    let own = try plan.settled(for: model, division)
    judges = try own.judges(of: model, division)
    (self.plan, device) = (own, plan.device)
    self.base = try model.checkpoint(epoch: 0)
    if let known = try? Run.open(plan.path) {
      lock = try RunLock.acquire(plan.path)
      run = known
      try checkSame(folder: folder, base: base)
      return
    }
    var record = try own.record(ofRunFrom: base, at: basePath, division)
    record.configuration = "{}"
    record.state = RunState(
      kind: .watched, isFinished: true, targetHeadIsNew: judges.headIsNew, device: record.state.device,
      libtorch: record.state.libtorch, threads: record.state.threads, cpuCapability: record.state.cpuCapability)
    record.state.gauge = judges.gauge?.state
    record.state.watched = RunState.Watched(folder: folder, checkpoints: [])
    record.data.source?.head = judges.judge
    record.data.proxy?.head = judges.judge
    try record.store(judges.classes)
    run = try Run.create(at: plan.path, record: record)
    lock = try RunLock.acquire(plan.path)
    do { try add(self.base, named: nil, lossAndRate: nil) } catch {
      run.discard()
      throw error
    }
  }

  private func checkSame(folder: String, base: Checkpoint) throws {
    guard let watched = run.record.state.watched else { throw CheckpointError.exists(path: run.path) }
    func refuse(_ reason: String) -> TrainingError { .badResume(reason) }
    guard URL(fileURLWithPath: watched.folder).standardizedFileURL == URL(fileURLWithPath: folder).standardizedFileURL
    else { throw refuse("\(run.path) watches \(watched.folder), not \(folder)") }
    guard run.record.data.base?.fingerprint == nil || (try? base.fingerprint) == run.record.data.base?.fingerprint
    else {
      throw refuse("\(run.path) began with another model")
    }
    for (role, known, now) in [
      ("target", run.record.data.target, plan.target as Dataset?), ("source", run.record.data.source, plan.source),
      ("proxy", run.record.data.proxy, plan.proxy),
    ] where known?.fingerprint != now?.fingerprint {
      throw refuse("the \(role) data are not those that \(run.path) began with")
    }
  }

  /// Removes the run with everything in it.
  public func discard() { run.discard() }

  /// Whether a checkpoint was judged before, as it is now.
  public func knows(_ entry: TrainerFolder.Entry) -> Bool {
    run.record.state.watched?.checkpoints.contains { $0.signature == entry.signature && $0.name == entry.name } == true
  }

  /// Judges a checkpoint and adds it to the run.
  ///
  /// - Parameters:
  ///   - copy: where its files stand now: a copy that nobody changes.
  ///   - state: the entry of a PyTorch file that is the state dict.
  /// - Throws: ``CheckpointError`` where it is none of the model's.
  public mutating func judge(_ entry: TrainerFolder.Entry, at copy: String, state: String? = nil) throws -> EpochRecord
  {
    let checkpoint = try LowRankAdapter.isAdapter(copy) ? adapted(copy) : loaded(copy, state: state)
    let log = TrainerLog(besideCheckpoint: entry.path, step: entry.step)
    return try add(checkpoint, named: entry, lossAndRate: log)
  }

  private func loaded(_ path: String, state: String?) throws -> Checkpoint {
    let match = WeightMatch(
      try WeightsFile(contentsOf: path, state: state).tensors, to: base.program, sharing: base.sharedParameters)
    var checkpoint = base
    try checkpoint.replaceWeights(with: match, of: path)
    return checkpoint
  }

  private func adapted(_ path: String) throws -> Checkpoint {
    let merged = try LowRankAdapter(contentsOf: path).merged(
      into: base.parameters.merging(base.buffers) { $1 }, head: Set(base.program.headParameterNames))
    var checkpoint = base
    try checkpoint.replaceTensors(with: merged, of: path)
    return checkpoint
  }

  @discardableResult
  private mutating func add(
    _ checkpoint: Checkpoint, named entry: TrainerFolder.Entry?, lossAndRate log: TrainerLog?
  ) throws -> EpochRecord {
    var record = run.record
    let epoch = record.metrics.rowCount
    let model = try Model(checkpoint, device: device)
    var result = try plan.evaluate(judges, model, epoch: epoch)
    if let log { (result.trainingLoss, result.learningRate) = (log.loss, log.learningRate) }
    let parent = epoch == 0 ? nil : run.checkpointPath(epoch: epoch - 1)
    try run.write(
      model.checkpoint(epoch: epoch, parent: ((parent ?? "") as NSString).lastPathComponent), epoch: epoch,
      unchangedFrom: parent)
    plan.append(result, to: &record)
    if let entry {
      record.state.watched?.checkpoints.append(
        RunState.Watched.Checkpoint(epoch: epoch, name: entry.name, step: entry.step, signature: entry.signature))
    }
    record.analysis = [:]
    try run.save(record)
    return result
  }
}

/// What a trainer logged of its training by a checkpoint: Hugging Face's `trainer_state.json` in it.
private struct TrainerLog {
  let loss: Double
  let learningRate: Double

  private struct State: Decodable {
    struct Entry: Decodable {
      let step: Int?
      let loss: Double?
      let rate: Double?
      enum CodingKeys: String, CodingKey {
        case step, loss
        case rate = "learning_rate"
      }
    }
    let history: [Entry]
    enum CodingKeys: String, CodingKey { case history = "log_history" }
  }

  /// - Returns: nil where there is no such file.
  init?(besideCheckpoint path: String, step: Int?) {
    guard let data = FileManager.default.contents(atPath: "\(path)/trainer_state.json"),
      let state = try? JSONDecoder().decode(State.self, from: data),
      let last = state.history.last(where: { $0.loss != nil && ($0.step ?? 0) <= step ?? .max })
    else { return nil }
    (loss, learningRate) = (last.loss ?? .nan, last.rate ?? .nan)
  }
}
