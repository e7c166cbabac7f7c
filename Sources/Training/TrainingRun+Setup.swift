import Checkpoints
import Datasets
import Evaluation
import Findings
import Models
import Torch

/// What is known of a run before it begins.
public struct CheckedRun: Sendable {
  /// The kind of task that is trained.
  public let kind: any TaskKind
  /// What the source is judged by; nil without one.
  public let sourceScore: Score?
  /// Which outputs of their heads the classes of the source and of the target are.
  public let classes: JudgedClasses
  /// What is added to the source's head; nil where it stays as it is.
  public let growth: HeadGrowth?
}

extension TrainingRun {
  /// What is made before the first epoch.
  struct Setup {
    let model: Model
    let judges: Judges
    /// Looks within the epochs; nil where there are none.
    let watch: StepWatch?
    let trainer: Trainer
    let division: DividedData
  }

  /// What judges every epoch.
  struct Judges {
    /// The source's head.
    let judge: String?
    let meter: ProxyMeter?
    /// On the proxy's examples that choose.
    let choosingMeter: ProxyMeter?
    let gauge: Gauge?
    /// Whether the target's head was freshly drawn.
    let headIsNew: Bool
    let judged: Judged
    /// In whose numbers all examples of ``judged`` are: the heads'.
    let classes: JudgedClasses
  }

  /// What is evaluated at every epoch, and on what: the whole model on the data, or its upper part on stored values.
  struct Judged {
    let model: Model
    let target: Judging
    let source: Judging?
    let proxy: Judging?
  }

  /// The examples of one task that are looked at: those that judge, and those that choose.
  struct Judging {
    let test: Split
    let validation: Split?
  }

  /// What trains, and what is to be judged.
  struct Prepared {
    let trainer: Trainer
    let judged: Judged
    /// The source's head.
    let judge: String?
    let headIsNew: Bool
    let classes: JudgedClasses
    /// In the numbers of the heads.
    let division: DividedData
  }

  /// - Parameter headIsNew: whether the trained head was freshly drawn, of a model of a run that began already: it has
  ///   the head in any case.
  func setUp(
    _ model: Model, _ division: DividedData, headIsNew known: Bool? = nil, isCancelled: () -> Bool,
    onEvent: (TrainingEvent) throws -> Void
  ) throws -> Setup {
    let made = try prepare(model, division, headIsNew: known, isCancelled: isCancelled, onEvent: onEvent)
    let judges = try judges(made.judged, judge: made.judge, headIsNew: made.headIsNew, made.classes)
    let watch = try options.watchInterval.map {
      try StepWatch(
        self, made.judged, judge: made.judge, headIsNew: made.headIsNew, every: $0,
        stepsPerEpoch: made.trainer.stepsPerEpoch, trainedCount: made.division.target.training.count)
    }
    return Setup(model: model, judges: judges, watch: watch, trainer: made.trainer, division: made.division)
  }

  /// - Parameter headIsNew: as ``setUp(_:_:headIsNew:isCancelled:onEvent:)`` has it.
  func prepare(
    _ model: Model, _ division: DividedData, headIsNew known: Bool? = nil, isCancelled: () -> Bool,
    onEvent: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> Prepared {
    try checkTarget(model, division)
    let (judge, isDrawn) = try installHeads(in: model)
    let headIsNew = known ?? isDrawn
    let classes = try judgedClasses(in: model, judge: judge)
    let division = division.renumbered(by: classes, as: kinds)
    let examples = division.target.training
    let known = earlier ?? source.flatMap { data in judge.map { [($0, data)] } } ?? []
    let kindsOfKnown = earlier == nil ? [kinds.source ?? Classification()] : kinds.earlier
    var origins = try zip(known, kindsOfKnown).map { before, kind in
      let match = try before.data.match(to: before.task, among: model.heads, kind: kind)
      return SourceTask(
        task: before.task, dataset: before.data.name,
        examples: try self.examples(ofEarlier: before.data, besides: division).renumbered(by: match, as: kind),
        kind: kind.named(by: match, of: model.heads[before.task]),
        knownOutputCount: before.task == headName ? knownOutputCount : nil)
    }
    if earlier == nil, source == nil { origins = [headThatCame(in: model)].compactMap(\.self) }
    for (index, path) in memoryPaths.dropLast().enumerated() where index < origins.count {
      origins[index].memory = try TaskMemory(contentsOf: path)
    }
    func show(_ title: String, _ completed: Int, _ total: Int) throws {
      try? onEvent(.estimating(title, completed: completed, total: total))
      if isCancelled() { throw TrainingError.interrupted(epoch: 0) }
    }
    let trainer = try withoutActuallyEscaping(show) { show in
      try Trainer(
        model, on: examples, dataset: target.name, options: options, kind: kinds.target, sources: origins,
        proxy: division.proxy?.training, isHeadKept: !headIsNew, processes: processes,
        onEstimate: show)
    }
    if headIsNew { try checkHeadIsTrained(trainer) }
    if leads, let path = memoryPaths.last { try trainer.memoryOfLastSource.write(to: path) }
    let judged = try judged(by: trainer, division) {
      try show("computing the frozen layers", $0, $1)
    }
    return Prepared(
      trainer: trainer, judged: judged, judge: judge, headIsNew: headIsNew, classes: classes, division: division)
  }

  /// What judges a model that something else trains, each of its checkpoints as an epoch; the heads are put into it.
  func judges(of model: Model, _ division: DividedData) throws -> Judges {
    try checkTarget(model, division)
    let (judge, headIsNew) = try installHeads(in: model)
    let classes = try judgedClasses(in: model, judge: judge)
    let division = division.renumbered(by: classes, as: kinds)
    func judging(_ data: DividedDataset) -> Judging { Judging(test: data.judging, validation: nil) }
    let judged = Judged(
      model: model, target: judging(division.target), source: division.source.map(judging),
      proxy: division.proxy.map(judging))
    return try judges(judged, judge: judge, headIsNew: headIsNew, classes)
  }

  /// - Parameter judged: as it is before training, the target's head in place.
  private func judges(
    _ judged: Judged, judge: String?, headIsNew: Bool, _ classes: JudgedClasses
  ) throws -> Judges {
    var (meter, choosingMeter): (ProxyMeter?, ProxyMeter?)
    if let proxy, let examples = judged.proxy, let judge {
      func measuring(_ split: Split) throws -> ProxyMeter {
        try ProxyMeter(
          of: judged.model, task: judge, on: split, dataset: proxy.name, kind: kinds.proxy ?? Classification())
      }
      meter = try measuring(examples.test)
      choosingMeter = try examples.validation.map(measuring)
    }
    return Judges(
      judge: judge, meter: meter, choosingMeter: choosingMeter,
      gauge: try gauge(of: judged.model, on: judged.target.test), headIsNew: headIsNew, judged: judged,
      classes: classes)
  }

  /// Refuses options and data that the network cannot be trained with, before anything is written; what regularizers
  /// estimate is not tried.
  ///
  /// - Returns: what was found out about it.
  /// - Throws: ``TrainingError`` that names what does not fit.
  @discardableResult
  public func check(_ base: Checkpoint) throws -> CheckedRun {
    try checkSharding()
    return try check(model(base))
  }

  /// - Parameter model: one to throw away; the heads of the run are put into it.
  @discardableResult
  func check(_ model: Model) throws -> CheckedRun {
    var division = try division()
    try options.validate()
    let own = try settled(for: model, division)
    try own.checkTarget(model, division)
    let (judge, headIsNew) = try own.installHeads(in: model)
    let classes = try own.judgedClasses(in: model, judge: judge)
    division = division.renumbered(by: classes, as: own.kinds)
    var plain = options
    plain.regularizers = []
    let trainer = try Trainer(
      model, on: division.target.training, dataset: target.name, options: plain, kind: own.kinds.target)
    if headIsNew { try own.checkHeadIsTrained(trainer) }
    return CheckedRun(
      kind: own.kinds.target, sourceScore: own.kinds.source?.score, classes: classes, growth: own.growth)
  }

  /// - Returns: the head that judges the source, and whether the trained one is freshly drawn.
  private func installHeads(in model: Model) throws -> (judge: String?, isDrawn: Bool) {
    let judge =
      try source.map { try sourceHead(for: $0, in: model) }
      ?? proxy.map { _ in try originalHead(in: model) }
    if let proxy { try model.checkInputs(of: proxy.test, dataset: proxy.name) }
    let isDrawn = try installTargetHead(in: model, judge: judge)
    if let source { try model.checkInputs(of: source.test, dataset: source.name) }
    try checkLabels(in: model, judge: judge)
    return (judge, isDrawn)
  }

  private func checkHeadIsTrained(_ trainer: Trainer) throws {
    let program = trainer.model.program
    guard let head = program.head,
      let parameter = program.headParameterNames.first(where: { !trainer.trainable.names.contains($0) })
    else { return }
    throw TrainingError.frozenHead(layer: head, task: headName, parameter: parameter)
  }

  private func checkTarget(_ model: Model, _ division: DividedData) throws {
    try checkSelection()
    guard !kinds.target.isClassification || knownOutputCount != nil || Set(target.train.labels).count > 1 else {
      throw TrainingError.oneClass(dataset: target.name)
    }
    try model.fitPreprocessing(to: division.target.training, fitsImages: options.fitsImages)
  }

  /// What is evaluated, from stored values where the trainer can store them.
  private func judged(
    by trainer: Trainer, _ division: DividedData, onProgress: (Int, Int) throws -> Void
  ) throws -> Judged {
    let looked = [
      (target.name, division.target), (source?.name, division.source), (proxy?.name, division.proxy),
    ].flatMap { name, data -> [Trainer.Judged] in
      guard let name, let data else { return [] }
      return [data.judging, data.choosing].compactMap { $0.map { Trainer.Judged(dataset: name, split: $0) } }
    }
    let stored = storesFrozenLayers ? try trainer.storeFrozenLayers(besides: looked, onProgress: onProgress) : nil
    // In the order in which they were listed.
    var splits = stored?.splits ?? looked.map(\.split)
    func next(_ data: DividedDataset) -> Judging {
      Judging(test: splits.removeFirst(), validation: data.choosing == nil ? nil : splits.removeFirst())
    }
    return Judged(
      model: stored?.model ?? trainer.model, target: next(division.target), source: division.source.map(next),
      proxy: division.proxy.map(next))
  }

  func prepared(_ setup: Setup) -> TrainingEvent {
    let trainer = setup.trainer
    return .prepared(
      trainedCount: trainer.trainable.names.indices.reduce(0) { $0 + trainer.trainable.weightCount($1) },
      frozenCount: trainer.trainable.frozenNames.reduce(0) { sum, name in
        sum + (setup.model.parameters[name].map { setup.model.shape(of: $0).reduce(1, *) } ?? 0)
      },
      regularizers: trainer.regularizers.map { $0.summary(stepsPerEpoch: trainer.stepsPerEpoch) },
      stepsPerEpoch: trainer.stepsPerEpoch)
  }
}
