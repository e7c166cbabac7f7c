import Datasets
import Models
import Programs
import Torch

extension Model {
  /// Measures the running statistics of all normalization layers anew, on a task's inputs; weights stay as they are.
  ///
  /// Only the normalization layers run in training mode. Their statistics become the plain mean over batches of the
  /// batches' statistics, as `torch.nn.BatchNorm2d(momentum=None)` accumulates them.
  ///
  /// - Parameters:
  ///   - batchSize: a last batch of one example is left out, as it has no variance.
  ///   - count: examples to use at most, from the start of the split.
  /// - Returns: the layers measured; none where the model has no running statistics.
  /// - Throws: ``EvaluationError`` where the data does not fit the model.
  @discardableResult
  public func reestimateNormalization(
    on split: Split, dataset: String, batchSize: Int = 256, count: Int = .max
  ) throws -> [String] {
    let layers = normalizations
    guard !layers.isEmpty else { return [] }
    try checkInputs(of: split, dataset: dataset)
    let statistics = layers.flatMap { layer in [layer.mean, layer.variance].map { (layer.momentum, $0) } }
    var sums: [Tensor] = []
    var batchCount = 0
    let others = Set(program.nodes.map(\.layer)).subtracting(layers.map(\.name))
    try withoutGradients {
      sums = try statistics.map { try Tensor.zeros($1.shape, type: .float64, device: device) }
      let order = Array(0..<min(count, split.count))
      for batch in try Batches(split: split, batchSize: batchSize, order: order, device: device) {
        if batchCount > 0, batch.indices.count == 1 { break }
        for (_, tensor) in statistics { try tensor.fill(0) }
        _ = try run(try batch.modelInputs(for: self), mode: .training(exceptLayers: others))
        // From zero, one update leaves momentum × the batch's own statistic.
        for (sum, (momentum, tensor)) in zip(sums, statistics) {
          try sum.addInPlace(tensor.to(.float64).divide(by: momentum))
        }
        batchCount += 1
      }
      for (sum, (_, tensor)) in zip(sums, statistics) {
        try tensor.copyInPlace(from: sum.divide(by: Double(max(1, batchCount))))
      }
      for layer in layers { try buffers[layer.name + ".num_batches_tracked"]?.fill(Double(batchCount)) }
    }
    return layers.map(\.name)
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
