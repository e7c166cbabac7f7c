import Datasets
import Evaluation
import Metrics
import Models
import Torch

/// The rows that probes of a model's layers, or its head, are fitted to: the same places of the same examples for every
/// layer.
struct ProbeRows {
  static let batchSize = 50
  /// Places of an example that are drawn for probes, at most.
  private static let placeCount = 8
  /// What the head's input is called among layers.
  static let headInput = "head input"
  /// The layers that have rows for the labels, in the order they were asked for.
  let layers: [String]
  /// Of each layer `[rows, width]`.
  private let features: [String: Tensor]
  private var targets: Targets
  /// Rows of the first four fifths of the examples.
  private let fittedCount: Int

  /// What is right of each row.
  private enum Targets {
    case classes([Int32])
    /// Of each label.
    case labels([[Int32]])
    /// `[rows, numbers]`, float64.
    case numbers(Tensor)
  }

  /// Of layers.
  init(of layers: [String], in model: Model, on data: KindProbeData) throws {
    try self.init(of: layers, on: data, device: model.device, placeCount: Self.placeCount) {
      try model.run(try $0.modelInputs(for: model), capture: layers).features
    }
  }

  /// Of what enters the classifier, which is called ``headInput``.
  ///
  /// - Parameter placeCount: places of an example that are drawn, at most.
  init(enteringHeadOf model: Model, on data: KindProbeData, placeCount: Int) throws {
    let name = Self.headInput
    try self.init(of: [name], on: data, device: model.device, placeCount: placeCount) {
      try model.readoutInput($0.modelInputs(for: model)).map { [name: $0] } ?? [:]
    }
  }

  private init(
    of layers: [String], on data: KindProbeData, device: Device, placeCount: Int,
    _ featuresOf: (Batch) throws -> [String: Tensor]
  ) throws {
    var parts: [String: [Tensor]] = [:]
    var classes: [Int32] = []
    var numbers: [Tensor] = []
    var isLabels = false
    var (rowCount, exampleCount, fitted) = (0, 0, 0)
    let mostFitted = data.train.count * 4 / 5
    var random = RandomSource(seed: 12)
    try withoutGradients {
      for batch in try Batches(split: data.train, batchSize: Self.batchSize, device: device) {
        let output = try featuresOf(batch)
        guard let own = try data.kind.probeTargets(of: batch.labels) else { return }
        var drawn: [(example: Int, place: Int)] = []
        switch own {
        case .classes(let labels):
          let found = try labels.array(of: Int64.self)
          let width = labels.shape.dropFirst().reduce(1, *)
          for example in 0..<labels.shape[0] {
            let counted = (0..<width).filter { found[example * width + $0] != Dataset.ignoredLabel }
            let places = random.sample(placeCount, of: counted.count).map { counted[$0] }
            drawn += places.map { (example, $0) }
            classes += places.map { Int32(found[example * width + $0]) }
          }
        case .labels(let values), .numbers(let values):
          if case .labels = own { isLabels = true }
          drawn = (0..<values.shape[0]).map { ($0, 0) }
          numbers.append(try values.to(.float64).reshaped([values.shape[0], -1]))
        }
        for layer in layers {
          guard let features = output[layer], let placed = try PlacedFeatures(features, for: own) else { continue }
          let rows = try Tensor(drawn.map { placed.row($0.place, of: $0.example) }, device: device)
          parts[layer, default: []].append(try placed.rows.selecting(rows, along: 0))
        }
        // The fifth that the penalty is chosen on has examples of its own.
        fitted += drawn.count { exampleCount + $0.example < mostFitted }
        rowCount += drawn.count
        exampleCount += batch.indices.count
      }
    }
    self.layers = layers.filter { parts[$0] != nil }
    features = try parts.mapValues { try Tensor.concatenated($0) }
    fittedCount = fitted
    guard !numbers.isEmpty else {
      targets = .classes(classes)
      return
    }
    let all = try Tensor.concatenated(numbers)
    guard isLabels else {
      targets = .numbers(all)
      return
    }
    let (values, width) = (try all.array(of: Double.self), all.shape[1])
    targets = .labels((0..<width).map { label in (0..<rowCount).map { Int32(values[$0 * width + label]) } })
  }

  /// With what is right of each row in random order.
  func permuted(seed: UInt64) throws -> ProbeRows {
    var random = RandomSource(seed: seed ^ 0x7065_726D)
    var result = self
    switch targets {
    case .classes(let classes):
      result.targets = .classes(random.permutation(count: classes.count).map { classes[$0] })
    case .labels(let labels):
      let order = random.permutation(count: labels.first?.count ?? 0)
      result.targets = .labels(labels.map { label in order.map { label[$0] } })
    case .numbers(let numbers):
      let order = random.permutation(count: numbers.shape[0]).map(Int64.init)
      result.targets = .numbers(try numbers.selecting(Tensor(order, device: numbers.device), along: 0))
    }
    return result
  }

  /// A map whose penalty is chosen on the last fifth of the examples, then fitted to all of them; and how well one with
  /// that penalty did on the fifth, higher is better, to compare layers by.
  ///
  /// - Parameters:
  ///   - known: of classes, a layer that the map is fitted on from; nil for none.
  ///   - hasBias: whether the map has one.
  func fit(
    _ layer: String, classCount: Int, from known: LinearLayer? = nil, hasBias: Bool = true
  ) throws -> (map: LinearMap, penalty: Double, heldOutMerit: Double) {
    guard let features = features[layer] else { preconditionFailure("no rows of \(layer)") }
    let count = features.shape[0]
    let said = try known?.outputs(features)
    func map(_ rows: Range<Int>, _ penalty: Double, iterations: Int, _ prepared: PreparedFeatures) throws -> LinearMap {
      let own = try said?.narrowed(from: rows.lowerBound, count: rows.count)
      return try self.map(prepared, rows: rows, penalty, classCount, iterations: iterations, known, saying: own)
    }
    var best = (penalty: 1e-2, merit: -Double.infinity)
    if fittedCount > 0, fittedCount < count {
      let prepared = try PreparedFeatures(features.narrowed(from: 0, count: fittedCount), hasBias: hasBias)
      let held = try features.narrowed(from: fittedCount, count: count - fittedCount)
      for penalty in [1.0, 1e-1, 1e-2, 1e-3] {
        let map = try map(0..<fittedCount, penalty, iterations: 60, prepared)
        let merit = try merit(of: map.outputs(held), rows: fittedCount..<count)
        if merit > best.merit { best = (penalty, merit) }
      }
    }
    let all = try PreparedFeatures(features, hasBias: hasBias)
    return (try map(0..<count, best.penalty, iterations: 100, all), best.penalty, best.merit)
  }

  private func map(
    _ prepared: PreparedFeatures, rows: Range<Int>, _ penalty: Double, _ classCount: Int, iterations: Int,
    _ known: LinearLayer?, saying said: Tensor?
  ) throws -> LinearMap {
    func regression(_ labels: [Int32], _ classCount: Int) throws -> LogisticRegression {
      try LogisticRegression(
        prepared, labels: Array(labels[rows]), classCount: classCount, penalty: penalty, iterations: iterations,
        from: said)
    }
    switch targets {
    case .classes(let classes): return .classes(try regression(classes, classCount), from: known)
    case .labels(let labels): return .labels(try labels.map { try regression($0, 2) })
    case .numbers(let numbers):
      let own = try numbers.narrowed(from: rows.lowerBound, count: rows.count)
      return .numbers(try RidgeRegression(prepared, targets: own, penalty: penalty))
    }
  }

  /// How well outputs say what is right: by the mean log probability, or by less squared error.
  private func merit(of outputs: Tensor, rows: Range<Int>) throws -> Double {
    switch targets {
    case .classes(let classes):
      let labels = try Tensor(classes[rows].map(Int64.init), device: outputs.device)
      return try -outputs.crossEntropy(with: labels, reduction: .sum).item()
    case .labels(let labels):
      let columns = try labels.map { label in
        try Tensor(label[rows].map(Double.init), shape: [rows.count, 1], device: outputs.device)
      }
      return try -outputs.binaryCrossEntropy(with: Tensor.concatenated(columns, along: 1)).item()
    case .numbers(let numbers):
      return try -outputs.subtract(numbers.narrowed(from: rows.lowerBound, count: rows.count)).squared().sum().item()
    }
  }
}
