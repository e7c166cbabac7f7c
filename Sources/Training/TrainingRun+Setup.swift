import Checkpoints
import Datasets
import Evaluation
import Models
import Torch

extension TrainingRun {
  /// What is made before the first epoch.
  struct Setup {
    let model: Model
    let judge: String?
    let meter: ProxyMeter?
    let trainer: Trainer
    let headIsNew: Bool
    let judged: Judged
  }

  /// What is evaluated at every epoch, and on what: the whole model on the data, or its upper part on stored values.
  struct Judged {
    let model: Model
    let target: Split
    let source: Split?
    let proxy: Split?
  }

  /// - Parameter headIsNew: whether the trained head was freshly drawn, of a model of a run that began already: it has
  ///   the head in any case.
  func setUp(
    _ model: Model, headIsNew known: Bool? = nil, isCancelled: () -> Bool, onEvent: (TrainingEvent) throws -> Void
  ) throws -> Setup {
    try checkTarget(model)
    let examples = options.examples(of: target.train)
    let judge = try source.map { try sourceHead(for: $0, in: model) } ?? proxy.map { _ in try originalHead(in: model) }
    if let proxy { try model.checkInputs(of: proxy.test, dataset: proxy.name) }
    let isDrawn = try installTargetHead(in: model, judge: judge)
    let headIsNew = known ?? isDrawn
    if let source { try model.checkInputs(of: source.test, dataset: source.name) }
    let known = earlier ?? source.flatMap { data in judge.map { [($0, data)] } } ?? []
    var origins = known.map { SourceTask(task: $0.task, dataset: $0.data.name, examples: $0.data.train) }
    for (index, path) in memoryPaths.dropLast().enumerated() where index < origins.count {
      origins[index].memory = try TaskMemory(contentsOf: path)
    }
    let trainer = try withoutActuallyEscaping(onEvent) { onEvent in
      try Trainer(model, on: examples, dataset: target.name, options: options, sources: origins, isHeadKept: !headIsNew)
      {
        try? onEvent(.estimating($0, completed: $1, total: $2))
      }
    }
    if headIsNew, let head = model.program.head,
      let parameter = model.program.headParameterNames.first(where: { !trainer.trainable.names.contains($0) })
    {
      throw TrainingError.frozenHead(layer: head, task: headName, parameter: parameter)
    }
    if let path = memoryPaths.last { try trainer.memoryOfLastSource.write(to: path) }
    let judged = try judged(by: trainer) {
      try? onEvent(.estimating("computing the frozen layers", completed: $0, total: $1))
      if isCancelled() { throw TrainingError.interrupted(epoch: 0) }
    }
    var meter: ProxyMeter?
    if let proxy, let examples = judged.proxy, let judge {
      meter = try ProxyMeter(of: judged.model, task: judge, on: examples, dataset: proxy.name)
      try model.activate(task: headName)
    }
    return Setup(
      model: model, judge: judge, meter: meter, trainer: trainer, headIsNew: headIsNew, judged: judged)
  }

  /// Refuses options and data that the network cannot be trained with, before anything is written.
  ///
  /// - Throws: ``TrainingError`` that names what does not fit.
  public func check(_ base: Checkpoint) throws {
    let model = try Model(base, device: device)
    try checkTarget(model)
    try model.checkInputs(of: target.train, dataset: target.name)
  }

  private func checkTarget(_ model: Model) throws {
    try checkSelection()
    guard Set(target.train.labels).count > 1 else { throw TrainingError.oneClass(dataset: target.name) }
    model.fitPreprocessing(to: options.examples(of: target.train), fitsImages: options.fitsImages)
  }

  /// What is evaluated, from stored values where the trainer can store them.
  private func judged(by trainer: Trainer, onProgress: (Int, Int) throws -> Void) throws -> Judged {
    let others = [target, source, proxy].compactMap { $0.map { Trainer.Judged(dataset: $0.name, split: $0.test) } }
    guard storesFrozenLayers, let stored = try trainer.storeFrozenLayers(besides: others, onProgress: onProgress) else {
      return Judged(model: trainer.model, target: target.test, source: source?.test, proxy: proxy?.test)
    }
    return Judged(
      model: stored.model, target: stored.splits[0], source: source.map { _ in stored.splits[1] },
      proxy: proxy.flatMap { _ in stored.splits.last })
  }

  func prepared(_ setup: Setup) -> TrainingEvent {
    let trainer = setup.trainer
    return .prepared(
      trainedCount: trainer.trainable.tensors.reduce(0) { $0 + $1.count },
      frozenCount: trainer.trainable.frozenNames.reduce(0) { $0 + (setup.model.parameters[$1]?.count ?? 0) },
      regularizers: trainer.regularizers.map { $0.summary(stepsPerEpoch: trainer.stepsPerEpoch) },
      stepsPerEpoch: trainer.stepsPerEpoch)
  }
}
