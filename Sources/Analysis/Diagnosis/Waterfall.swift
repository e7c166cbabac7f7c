import Datasets
import Evaluation
import Metrics
import Models
import Torch
import Training

/// Where source accuracy went, cause by cause, in this order: running statistics, readout, features; or averaged over the
/// orders of the first two (Shapley's value).
public struct Waterfall: Sendable {
  public enum Cause: String, Sendable, CaseIterable {
    case statistics = "running statistics"
    case readout = "readout misaligned"
    case features = "lost features"
  }

  public struct Part: Sendable {
    public let cause: Cause
    /// Accuracy lost to it, a fraction, with its paired bootstrap interval.
    public let loss: Double
    public let low: Double
    public let high: Double
  }

  /// Source accuracy before and after.
  public let before: Double
  public let after: Double
  /// They sum to `before − after`.
  public let parts: [Part]
  /// Whether the model has running statistics.
  public let hasStatistics: Bool
  public let isAveragedOverOrders: Bool
}

/// Some tensors of a model in a new state.
public struct ModelChange {
  /// Of parameters and buffers.
  var tensors: [String: Tensor] = [:]
  /// Of the source's head.
  var sourceHead: [String: Tensor] = [:]
}

extension JudgedPair {
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

  /// Running statistics measured anew on the source; nil where the model has none. Measured once.
  func reestimatedStatistics() throws -> ModelChange? {
    let result = try known.statistics ?? measuredStatistics()
    known.statistics = .some(result)
    return result
  }

  private func measuredStatistics() throws -> ModelChange? {
    let kept = try after.buffers.mapValues { try $0.cloned() }
    let layers = try after.reestimateNormalization(on: source.train, dataset: source.name, count: 5000)
    guard !layers.isEmpty else { return nil }
    var change = ModelChange()
    for (name, tensor) in after.buffers {
      change.tensors[name] = try tensor.cloned()
      if let old = kept[name] { try withoutGradients { try tensor.copyInPlace(from: old) } }
    }
    return change
  }

  /// The source's head fitted anew on the features of the model after, no change applied. Fitted once.
  ///
  /// - Returns: which test examples it gets right, and the head where it is one linear layer.
  func refittedHead() throws -> (isCorrect: [Bool], change: ModelChange?) {
    let result = try known.head ?? fittedHead()
    known.head = result
    return result
  }

  /// Likewise, on the features as they are now, whatever is applied.
  private func fittedHead(count: Int = 5000) throws -> (isCorrect: [Bool], change: ModelChange?) {
    var random = RandomSource(seed: 2)
    let sample = source.train.selecting(random.sample(count, of: source.train.count))
    let train = try after.headInputs(on: sample, dataset: source.name)
    let test = try after.headInputs(on: sourceTest, dataset: source.name)
    let (regression, _, _) = try Model.regression(train, labels: sample.labels, classCount: source.classNames.count)
    let isCorrect = zip(try regression.predictions(test), sourceTest.labels).map(==)
    let head = after.heads[sourceTask]?.tensors ?? [:]
    let kernels = head.filter { $0.value.shape == [source.classNames.count, train.shape[1]] }
    guard head.count <= 2, let kernel = kernels.keys.first, kernels.count == 1 else { return (isCorrect, nil) }
    let (weight, bias) = try regression.linearLayer()
    var change = ModelChange(sourceHead: [kernel: weight])
    for name in head.keys where name != kernel { change.sourceHead[name] = bias }
    // A head without a bias cannot be this classifier.
    return (isCorrect, head.count == 2 ? change : nil)
  }

  /// Splits what was lost into its causes.
  ///
  /// The running statistics are measured anew on the source's training inputs; then the source's head is fitted anew on
  /// the features that the model has with them; what is still missing are the features. A part may be negative: a head
  /// fitted anew can be better than the one that was there.
  ///
  /// - Parameter averagesOrders: whether what the statistics and the readout bring is the mean of both orders: each first,
  ///   and each after the other. The same where there are no running statistics.
  public func waterfall(averagesOrders: Bool = false) throws -> Waterfall {
    let start = try asItWas()
    let end = try asItIs().source
    let statistics = try reestimatedStatistics()
    let (restored, refitted) =
      try statistics.map { change in
        try applying(change) { (try sourceCorrect(after), try fittedHead().isCorrect) }
      } ?? (end, refittedHead().isCorrect)
    var random = RandomSource(seed: 3)
    /// The mean of steps between two states of the model, example by example.
    func part(_ cause: Waterfall.Cause, _ steps: [(from: [Bool], to: [Bool])]) -> Waterfall.Part {
      let changes = start.indices.map { index in
        steps.reduce(0.0) { $0 + ($1.to[index] ? 1 : 0) - ($1.from[index] ? 1 : 0) } / Double(steps.count)
      }
      let interval = bootstrapInterval(ofMean: changes, using: &random)
      return Waterfall.Part(
        cause: cause, loss: changes.reduce(0, +) / Double(max(1, changes.count)), low: interval.low, high: interval.high
      )
    }
    var ofStatistics = [(from: end, to: restored)]
    var ofReadout = [(from: restored, to: refitted)]
    if averagesOrders {
      let refittedAlone = try refittedHead().isCorrect
      ofStatistics.append((refittedAlone, refitted))
      ofReadout.append((end, refittedAlone))
    }
    return Waterfall(
      before: accuracy(start), after: accuracy(end),
      parts: [part(.statistics, ofStatistics), part(.readout, ofReadout), part(.features, [(refitted, start)])],
      hasStatistics: statistics != nil, isAveragedOverOrders: averagesOrders)
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
