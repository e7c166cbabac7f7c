import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Programs
import Torch

/// How well a linear classifier, fitted anew on a layer's features, tells a task's classes apart.
///
/// Davari et al., "Probing Representation Forgetting in Supervised and Unsupervised Continual Learning", CVPR 2022.
public struct LinearProbe: LayerProbe {
  public let layer: String
  /// On the test examples.
  public let accuracy: Double
  /// Which of them are right.
  public let isCorrect: [Bool]
  public let penalty: Double

  public var score: Double { accuracy }
}

extension LinearProbe {
  /// A probe of features that were captured before.
  ///
  /// - Parameters:
  ///   - fit: of the training examples' features.
  ///   - test: features of the test examples, `[examples, width]`.
  ///   - labels: of the training examples, in place of their own: a control.
  init(layer: String, _ fit: ClassifierFit, test: Tensor, on data: ProbeData, labels: [Int32]? = nil) throws {
    let found = try fit.regression(labels: labels ?? data.train.labels, classCount: data.classCount)
    let isCorrect = zip(try found.regression.predictions(test), data.test.labels).map(==)
    self.init(layer: layer, accuracy: Analysis.accuracy(isCorrect), isCorrect: isCorrect, penalty: found.penalty)
  }

  /// By which examples are right: the paired bootstrap interval.
  public func drop(to after: LinearProbe) -> Estimate {
    var random = RandomSource(seed: 8)
    return -PairedComparison(before: isCorrect, after: after.isCorrect).change(using: &random)
  }
}

/// What probes of one class an example are fitted to and judged on.
public struct ProbeData: ProbedExamples {
  let train: Split
  let test: Split
  let dataset: String
  let classCount: Int
  public let drawnClasses: DrawnClasses?
  /// Those that probe together, each the same models; nil for one by itself.
  public var processes: ProcessGroup?

  public let score = Score.accuracy
  /// Of more classes so many are drawn, unless there are ten training examples of each of more: of a class that has one or
  /// two examples a probe says little, and it is a regression over every class.
  static let mostClasses = 100
  public var datasetName: String { dataset }
  public var fittedCount: Int { train.count }
  public var judgedCount: Int { test.count }

  /// Of very many classes some are drawn, of which alone examples are. Classes are then those of the training examples that
  /// were drawn: another one has no probability at the minimum of a regression over it, and a test example of it is not
  /// told.
  ///
  /// - Parameters:
  ///   - trainCount: training examples, at most, drawn by the seed; likewise the test's.
  ///   - drawsClasses: whether they may be of some classes alone.
  public init(
    _ data: Dataset, trainCount: Int = 1000, testCount: Int = 1000, drawsClasses: Bool = true, seed: UInt64 = 0
  ) {
    let most = max(Self.mostClasses, trainCount / 10)
    let classes = drawsClasses ? data.drawingClasses(most: most, seed: seed) : nil
    let drawn = data.probed(classes, trainCount: trainCount, testCount: testCount, seed: seed)
    drawnClasses = classes.map { DrawnClasses(count: $0.count, total: data.classNames.count) }
    let occurring = Set(drawn.train.labels).sorted()
    let others = Set(data.classNames.indices.map(Int32.init)).subtracting(occurring).sorted()
    var numbers = Array(data.classNames.indices)
    for (number, label) in (occurring + others).enumerated() { numbers[Int(label)] = number }
    train = drawn.train.renumbered(numbers)
    test = drawn.test.renumbered(numbers)
    dataset = data.name
    classCount = occurring.count
  }

  public func probes(
    of layers: [String], in model: Model, controlsLast: Bool, onFit: () -> Void
  ) throws -> (probes: [LinearProbe], control: ControlDraws) {
    try model.probes(of: layers, on: self, controlsLast: controlsLast, onFit: onFit)
  }

  /// With labels in random order: what a probe makes of nothing.
  func permuted(seed: UInt64) -> [Int32] {
    var random = RandomSource(seed: seed ^ 0x7065_726D)
    return random.permutation(count: train.count).map { train.labels[$0] }
  }
}

extension Model {
  /// Wider features than this are averaged over space or tokens before a probe sees them.
  private static let widestProbed = 25_000

  /// The features of layers on a split, `[examples, width]`; layers without an output for each example are left
  /// out. Wide ones are averaged over their places unless `pooling` says what to do.
  func features(
    of layers: [String], on split: Split, dataset: String, pooling: FeaturePooling? = nil, batchSize: Int = 250,
    seed: UInt64 = 0, processes: ProcessGroup? = nil
  ) throws -> [String: Tensor] {
    try capture(
      layers, on: split, dataset: dataset, pooling: pooling, batchSize: batchSize, seed: seed, processes: processes
    ).features
  }

  /// Likewise, with the logits of the same pass, `[examples, classes]`; nil where the model gives something else.
  func capture(
    _ layers: [String], on split: Split, dataset: String, pooling: FeaturePooling? = nil, batchSize: Int = 250,
    seed: UInt64 = 0, processes: ProcessGroup? = nil
  ) throws -> (features: [String: Tensor], logits: Tensor?) {
    try checkInputs(of: split, dataset: dataset)
    let pass = SharedPass(over: processes, on: device)
    return try withoutGradients {
      var parts: [String: [Tensor]] = [:]
      var logits: [Tensor] = []
      for batch in pass.part(of: try Batches(split: split, batchSize: batchSize, device: device)) {
        let result = try run(try batch.modelInputs(for: self), capture: layers)
        if result.logits.shape.count == 2, result.logits.shape[0] == batch.indices.count {
          logits.append(result.logits)
        }
        let places = try batch.places(seed: seed)
        for (layer, output) in result.features where output.shape.first == batch.indices.count {
          let width = output.shape.dropFirst().reduce(1, *)
          let pooled = pooling ?? (width > Self.widestProbed ? .mean : nil)
          let rows = try FeaturePooling.rows(output, pooled, places)
          if let rows { parts[layer, default: []].append(try rows.flattened()) }
        }
      }
      return (try pass.joined(parts), try pass.joined(["": logits])[""])
    }
  }

  /// Probes layers on a task.
  ///
  /// - Parameters:
  ///   - controlsLast: whether probes of the last of them are fitted to permuted labels too.
  ///   - onFit: told each one that is fitted.
  /// - Returns: the probes, and the accuracies with permuted labels, one a permutation.
  func probes(
    of layers: [String], on data: ProbeData, controlsLast: Bool = false, onFit: () -> Void = {}
  ) throws -> (probes: [LinearProbe], control: ControlDraws) {
    let train = try features(of: layers, on: data.train, dataset: data.dataset, processes: data.processes)
    let test = try features(of: layers, on: data.test, dataset: data.dataset, processes: data.processes)
    let probed = layers.compactMap { layer in
      train[layer].flatMap { fitted in test[layer].map { (layer: layer, fitted: fitted, judged: $0) } }
    }
    var fits = probed.map { ProbeFit(layer: $0.layer) }
    if controlsLast, let last = probed.last {
      fits += (0..<UInt64(ControlDraws.count)).map { ProbeFit(layer: last.layer, permutation: $0) }
    }
    var prepared: (layer: String, fit: ClassifierFit)?
    let found = try fits.dealt(among: data.processes, features: train) { fit in
      defer { onFit() }
      guard let fitted = train[fit.layer], let judged = test[fit.layer] else {
        preconditionFailure("no features of \(fit.layer)")
      }
      let own = try prepared.flatMap { $0.layer == fit.layer ? $0.fit : nil } ?? ClassifierFit(fitted)
      prepared = (fit.layer, own)
      return try LinearProbe(
        layer: fit.layer, own, test: judged, on: data, labels: fit.permutation.map { data.permuted(seed: $0) }
      ).tensors()
    }
    let probes = try zip(fits, found).map { try LinearProbe(layer: $0.layer, tensors: $1) }
    return (Array(probes.prefix(probed.count)), ControlDraws(probes.dropFirst(probed.count).map(\.accuracy)))
  }
}

extension LinearProbe {
  /// What other processes need to know of it.
  fileprivate func tensors() throws -> [Tensor] { [try Tensor([penalty]), try Tensor(isCorrect.map { $0 ? 1 : 0.0 })] }

  fileprivate init(layer: String, tensors: [Tensor]) throws {
    let isCorrect = try tensors[1].array(of: Double.self).map { $0 == 1 }
    self.init(
      layer: layer, accuracy: Analysis.accuracy(isCorrect), isCorrect: isCorrect,
      penalty: try tensors[0].array(of: Double.self)[0])
  }
}
