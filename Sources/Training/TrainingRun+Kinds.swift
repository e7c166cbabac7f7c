import Checkpoints
import Datasets
import Evaluation
import Models

/// With which head the target is trained.
public enum TargetHead: String, Sendable, Codable, CaseIterable {
  /// One of its own, drawn anew unless the checkpoint has it.
  case new
  /// The source's: both tasks are judged with it.
  case keep
  /// The source's with an output added for every class of the target that it lacks: both tasks are judged with it.
  case grow
}

/// What the labels, losses and scores of a run's data are.
struct RunKinds {
  var target: any TaskKind = Classification()
  var source: (any TaskKind)?
  /// Of what the model is asked about the examples that stand in for the source's.
  var proxy: (any TaskKind)?
  /// One for each of the run's earlier tasks; empty where it has none but the source.
  var earlier: [any TaskKind] = []
}

/// A head of which the names alone are asked for.
struct NamedHead: ClassifierHead {
  let classNames: [String]
}

extension TrainingRun {
  /// The run with the kinds of its tasks, and the head that is trained, settled for a model.
  ///
  /// - Parameter model: normalization is fitted to the data where it has none.
  /// - Throws: ``EvaluationError`` where labels and outputs do not go together, ``TrainingError/headCannotBeNew(kind:)``,
  ///   ``TrainingError/noHeadToKeep``.
  func settled(for model: Model, _ division: DividedData) throws -> TrainingRun {
    try checkSelection()
    try model.fitPreprocessing(to: division.target.training, fitsImages: options.fitsImages)
    var own = self
    own.options = try options.settled(on: division.target.training)
    own.kinds = RunKinds(
      target: try TaskKinds.kind(of: target, for: model, named: taskKind),
      source: try source.map { try TaskKinds.kind(of: $0, for: model, named: taskKind) },
      proxy: try proxy.map { try TaskKinds.kind(ofProxy: $0, for: model, named: taskKind) },
      earlier: try (earlier ?? []).map { try TaskKinds.kind(of: $0.data, for: model, named: taskKind) })
    try own.checkAgreement()
    own.gaugedHead = try own.headThatCame(with: model)
    if targetHead == .grow { return try own.growing(in: model) }
    guard targetTask == nil else { return own.named(in: model) }
    // A head that the data say nothing of cannot be drawn.
    let isNew = own.kinds.target.outputNames(of: target) != nil
    switch targetHead ?? (isNew ? .new : .keep) {
    case .new:
      guard isNew else { throw TrainingError.headCannotBeNew(kind: own.kinds.target.words) }
    case .keep, .grow: own.targetTask = try keptHead(in: model)
    }
    return own.named(in: model)
  }

  /// The run with kinds that call outputs as the heads that judge them do.
  func named(in model: Model) -> TrainingRun {
    named(among: model.heads.mapValues { NamedHead(classNames: $0.classNames) }, task: model.task)
  }

  /// - Parameter task: the head in place.
  func named(among known: [String: NamedHead], task: String) -> TrainingRun {
    var own = self
    let heads = known.merging(grownHead.map { [headName: $0] } ?? [:]) { $1 }
    func named(_ kind: any TaskKind, _ data: Dataset, _ task: String) -> any TaskKind {
      guard let match = try? data.match(to: task, among: heads, kind: kind) else { return kind }
      return kind.named(by: match, of: heads[task])
    }
    if heads[headName] != nil { own.kinds.target = named(kinds.target, target, headName) }
    if let source, let kind = kinds.source,
      let judge = [sourceTask, source.name, task].compactMap(\.self).first(where: { heads[$0] != nil })
    {
      own.kinds.source = named(kind, source, judge)
    }
    return own
  }

  /// The run with what is to be added to the source's head.
  private func growing(in model: Model) throws -> TrainingRun {
    if let reason = kinds.target.objectionToGrowth {
      throw TrainingError.headCannotGrow(kind: kinds.target.words, reason: reason)
    }
    let name = try targetTask ?? keptHead(in: model)
    guard let head = model.heads[name] else {
      throw ModelError.missingHead(task: name, available: model.heads.keys.sorted())
    }
    let growth = try HeadGrowth(of: head, task: name, for: target)
    var own = self
    own.targetTask = name
    own.growth = growth
    own.grownHead = NamedHead(classNames: head.classNames + growth.newNames)
    own.knownOutputCount = growth.knownCount
    // What names say of the head that has grown needs no other word.
    if !growth.isNamed { own.target.statedClasses = .outputs(growth.targetOutputs) }
    if let source {
      let known = try source.match(to: name, among: model.heads, kind: kinds.source ?? Classification())
      if known?.basis == .order || !growth.isNamed {
        own.source?.statedClasses = .outputs(known?.outputs ?? Array(source.classNames.indices))
      }
    }
    return own.named(in: model)
  }

  /// The head that the target shares with the source; of a first training, the one that the model came with.
  private func keptHead(in model: Model) throws -> String {
    guard let head = try headThatCame(with: model) else { throw TrainingError.noHeadToKeep }
    return head
  }

  /// The options with the epochs that their steps take, of a run that goes on; nil where epochs are what was asked for.
  func withSettledSteps(as data: RunData) throws -> TrainingOptions? {
    options.stepLimit == nil ? nil : try options.settled(on: division(as: data).target.training)
  }

  /// The run with the kinds that it began with.
  func settled(as data: RunData) throws -> TrainingRun {
    var own = self
    own.options = try withSettledSteps(as: data) ?? options.settled(on: target.train)
    func kind(_ reference: DataReference?, _ data: Dataset) throws -> any TaskKind {
      try reference?.taskKind.map { try TaskKinds.named($0).bound(to: data) } ?? Classification()
    }
    own.kinds = RunKinds(
      target: try kind(data.target, target), source: try source.map { try kind(data.source, $0) },
      proxy: try proxy.map { try kind(data.proxy, $0) },
      earlier: try zip(data.tasks, earlier ?? []).map { try kind($0.data, $1.data) })
    return own
  }

  /// Checks all labels against the heads that are to judge them.
  func checkLabels(in model: Model, judge: String?) throws {
    try TaskKinds.check(target, as: kinds.target, for: model)
    guard let source, let judge, let kind = kinds.source else { return }
    try model.withHead(of: judge) { try TaskKinds.check(source, as: kind, for: model) }
  }
}
