import Datasets
import Evaluation
import Metrics
import Models
import Programs
import Torch

/// The task that a model comes from.
public struct SourceTask {
  /// The name of its head in the model.
  public var task: String
  /// The name of its data, for messages.
  public var dataset: String
  /// Its training examples, where they are at hand.
  public var examples: Split?
  /// What its labels, loss and score are.
  public var kind: any TaskKind
  /// How many outputs its head had before some were added; nil of one that did not grow.
  public var knownOutputCount: Int?
  /// What it left when it ended; nil where it ended with the weights that the model has now, as the last one did.
  public var memory: TaskMemory?

  /// A task; without examples, regularizers that need them cannot be made.
  public init(
    task: String, dataset: String, examples: Split?, kind: any TaskKind = Classification(),
    knownOutputCount: Int? = nil, memory: TaskMemory? = nil
  ) {
    self.task = task
    self.dataset = dataset
    self.examples = examples
    self.kind = kind
    self.knownOutputCount = knownOutputCount
    self.memory = memory
  }
}

/// What a regularizer is made from: a model about to be trained, and what is known around it.
public struct RegularizerContext {
  /// What all regularizers of a run share.
  struct Surroundings {
    let model: Model
    let trainable: TrainableParameters
    let options: TrainingOptions
    /// The training examples of the task that is to be learnt.
    let target: Split
    let targetKind: any TaskKind
    let source: SourceTask?
    /// Training examples that stand in for the source's, where there are such.
    let proxy: Split?
    /// Takes down what is found out about the source.
    let recorder: TaskMemory.Recorder
    /// Whether the trained head came with the model, so that it has a w⁰.
    let isHeadKept: Bool
    let stepsPerEpoch: Int
    /// Told what is being estimated before training: a title, what is done, and all there is to do; may throw to stop.
    let onEstimate: (String, Int, Int) throws -> Void
  }

  private let surroundings: Surroundings
  /// The values of the kind's settings.
  public let settings: RegularizerSettings
  let isDecoupled: Bool
  private let filter: String

  init(_ surroundings: Surroundings, settings: RegularizerSettings, filter: String, isDecoupled: Bool) {
    self.surroundings = surroundings
    self.settings = settings
    self.filter = filter
    self.isDecoupled = isDecoupled
  }

  /// The model, its weights w⁰ in place, the target task's head active.
  public var model: Model { surroundings.model }
  /// The parameters that the run trains, in the order in which gradients come.
  public var trainable: TrainableParameters { surroundings.trainable }
  /// What the run was told.
  public var options: TrainingOptions { surroundings.options }
  /// The training examples of the task that is to be learnt.
  public var target: Split { surroundings.target }
  /// What the labels, loss and score of that task are.
  public var targetKind: any TaskKind { surroundings.targetKind }
  /// Likewise of the task that the model comes from.
  public var sourceKind: any TaskKind { surroundings.source?.kind ?? Classification() }
  /// The task that the model comes from; nil in a first training.
  public var source: SourceTask? { surroundings.source }
  /// Whether the trained head came with the model: one that source and target share, or that was trained before. It is
  /// then a source parameter like all others, and held to w⁰.
  public var isHeadKept: Bool { surroundings.isHeadKept }
  /// Whether the source is judged by the head that is trained.
  public var sharesHead: Bool { source?.task == model.task }
  /// Optimizer steps of an epoch.
  public var stepsPerEpoch: Int { surroundings.stepsPerEpoch }

  var recorder: TaskMemory.Recorder { surroundings.recorder }

  func report(_ title: String, _ completed: Int, of total: Int) throws {
    try surroundings.onEstimate(title, completed, total)
  }
}

// MARK: - What it acts on

extension RegularizerContext {
  /// Positions, among the trainable parameters, of those that the filter selects and the source model has: S. The head
  /// is among them where it is kept.
  ///
  /// - Throws: ``TrainingError/pullsOnAdapted(regularizer:)`` where adapters leave all of them as they are.
  public func sharedIndices() throws -> [Int] {
    let found = try indices { [isHeadKept] isInHead in isHeadKept || !isInHead }
    guard options.adapters == nil || !found.isEmpty else {
      throw TrainingError.pullsOnAdapted(regularizer: settings.kind)
    }
    return found
  }

  /// Positions of those that are new: the target head's, S̄; none where that head is kept.
  public func newIndices() throws -> [Int] { isHeadKept ? [] : try headIndices() }

  /// Positions of the trained head's, new or kept.
  func headIndices() throws -> [Int] { try indices { $0 } }

  /// Positions of those that all tasks have, whatever becomes of heads.
  func backboneIndices() throws -> [Int] { try indices { !$0 } }

  private func indices(_ isWanted: (_ isInHead: Bool) -> Bool) throws -> [Int] {
    let head = Set(model.program.headParameterNames)
    var selected = Set(model.program.parameters.map(\.name))
    if filter != "weights", filter != "all" {
      selected = Set(try model.program.parameterNames(matching: filter))
    }
    return trainable.names.indices.filter { index in
      let name = trainable.names[index]
      // The source task's own head, where it is trained, answers to its own loss.
      guard !trainable.isSourceHead(index), selected.contains(name), isWanted(head.contains(name)) else { return false }
      return filter != "weights" || trainable.shapes[index].count >= 2
    }
  }
}

// MARK: - The source task

extension RegularizerContext {
  /// Where the source task's head is, with its examples.
  ///
  /// - Throws: ``TrainingError/missingData(_:value:_:)`` where they are not there; a kind that declares its need is spared this.
  public func sourceExamples() throws -> (task: String, head: Model.TaskHead, examples: Split) {
    let (task, head) = try sourceHead()
    guard let source, let examples = source.examples else {
      throw TrainingError.missingData(.regularizers, value: settings.kind, .sourceExamples)
    }
    try model.checkInputs(of: examples, dataset: source.dataset)
    return (task, head, examples)
  }

  /// The source task's name and head.
  public func sourceHead() throws -> (task: String, head: Model.TaskHead) {
    guard let source, let head = model.heads[source.task] else {
      throw TrainingError.missingData(.regularizers, value: settings.kind, .sourceHead)
    }
    return (source.task, head)
  }

  /// What of its outputs the source's head had when the source task ended.
  func knownOutputs() -> KnownOutputs {
    KnownOutputs(count: source?.knownOutputCount, axis: sourceClassAxis)
  }

  /// The axis of classes in the outputs of the source's head.
  var sourceClassAxis: Int { sourceKind.outputMeaning?.classAxis ?? 1 }

  /// Runs `body` with the source task's head in place.
  func withSourceHead<Result>(_ body: () throws -> Result) throws -> Result {
    try model.withHead(of: try sourceHead().task, body)
  }

  /// Some of the source's training examples, drawn without replacement, seeded by the run.
  public func sourceSample(_ count: Int) throws -> Split {
    let (_, _, examples) = try sourceExamples()
    var random = RandomSource(seed: options.seed)
    return examples.selecting(random.sample(count, of: examples.count).sorted())
  }

  /// Some of the examples that stand in for the source's, drawn likewise.
  ///
  /// - Throws: ``TrainingError/missingData(_:value:_:)`` where there are none.
  func proxySample(_ count: Int) throws -> Split {
    guard let examples = surroundings.proxy else {
      throw TrainingError.missingData(.regularizers, value: settings.kind, .proxyExamples)
    }
    var random = RandomSource(seed: options.seed)
    return examples.selecting(random.sample(count, of: examples.count).sorted())
  }

  /// The logits that a head gives for all examples of a split before training, in evaluation, in their order.
  func logits(on split: Split, head: Model.TaskHead, title: String) throws -> Tensor {
    try withoutGradients {
      var parts: [Tensor] = []
      var done = 0
      for batch in try Batches(split: split, batchSize: 256, device: model.device) {
        let run = try model.run(try batch.modelInputs(for: model), capturesHeadInput: !sharesHead)
        parts.append(try run.headInput.map { try model.logits(of: $0, head: head.tensors) } ?? run.logits)
        done += batch.indices.count
        try report(title, done, of: split.count)
      }
      return try Tensor.concatenated(parts)
    }
  }
}
