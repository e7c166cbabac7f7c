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
  let features: [String: Tensor]
  private var targets: Targets
  /// Rows of the first four fifths of the examples.
  private let fittedCount: Int

  /// What is right of each row.
  fileprivate enum Targets {
    case classes([Int32])
    /// 1 or 0 of each label, `[rows, labels]`, float64.
    case labels(Tensor)
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
    let drawn = try DrawnPlaces(of: data, placeCount: placeCount, device: device)
    let pass = SharedPass(over: data.processes, on: device)
    let batches = try Batches(split: data.train, batchSize: Self.batchSize, device: device)
    var parts: [String: [Tensor]] = [:]
    try withoutGradients {
      for batch in pass.part(of: batches) {
        let output = try featuresOf(batch)
        guard let own = try data.kind.probeTargets(of: batch.labels) else { return }
        let places = drawn.places[batch.indices[0] / Self.batchSize]
        for layer in layers {
          guard let features = output[layer], let placed = try PlacedFeatures(features, for: own) else { continue }
          let rows = try Tensor(places.map { placed.row($0.place, of: $0.example) }, device: device)
          parts[layer, default: []].append(try placed.rows.selecting(rows, along: 0))
        }
      }
    }
    let features = try pass.joined(parts)
    self.features = features
    self.layers = layers.filter { features[$0] != nil }
    (targets, fittedCount) = (drawn.targets, drawn.fittedCount)
  }

  /// With what is right of each row in random order.
  func permuted(seed: UInt64) throws -> ProbeRows {
    var random = RandomSource(seed: seed ^ 0x7065_726D)
    var result = self
    func inOrder(_ rows: Tensor) throws -> Tensor {
      let order = random.permutation(count: rows.shape[0]).map(Int64.init)
      return try rows.selecting(Tensor(order, device: rows.device), along: 0)
    }
    switch targets {
    case .classes(let classes):
      result.targets = .classes(random.permutation(count: classes.count).map { classes[$0] })
    case .labels(let labels): result.targets = .labels(try inOrder(labels))
    case .numbers(let numbers): result.targets = .numbers(try inOrder(numbers))
    }
    return result
  }

  /// What maps of a layer are fitted to that does not depend on what is right of the rows.
  struct Prepared {
    fileprivate let features: Tensor
    fileprivate let all: PreparedFeatures
  }

  /// - Parameter hasBias: whether the map is to have one.
  func prepared(_ layer: String, hasBias: Bool = true) throws -> Prepared {
    guard let features = features[layer] else { preconditionFailure("no rows of \(layer)") }
    return try withoutGradients {
      Prepared(features: features, all: try PreparedFeatures(features, hasBias: hasBias))
    }
  }

  /// A map whose penalty is chosen on the last fifth of the examples, then fitted to all of them from where the trial with
  /// that penalty ended, in one space; and how well the trial did on the fifth, higher is better, to compare layers by.
  ///
  /// - Parameters:
  ///   - known: of classes, a layer that the map is fitted on from; nil for none.
  func fit(
    _ prepared: Prepared, classCount: Int, from known: LinearLayer? = nil
  ) throws -> (map: LinearMap, penalty: Double, heldOutMerit: Double) {
    let count = prepared.features.shape[0]
    let said = try known?.outputs(prepared.features)
    func part(_ rows: Range<Int>) throws -> Tensor? {
      try said?.narrowed(from: rows.lowerBound, count: rows.count)
    }
    var best: (map: LinearMap?, penalty: Double, merit: Double) = (nil, 1e-2, -.infinity)
    // Where there are rows of either part.
    if fittedCount > 0, fittedCount < count {
      let (fitted, held) = (0..<fittedCount, fittedCount..<count)
      let (own, others) = try withoutGradients {
        (try prepared.all.selecting(fitted), try prepared.all.selecting(held).values)
      }
      var last: LinearMap?
      for penalty in ClassifierFit.penalties {
        let map = try map(
          own, rows: fitted, penalty, classCount, known, saying: part(fitted), startingAt: last, isTrial: true)
        let merit = try merit(of: map.outputs(atCoordinates: others, besides: part(held)), rows: held)
        if merit > best.merit { best = (map, penalty, merit) }
        last = map
      }
    }
    let map = try map(
      prepared.all, rows: 0..<count, best.penalty, classCount, known, saying: said, startingAt: best.map,
      isTrial: false)
    return (map, best.penalty, best.merit)
  }

  /// - Parameter isTrial: whether a penalty is to be chosen by it, for which a search need not go all the way.
  private func map(
    _ prepared: PreparedFeatures, rows: Range<Int>, _ penalty: Double, _ classCount: Int, _ known: LinearLayer?,
    saying said: Tensor?, startingAt start: LinearMap?, isTrial: Bool
  ) throws -> LinearMap {
    let iterations = isTrial ? 60 : 100
    func slope(classCount: Int) -> Double {
      isTrial ? LogisticRegression.trialSlope(classCount: classCount) : LimitedMemoryBFGS.smallestSlope
    }
    func own(_ rightOnes: Tensor) throws -> Tensor { try rightOnes.narrowed(from: rows.lowerBound, count: rows.count) }
    switch targets {
    case .classes(let classes):
      let first: LogisticRegression? = if case .classes(let regression, _)? = start { regression } else { nil }
      let regression = try LogisticRegression(
        prepared, labels: Array(classes[rows]), classCount: classCount, penalty: penalty, iterations: iterations,
        from: said, startingAt: first, slope: slope(classCount: classCount))
      return .classes(regression, from: known)
    case .labels(let labels):
      let first: LabelRegression? = if case .labels(let regression)? = start { regression } else { nil }
      return .labels(
        try LabelRegression(
          prepared, labels: own(labels), penalty: penalty, iterations: iterations, startingAt: first,
          slope: slope(classCount: 2)))
    case .numbers(let numbers):
      return .numbers(try RidgeRegression(prepared, targets: own(numbers), penalty: penalty))
    }
  }

  /// How well outputs say what is right: by the mean log probability, or by less squared error.
  private func merit(of outputs: Tensor, rows: Range<Int>) throws -> Double {
    func own(_ rightOnes: Tensor) throws -> Tensor { try rightOnes.narrowed(from: rows.lowerBound, count: rows.count) }
    switch targets {
    case .classes(let classes):
      let labels = try Tensor(classes[rows].map(Int64.init), device: outputs.device)
      return try -outputs.crossEntropy(with: labels, reduction: .sum).item()
    case .labels(let labels): return try -outputs.binaryCrossEntropy(with: own(labels)).item()
    case .numbers(let numbers): return try -outputs.subtract(own(numbers)).squared().sum().item()
    }
  }
}

/// The places that rows are of: the same of all layers, and in all of several processes.
private struct DrawnPlaces {
  /// Of each batch; examples count within it.
  let places: [[(example: Int, place: Int)]]
  let targets: ProbeRows.Targets
  /// Rows of the first four fifths of the examples: the fifth that the penalty is chosen on has examples of its own.
  let fittedCount: Int

  init(of data: KindProbeData, placeCount: Int, device: Device) throws {
    var places: [[(example: Int, place: Int)]] = []
    var classes: [Int32] = []
    var numbers: [Tensor] = []
    var isLabels = false
    var (exampleCount, fitted) = (0, 0)
    let mostFitted = data.train.count * 4 / 5
    var random = RandomSource(seed: 12)
    try withoutGradients {
      for batch in try Batches(split: data.train.withoutInputs, batchSize: ProbeRows.batchSize, device: device) {
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
        fitted += drawn.count { exampleCount + $0.example < mostFitted }
        exampleCount += batch.indices.count
        places.append(drawn)
      }
    }
    (self.places, fittedCount) = (places, fitted)
    guard !numbers.isEmpty else {
      targets = .classes(classes)
      return
    }
    let all = try Tensor.concatenated(numbers)
    targets = isLabels ? .labels(all) : .numbers(all)
  }
}
