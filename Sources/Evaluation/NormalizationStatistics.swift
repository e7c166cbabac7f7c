import Datasets
import Metrics
import Models
import Programs
import Torch

extension Model {
  /// Measures the running statistics of all normalization layers anew, on a task's inputs; weights stay as they are.
  ///
  /// Only the normalization layers run in training mode: each normalizes by its own batch, as in training. Their
  /// statistics become the mean and the unbiased variance of all that reached them,
  /// `(Σ (m_b − 1) v_b + Σ m_b (μ_b − μ)²) / (Σ m_b − 1)` over batches `b` with `m_b` values of mean `μ_b` and
  /// variance `v_b`, in float64: what `running_var` holds after one batch of everything. (Averages of the batches'
  /// variances, which `torch.nn.BatchNorm2d(momentum=None)` accumulates, leave out what lies between batches.)
  ///
  /// Batches are made by the examples' contents, so the order of the file does not matter.
  ///
  /// - Parameters:
  ///   - batchSize: changed where a last batch would be of one example, which need not have a variance.
  ///   - count: examples to use at most, drawn from the whole split.
  ///   - seed: of that draw.
  ///   - processes: those that measure together, each the same model on the same examples; nil for one by itself.
  /// - Returns: the layers measured; none where the model has no running statistics.
  /// - Throws: ``EvaluationError`` where the data does not fit the model.
  @discardableResult
  public func reestimateNormalization(
    on split: Split, dataset: String, batchSize: Int = 256, count: Int = .max, seed: UInt64 = 0,
    processes: ProcessGroup? = nil
  ) throws -> [String] {
    let layers = normalizations
    guard !layers.isEmpty, split.count > 0 else { return [] }
    try checkInputs(of: split, dataset: dataset)
    let order = try Self.statisticsOrder(of: split, count: count, seed: seed)
    let others = Set(program.nodes.map(\.layer)).subtracting(layers.map(\.name))
    return try withoutGradients {
      let places = try placeCounts(of: layers, on: split, example: order[0])
      let size = Self.statisticsBatchSize(batchSize, of: order.count)
      let batches = try Batches(split: split, batchSize: size, order: order, device: device)
      let pass = SharedPass(over: processes, on: device)
      // Of each layer a row a batch.
      var (means, variances): ([String: [Tensor]], [String: [Tensor]]) = ([:], [:])
      for batch in pass.part(of: batches) {
        for layer in layers {
          try layer.mean.fill(0)
          try layer.variance.fill(0)
        }
        _ = try run(try batch.modelInputs(for: self), mode: .training(exceptLayers: others))
        for (position, layer) in layers.enumerated() {
          // From zero, one update leaves momentum × the batch's own statistic.
          func row(_ statistic: Tensor) throws -> Tensor {
            try statistic.to(.float64).divide(by: layer.momentum).reshaped([1, -1])
          }
          means["\(position)", default: []].append(try row(layer.mean))
          variances["\(position)", default: []].append(try row(layer.variance))
        }
      }
      let (allMeans, allVariances) = (try pass.joined(means), try pass.joined(variances))
      for (position, layer) in layers.enumerated() {
        guard let means = allMeans["\(position)"], let variances = allVariances["\(position)"] else { continue }
        var moments = try RunningMoments(shape: layer.mean.shape, device: device)
        for batch in 0..<batches.batchCount {
          func statistic(_ rows: Tensor) throws -> Tensor {
            try rows.narrowed(from: batch, count: 1).reshaped(layer.mean.shape)
          }
          try moments.add(
            mean: statistic(means), variance: statistic(variances),
            count: min(size, order.count - batch * size) * places[position])
        }
        try layer.mean.copyInPlace(from: moments.mean)
        try layer.variance.copyInPlace(from: moments.unbiasedVariance())
        try buffers[layer.name + ".num_batches_tracked"]?.fill(Double(batches.batchCount))
      }
      return layers.map(\.name)
    }
  }

  /// Which examples are read, in the order of their batches.
  static func statisticsOrder(of split: Split, count: Int, seed: UInt64) throws -> [Int] {
    var random = RandomSource(seed: seed)
    return try split.orderedByContents(
      count < split.count ? random.sample(count, of: split.count) : Array(0..<split.count))
  }

  /// The nearest size of batches that leaves no last one of a single example.
  static func statisticsBatchSize(_ wanted: Int, of count: Int) -> Int {
    let sizes = Array(stride(from: max(2, wanted), through: 2, by: -1)) + Array(max(2, wanted)...max(2, wanted, count))
    return sizes.first { count % $0 != 1 } ?? max(2, count)
  }

  /// How many values of a channel each layer gets of one example: the places of its output.
  private func placeCounts(of layers: [Normalization], on split: Split, example: Int) throws -> [Int] {
    // Two, as some programs do not take a batch of one.
    let batches = try Batches(split: split, batchSize: 2, order: [example, example], device: device)
    guard let batch = batches.makeIterator().next() else { return layers.map { _ in 1 } }
    let known = layers.map(\.name).filter { program.layer(named: $0) != nil }
    let outputs = try run(try batch.modelInputs(for: self), capture: known).features
    return layers.map { max(1, (outputs[$0.name]?.count ?? 0) / (2 * $0.mean.count)) }
  }

  private struct Normalization {
    let name: String
    let mean: Tensor
    let variance: Tensor
    let momentum: Double
  }

  /// The layers that keep running statistics and move them.
  private var normalizations: [Normalization] {
    program.nodes.compactMap { node in
      guard node.operatorName == "aten::batch_norm" else { return nil }
      func buffer(_ argument: String) -> Tensor? {
        guard case .value(let name)? = node.inputs.first(where: { $0.name == argument })?.value else { return nil }
        return buffers[name]
      }
      guard let mean = buffer("running_mean"), let variance = buffer("running_var"),
        case .double(let momentum)? = node.inputs.first(where: { $0.name == "momentum" })?.value, momentum > 0
      else { return nil }
      return Normalization(name: node.layer, mean: mean, variance: variance, momentum: momentum)
    }
  }
}

/// Mean and summed squared deviation of each channel, put together from batches (Chan, Golub and LeVeque 1979): no
/// cancellation between large sums.
private struct RunningMoments {
  private var count = 0.0
  private(set) var mean: Tensor
  private var squaredDeviation: Tensor

  init(shape: [Int], device: Device) throws {
    mean = try Tensor.zeros(shape, type: .float64, device: device)
    squaredDeviation = try Tensor.zeros(shape, type: .float64, device: device)
  }

  /// - Parameter variance: the batch's unbiased one.
  mutating func add(mean batchMean: Tensor, variance: Tensor, count batchCount: Int) throws {
    let part = Double(batchCount)
    let total = count + part
    let difference = try batchMean.subtract(mean)
    mean = try mean.add(difference, scaledBy: part / total)
    // One value has no variance of its own.
    if batchCount > 1 { squaredDeviation = try squaredDeviation.add(variance, scaledBy: part - 1) }
    squaredDeviation = try squaredDeviation.add(difference.squared(), scaledBy: count * part / total)
    count = total
  }

  func unbiasedVariance() throws -> Tensor { try squaredDeviation.divide(by: max(1, count - 1)) }
}
