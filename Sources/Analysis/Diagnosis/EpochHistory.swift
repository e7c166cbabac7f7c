import Checkpoints
import Datasets
import Models
import Torch

/// Drift, similarity and probes by layer and epoch: when it happened, and where first.
public struct EpochHistory: Sendable {
  /// One epoch, layer by layer, in the order of ``EpochHistory/layers``.
  public struct Epoch: Sendable {
    public let epoch: Int
    /// ‖wₑ − w⁰‖ / ‖w⁰‖.
    public let drift: [Double]
    /// Debiased CKA with epoch 0 on source examples.
    public let similarity: [Double]
    /// Accuracy of a probe at epoch 0 minus at this epoch; NaN without probes.
    public let probeDrop: [Double]
  }

  public let layers: [String]
  /// In order; of a long run some, evenly spaced, the first and the last among them.
  public let epochs: [Epoch]

  /// The layer whose similarity with epoch 0 was the first to fall by a tenth, and the epoch; nil where none did.
  public var firstToChange: (layer: String, epoch: Int)? {
    for entry in epochs {
      let moved = layers.indices.filter { entry.similarity[$0] < 0.9 }
      if let first = moved.min(by: { entry.similarity[$0] < entry.similarity[$1] }) {
        return (layers[first], entry.epoch)
      }
    }
    return nil
  }

  /// At most so many epochs are looked at.
  static let mostEpochs = 8

  /// Some epochs after epoch 0, evenly spaced.
  static func chosen(from epochs: [Int]) -> [Int] {
    let later = epochs.filter { $0 > 0 }
    guard later.count > mostEpochs else { return later }
    return (0..<mostEpochs).map { later[$0 * (later.count - 1) / (mostEpochs - 1)] }
  }
}

/// What is known of probes before the epochs are gone through.
struct FittedProbes {
  let data: ProbeData
  /// At epoch 0.
  let before: [LinearProbe]
  /// What was lost by the epoch that the model after is of.
  let after: (epoch: Int, drops: [String: Double])

  /// What was lost by an epoch, measured where it is not known yet.
  func drops(of model: Model, epoch: Int, layers: [String]) throws -> [String: Double] {
    epoch == after.epoch ? after.drops : LinearProbe.drops(from: before, to: try model.probes(of: layers, on: data))
  }
}

extension JudgedPair {
  /// Measures every epoch of the run that the pair is of.
  ///
  /// - Parameter probes: nil leaves probes out.
  func history(
    of run: Run, units: [RewindUnit], probes: FittedProbes?, sampleCount: Int
  ) throws -> EpochHistory {
    let names = units.map(\.name)
    let epochs = try EpochHistory.chosen(from: run.epochs).map { epoch -> EpochHistory.Epoch in
      let model = try Model(Checkpoint(contentsOf: run.checkpointPath(epoch: epoch)), device: before.device)
      let similarity = try similarity(of: names, before, model, sampleCount: sampleCount)
      let drops = try probes?.drops(of: model, epoch: epoch, layers: names) ?? [:]
      return EpochHistory.Epoch(
        epoch: epoch, drift: try units.map { try drift(of: $0, to: model) },
        similarity: names.map { similarity[$0]?.value ?? .nan }, probeDrop: names.map { drops[$0] ?? .nan })
    }
    return EpochHistory(layers: names, epochs: epochs)
  }
}
