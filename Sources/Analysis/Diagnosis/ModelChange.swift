import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

/// Some tensors of a model in a new state.
struct ModelChange {
  /// Of parameters and buffers.
  var tensors: [String: Tensor] = [:]
  /// Of the source's head.
  var sourceHead: [String: Tensor] = [:]
}

extension ModelChange {
  /// This change, and another on top of it.
  func followed(by other: ModelChange) -> ModelChange {
    ModelChange(
      tensors: tensors.merging(other.tensors) { $1 }, sourceHead: sourceHead.merging(other.sourceHead) { $1 })
  }
}

extension ComparedModels {
  /// Runs `body` with a change made to the model after, then takes it back.
  func applying<Result>(_ change: ModelChange, _ body: () throws -> Result) throws -> Result {
    let head = after.heads[sourceTask]?.tensors ?? [:]
    let places =
      change.tensors.compactMap { name, value in (after.parameters[name] ?? after.buffers[name]).map { ($0, value) } }
      + change.sourceHead.compactMap { name, value in head[name].map { ($0, value) } }
    let kept = try places.map { ($0.0, try $0.0.detached().cloned()) }
    func put(_ values: [(Tensor, Tensor)]) throws {
      try withoutGradients { for (tensor, value) in values { try tensor.copyInPlace(from: value) } }
    }
    try put(places)
    let result = Swift.Result { try body() }
    try put(kept)
    return try result.get()
  }
}

extension ModelChange {
  /// The running statistics of the model after, measured anew on the source; nil where it has none.
  init?(reestimatingStatisticsOf models: ComparedModels) throws {
    let after = models.after
    let kept = try after.buffers.mapValues { try $0.cloned() }
    let layers = try after.reestimateNormalization(
      on: models.source.train, dataset: models.source.name, count: DiagnosisThresholds.statisticsExamples)
    guard !layers.isEmpty else { return nil }
    for (name, tensor) in after.buffers {
      tensors[name] = try tensor.cloned()
      if let old = kept[name] { try withoutGradients { try tensor.copyInPlace(from: old) } }
    }
  }
}

/// The source's head fitted anew.
struct RefittedHead {
  /// Which judged source examples it gets right.
  let isCorrect: [Bool]
  /// The head; nil where it is not one linear layer with a bias.
  let change: ModelChange?

  /// Fits it on the features of one of the models as they are now, whatever is applied. All are fitted to the same
  /// examples, the penalty chosen in the same way.
  init(of model: Model, in models: ComparedModels) throws {
    let source = models.source
    var random = RandomSource(seed: 2)
    let sample = source.train.selecting(random.sample(DiagnosisThresholds.headExamples, of: source.train.count))
    let train = try model.headInputs(on: sample, dataset: source.name)
    let test = try model.headInputs(on: models.sourceTest, dataset: source.name)
    let (regression, _, _) = try Model.regression(train, labels: sample.labels, classCount: source.classNames.count)
    isCorrect = zip(try regression.predictions(test), models.sourceTest.labels).map(==)
    let head = model.heads[models.sourceTask]?.tensors ?? [:]
    let kernels = head.filter { $0.value.shape == [source.classNames.count, train.shape[1]] }
    guard head.count == 2, let kernel = kernels.keys.first, kernels.count == 1 else {
      // A head without a bias cannot be this classifier.
      change = nil
      return
    }
    let (weight, bias) = try regression.linearLayer()
    var own = ModelChange(sourceHead: [kernel: weight])
    for name in head.keys where name != kernel { own.sourceHead[name] = bias }
    change = own
  }
}

extension Model {
  /// What enters the classifier, `[examples, width]`.
  func headInputs(on split: Split, dataset: String) throws -> Tensor {
    try checkInputs(of: split, dataset: dataset)
    return try withoutGradients {
      var parts: [Tensor] = []
      for batch in try Batches(split: split, batchSize: 250, device: device) {
        let run = try run(try batch.modelInputs(for: self), capturesHeadInput: true)
        if let input = run.headInput { parts.append(try input.flattened()) }
      }
      return try Tensor.concatenated(parts)
    }
  }
}
