import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import Metrics
import Models
import Torch

extension TrainingRun {
  /// What was asked for, before anything is computed.
  func record(ofRunFrom base: Checkpoint, at basePath: String, _ division: DividedData) throws -> RunRecord {
    func reference(
      _ data: Dataset, _ head: String?, _ division: DividedDataset? = nil, kind: (any TaskKind)? = nil
    ) -> DataReference {
      var reference = data.reference(head: head, fitsImages: options.fitsImages)
      reference.validation = division?.reference
      reference.taskKind = kind.flatMap { $0.isClassification ? nil : $0.name }
      return reference
    }
    var record = RunRecord(
      configuration: try options.json,
      data: RunData(
        base: basePath.isEmpty ? nil : BaseReference(path: basePath, fingerprint: try base.fingerprint),
        target: reference(target, headName, division.target, kind: kinds.target),
        source: source.map { reference($0, sourceTask, division.source, kind: kinds.source) },
        proxy: proxy.map { reference($0, sourceTask, division.proxy, kind: kinds.proxy) },
        tasks: zip(earlier ?? [], kinds.earlier).map {
          TaskReference(name: $0.task, data: reference($0.data, $0.task, kind: $1))
        }),
      state: RunState(plannedEpochs: options.epochCount, grownFrom: knownOutputCount), command: command,
      seed: options.seed)
    record.state.processCount = processes?.count
    record.goesOn(in: .present(device), after: nil)
    return record
  }

  func append(_ result: EpochRecord, to record: inout RunRecord) {
    let row = record.metrics.rowCount
    func set(_ name: String, _ value: Double) { record.metrics.set(name, row: row, to: value) }
    set("epoch", Double(result.epoch))
    func setAgreement(_ task: String, _ proxy: ProxyAgreement) {
      set("\(task)_agreement", proxy.agreement)
      set("\(task)_divergence", proxy.divergence)
    }
    if let source = result.source {
      record.metrics.set(source.scored, of: "source", row: row)
      record.keepAnswers(of: "source", source, epoch: result.epoch)
    }
    if let proxy = result.proxy { setAgreement("proxy", proxy) }
    if let gauge = result.gauge { record.metrics.set(gauge, row: row) }
    // An epoch that was not judged has the columns of one that was.
    let target = result.target.count > 0 ? result.target.scored : ScoredTask(kinds.target.score, .nan)
    record.metrics.set(target, of: "target", row: row)
    if let target = result.validation.target { record.metrics.set(target.scored, of: "target_validation", row: row) }
    if let source = result.validation.source { record.metrics.set(source.scored, of: "source_validation", row: row) }
    if let proxy = result.validation.proxy { setAgreement("proxy_validation", proxy) }
    set("training_loss", result.trainingLoss)
    set("learning_rate", result.learningRate)
    set("penalty", result.penalty)
    for dose in result.doses {
      set("dose.\(dose.name).penalty", dose.penalty)
      set("dose.\(dose.name).loss_share", dose.lossShare)
      set("dose.\(dose.name).gradient_ratio", dose.gradientRatio)
      set("dose.\(dose.name).pulled_back", dose.pulledBack)
    }
    if let count = result.skippedSteps { set("skipped_steps", Double(count)) }
    set("seconds", result.seconds)
    if result.target.count > 0 { record.keepAnswers(of: "target", result.target, epoch: result.epoch) }
  }
}

extension RunRecord {
  /// Keeps what every example came to, for paired tests.
  fileprivate mutating func keepAnswers(of task: String, _ result: EvaluationResult, epoch: Int) {
    if let own = result.confidences {
      // Two states are compared in the end; those of all epochs would make long runs large.
      let kept = confidences[task, default: [:]].filter { $0.key == 0 || $0.key == state.best?.epoch }
      confidences[task] = kept.merging([epoch: NumberArray(own.rows)]) { $1 }
    }
    guard let own = result.sums else {
      predictions[task, default: [:]][epoch] = result.predictions
      labels[task] = result.labels
      return
    }
    sums[task, default: [:]][epoch] = NumberArray(own)
  }

  /// The kind of a task, `source`, `proxy` or `target`, bound to no data: what its stored sums say is all that is asked.
  func kind(of task: String) -> (any TaskKind)? {
    let reference = task == "source" ? data.source : task == "proxy" ? data.proxy : data.target
    guard let name = reference?.taskKind else { return Classification() }
    let kind = try? TaskKinds.named(name)
    guard let width = sums[task]?.values.first?.shape.last else { return kind }
    return kind?.reading(sumsOfWidth: width)
  }

  /// What a task, `source` or `target`, is judged by; nil of a kind that nobody made known.
  public func score(of task: String) -> Score? { kind(of: task)?.score }

  /// What every example of a task came to at an epoch; nil where it was not kept.
  func answers(of task: String, at epoch: Int) -> ExampleSums? {
    if let stored = sums[task]?[epoch]?.exampleSums { return stored }
    guard let labels = labels[task], let answers = predictions[task]?[epoch], labels.count == answers.count else {
      return nil
    }
    return Classification.sums(isCorrect: zip(labels, answers).map(==))
  }
}

extension RunRecord {
  /// What is known once the model and all that trains it are made.
  mutating func add(_ setup: TrainingRun.Setup) throws {
    try store(setup.judges.classes)
    let trainer = setup.trainer
    data.source?.head = setup.judges.judge
    data.proxy?.head = setup.judges.judge
    state.targetHeadIsNew = setup.judges.headIsNew
    state.gauge = setup.judges.gauge?.state
    state.watch = setup.watch?.state
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
      func evaluation(_ column: String, of task: String) -> EvaluationResult {
        guard let kind = kind(of: task) else { return .unmeasured }
        var result = EvaluationResult(
          kind, metrics.values(of: column, kind, row: row), predictions: predictions[column]?[epoch] ?? [],
          labels: labels[column] ?? [],
          sums: sums[column]?[epoch] == nil ? nil : answers(of: column, at: epoch))
        result.confidences = confidences[column]?[epoch]?.exampleSums.flatMap(ConfidenceSums.init)
        result.scored.confidence = metrics.confidence(of: column, row: row)
        return result
      }
      func agreement(_ task: String, count: Int?) -> ProxyAgreement? {
        let (agreement, divergence) = (value("\(task)_agreement"), value("\(task)_divergence"))
        guard !agreement.isNaN || !divergence.isNaN else { return nil }
        let kind = kind(of: "proxy")
        return ProxyAgreement(
          agreement: agreement, divergence: divergence, count: count ?? 0, places: kind?.answeredPlaces,
          unit: kind?.outputMeaning == .numbers ? .squares : .nats)
      }
      func measured(_ column: String, of task: String) -> EvaluationResult? {
        let found = evaluation(column, of: task)
        return found.value.isNaN ? nil : found
      }
      return EpochRecord(
        epoch: epoch, source: measured("source", of: "source"),
        proxy: agreement("proxy", count: data.proxy?.judgingCount),
        gauge: metrics.divergence(of: state.gauge, count: nil, row: row),
        target: evaluation("target", of: "target"), targetHeadIsNew: epoch == 0 && state.targetHeadIsNew,
        validation: ValidationScores(
          source: measured("source_validation", of: "source"),
          proxy: agreement("proxy_validation", count: data.proxy?.validation?.count),
          target: measured("target_validation", of: "target")),
        trainingLoss: value("training_loss"), penalty: value("penalty"), learningRate: value("learning_rate"),
        newBlocks: [], doses: doses(of: row), skippedSteps: Int(exactly: value("skipped_steps")),
        seconds: value("seconds"))
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
