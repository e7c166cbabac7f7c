import Models
import Torch

/// An exponential moving average of what training moves: `average ← d · average + (1 − d) · weight`, after every step;
/// running statistics are averaged likewise.
///
/// The decay warms up, `d = min(decay, (1 + t) / (10 + t))` at step t, counted from 1: without that, the average of a run
/// that is short beside `1 / (1 − decay)` steps is mostly the weights that it began with.
///
/// Polyak and Juditsky 1992; the warm-up is that of TensorFlow's `ExponentialMovingAverage` with `num_updates`.
final class WeightAverage {
  private let weights: [Tensor]
  private let averages: [Tensor]
  private let names: [String]
  private let decay: Double
  private let blend: Operator

  init(_ trainable: TrainableParameters, of model: Model, decay: Double) throws {
    let statistics = model.buffers.filter {
      !trainable.frozenLayers.contains(model.program.layerName(ofParameter: $0.key))
    }
    .filter { $0.value.type?.isFloatingPoint == true }.sorted { $0.key < $1.key }
    weights = trainable.tensors + statistics.map(\.value)
    names =
      trainable.names.indices.map { Self.weightName($0, in: trainable) } + statistics.map { "buffer.\($0.key)" }
    averages = try weights.map { try $0.detached().cloned() }
    self.decay = decay
    blend = try Operator("aten::_foreach_lerp_", overload: "Scalar")
  }

  private static func weightName(_ index: Int, in trainable: TrainableParameters) -> String {
    "weight.\(index).\(trainable.names[index])"
  }

  /// Under which name ``state`` has a parameter's average.
  static func name(ofWeight index: Int, in trainable: TrainableParameters) -> String {
    "average." + weightName(index, in: trainable)
  }

  /// - Parameter step: counted over the whole run, from 1.
  func afterStep(_ step: Int) throws {
    let own = min(decay, Double(1 + step) / Double(10 + step))
    _ = try withoutGradients { try blend([.tensors(averages), .tensors(weights), .double(1 - own)]) }
  }

  /// Runs `body` with the averages in the weights' places.
  func whileInPlace<Result>(_ body: () throws -> Result) throws -> Result {
    try exchange()
    let result = Swift.Result { try body() }
    try exchange()
    return try result.get()
  }

  private func exchange() throws {
    try withoutGradients {
      for (weight, average) in zip(weights, averages) {
        let kept = try weight.detached().cloned()
        try weight.copyInPlace(from: average)
        try average.copyInPlace(from: kept)
      }
    }
  }

  /// The averages by name.
  var state: [String: Tensor] { Dictionary(uniqueKeysWithValues: zip(names, averages).map { ("average." + $0, $1) }) }

  func restore(_ state: [String: Tensor]) throws {
    for (name, average) in zip(names, averages) {
      guard let stored = state["average." + name] else {
        throw TrainingError.badResume("the average of '\(name)' is missing")
      }
      try average.copyInPlace(from: stored)
    }
  }
}
