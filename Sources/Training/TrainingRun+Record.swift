import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import Models
import Torch

extension TrainingRun {
  /// What was asked for, before anything is computed.
  func record(ofRunFrom base: Checkpoint, at basePath: String, _ division: DividedData) throws -> RunRecord {
    func reference(_ data: Dataset, _ head: String?, _ division: DividedDataset? = nil) -> DataReference {
      var reference = data.reference(head: head, fitsImages: options.fitsImages)
      reference.validation = division?.reference
      return reference
    }
    var record = RunRecord(
      configuration: try options.json,
      data: RunData(
        base: basePath.isEmpty ? nil : BaseReference(path: basePath, fingerprint: try base.fingerprint),
        target: reference(target, headName, division.target),
        source: source.map { reference($0, sourceTask, division.source) },
        proxy: proxy.map { reference($0, sourceTask, division.proxy) },
        tasks: (earlier ?? []).map { TaskReference(name: $0.task, data: reference($0.data, $0.task)) }),
      state: RunState(plannedEpochs: options.epochCount), command: command, seed: options.seed)
    record.goesOn(in: .present(device), after: nil)
    return record
  }

  func append(_ result: EpochRecord, to record: inout RunRecord) {
    let row = record.metrics.rowCount
    func set(_ name: String, _ value: Double) { record.metrics.set(name, row: row, to: value) }
    set("epoch", Double(result.epoch))
    if let source = result.source {
      set("source_accuracy", source.accuracy)
      set("source_loss", source.loss)
      record.predictions["source", default: [:]][result.epoch] = source.predictions
      record.labels["source"] = source.labels
    }
    if let proxy = result.proxy {
      set("proxy_agreement", proxy.agreement)
      set("proxy_divergence", proxy.divergence)
    }
    set("target_accuracy", result.target.accuracy)
    set("target_loss", result.target.loss)
    if let target = result.validation.target {
      set("target_validation_accuracy", target.accuracy)
      set("target_validation_loss", target.loss)
    }
    if let source = result.validation.source {
      set("source_validation_accuracy", source.accuracy)
      set("source_validation_loss", source.loss)
    }
    if let proxy = result.validation.proxy {
      set("proxy_validation_agreement", proxy.agreement)
      set("proxy_validation_divergence", proxy.divergence)
    }
    set("training_loss", result.trainingLoss)
    set("learning_rate", result.learningRate)
    set("penalty", result.penalty)
    for dose in result.doses {
      set("dose.\(dose.name).penalty", dose.penalty)
      set("dose.\(dose.name).loss_share", dose.lossShare)
      set("dose.\(dose.name).gradient_ratio", dose.gradientRatio)
      set("dose.\(dose.name).pulled_back", dose.pulledBack)
    }
    set("seconds", result.seconds)
    if result.target.count > 0 {
      record.predictions["target", default: [:]][result.epoch] = result.target.predictions
      record.labels["target"] = result.target.labels
    }
  }
}

extension RunRecord {
  /// What is known once the model and all that trains it are made.
  mutating func add(_ setup: TrainingRun.Setup) throws {
    try store(setup.classes)
    let trainer = setup.trainer
    data.source?.head = setup.judge
    data.proxy?.head = setup.judge
    state.targetHeadIsNew = setup.headIsNew
    state.stepsPerEpoch = trainer.stepsPerEpoch
    state.regularizers = zip(trainer.regularizerNames, trainer.regularizers).map { name, regularizer in
      let summary = regularizer.summary(stepsPerEpoch: trainer.stepsPerEpoch)
      return RunState.Regularizer(
        name: name,
        summary: summary.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "; "))
    }
  }

  /// The options that it was trained with; nil where it was not trained, or by options that this version does not know.
  public var trainingOptions: TrainingOptions? { TrainingOptions(json: configuration) }

  /// The epochs that are stored, as they were when they were measured; which blocks began to train is not kept.
  public var epochRecords: [EpochRecord] {
    (0..<metrics.rowCount).compactMap { row -> EpochRecord? in
      func value(_ name: String) -> Double { metrics.value(name, row: row) }
      // Only a file that something else wrote has a row without its number.
      guard let epoch = Int(exactly: value("epoch")) else { return nil }
      func evaluation(_ task: String) -> EvaluationResult {
        EvaluationResult(
          accuracy: value("\(task)_accuracy"), loss: value("\(task)_loss"),
          predictions: predictions[task]?[epoch] ?? [], labels: labels[task] ?? [])
      }
      func agreement(_ task: String, count: Int?) -> ProxyAgreement? {
        let agreement = value("\(task)_agreement")
        return agreement.isNaN
          ? nil : ProxyAgreement(agreement: agreement, divergence: value("\(task)_divergence"), count: count ?? 0)
      }
      func measured(_ task: String) -> EvaluationResult? {
        value("\(task)_accuracy").isNaN ? nil : evaluation(task)
      }
      return EpochRecord(
        epoch: epoch, source: measured("source"), proxy: agreement("proxy", count: data.proxy?.judgingCount),
        target: evaluation("target"), targetHeadIsNew: epoch == 0 && state.targetHeadIsNew,
        validation: ValidationScores(
          source: measured("source_validation"),
          proxy: agreement("proxy_validation", count: data.proxy?.validation?.count),
          target: measured("target_validation")),
        trainingLoss: value("training_loss"), penalty: value("penalty"), learningRate: value("learning_rate"),
        newBlocks: [], doses: doses(of: row), seconds: value("seconds"))
    }
  }

  /// The regularizers' doses of a row, from the columns `dose.<name>.<what>`.
  public func doses(of row: Int) -> [RegularizerDose] {
    metrics.names.compactMap { name -> RegularizerDose? in
      guard name.hasPrefix("dose."), name.hasSuffix(".penalty") else { return nil }
      let own = String(name.dropFirst(5).dropLast(8))
      func value(_ what: String) -> Double { metrics.value("dose.\(own).\(what)", row: row) }
      guard value("penalty").isFinite else { return nil }
      return RegularizerDose(
        name: own, penalty: value("penalty"), lossShare: value("loss_share"), gradientRatio: value("gradient_ratio"),
        pulledBack: value("pulled_back"))
    }
  }
}
