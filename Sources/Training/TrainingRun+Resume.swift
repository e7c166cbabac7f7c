import Checkpoints
import Datasets
import Models
import Torch

extension TrainingRun {
  /// A run that was stopped, or is to be trained further, with the options and the data that it began with.
  ///
  /// ``TrainingRun/resume(from:isCancelled:onEvent:)`` then goes on with it. More epochs than before may be asked for; of
  /// other options the result is a run that no one could make at one stroke.
  ///
  /// - Parameters:
  ///   - device: the one it was trained on, when nil.
  ///   - load: how data are loaded; where data were made in memory, it has to make them anew.
  /// - Throws: ``TrainingError/badResume(_:)`` where the run does not say what it was made from, and the errors of data.
  public init(
    resuming run: Run, on device: Device? = nil, loading load: (DataReference) throws -> Dataset = { try .load($0) }
  ) throws {
    let data = run.record.data
    guard let options = run.record.trainingOptions, let target = data.target else {
      throw TrainingError.badResume("\(run.path) does not say with which options and data it was made")
    }
    self.init(
      options: options, path: run.path, target: try load(target), source: try data.source.map(load),
      proxy: try data.proxy.map(load), sourceTask: (data.source ?? data.proxy)?.head,
      device: try device ?? Device(run.record.state.device ?? "auto"))
    if let head = target.head, head != self.target.name { targetTask = head }
    if run.record.state.grownFrom != nil { targetHead = .grow }
    if !data.tasks.isEmpty {
      earlier = try data.tasks.map { (task: $0.name, data: try load($0.data)) }
      memoryPaths = TaskSequence.memoryPaths(beside: run.path, count: data.tasks.count)
    }
  }

  /// The base learning rate at the last step of a run, and at the next one where it goes on with these options, if more
  /// epochs than before were asked for and the rate rises by it: a schedule that came to its end is spread anew. Nil
  /// where it does not rise.
  public func rateRise(resuming run: Run) -> (last: Double, next: Double)? {
    let (state, metrics) = (run.record.state, run.record.metrics)
    // An epoch that ended before its time is begun again.
    let done = metrics.rowCount - (state.lastEpochSteps == nil ? 1 : 2)
    guard let planned = state.plannedEpochs, planned != options.epochCount, let steps = state.stepsPerEpoch, done > 0,
      done < options.epochCount
    else { return nil }
    if case .plateau = options.schedule.shape { return nil }
    let last = metrics.value("learning_rate", row: done)
    let next = options.learningRate * options.rateFactor(step: done * steps, stepsPerEpoch: steps)
    return next > last * (1 + 1e-9) ? (last, next) : nil
  }

  /// The state to go on from.
  ///
  /// - Throws: ``TrainingError/badResume(_:)``.
  func resumeState(of run: Run) throws -> ResumeState {
    let state: ResumeState
    do {
      state = try ResumeState(contentsOf: run.resumePath)
    } catch {
      throw TrainingError.badResume("\(error)")
    }
    guard state.epoch < run.record.metrics.rowCount, run.epochs.contains(state.epoch) else {
      throw TrainingError.badResume("epoch \(state.epoch), where it stopped, is not in \(run.path)")
    }
    return state
  }

  /// The record to go on from, after an epoch, or from the beginning where that is nil.
  ///
  /// - Throws: ``TrainingError/badResume(_:)``.
  func resumedRecord(of run: Run, after epoch: Int?) throws -> RunRecord {
    var record = run.record
    let known = record.data
    let roles = [("target", known.target, target), ("source", known.source, source), ("proxy", known.proxy, proxy)]
    for (role, reference, data) in roles {
      guard reference?.fingerprint == data?.fingerprint else {
        throw TrainingError.badResume(
          "the \(role) data are not those it began with\(data.map { " ('\($0.name)')" } ?? "")")
      }
    }
    record.keepEpochs(through: epoch)
    var own = options
    let stored = record.trainingOptions?.validation
    let isUndivided = [known.target, known.source, known.proxy].allSatisfy { $0?.validation == nil }
    if let asked = own.validation, asked != stored, !(asked == .test && isUndivided) {
      throw TrainingError.badResume(
        "which examples choose is settled when a run begins: \(isUndivided ? "the test examples" : "validation examples")"
          + " do here")
    }
    own.validation = own.validation ?? stored
    record.configuration = try own.json
    record.state.plannedEpochs = options.epochCount
    record.goesOn(in: .present(device), after: epoch)
    return record
  }
}

extension Model {
  /// Takes the tensors of a checkpoint of the same model, heads and all.
  func load(_ checkpoint: Checkpoint) throws {
    let other = try Model(checkpoint, device: device, sharding: sharding.map { Sharding(over: $0.processes) })
    for (name, tensor) in parameters {
      if let stored = other.parameters[name] { try tensor.copyDetached(from: stored) }
    }
    for (name, tensor) in buffers { if let stored = other.buffers[name] { try tensor.copyDetached(from: stored) } }
    for (task, head) in heads {
      for (name, tensor) in head.tensors {
        if let stored = other.heads[task]?.tensors[name] { try tensor.copyDetached(from: stored) }
      }
    }
    importances = other.importances
  }
}

extension Tensor {
  fileprivate func copyDetached(from other: Tensor) throws { try withoutGradients { try copyInPlace(from: other) } }
}
