import Findings
import Models

/// What linear probes of the layers lost, with probes to compare them with.
struct LayerProbesMeasure {
  private let layers: [String]
  private let data: ProbeData
  /// At epoch 0.
  private let before: [LinearProbe]
  /// What was lost by the epoch that the model after is of.
  let drops: [String: Estimate]
  private let epoch: Int
  let controls: ProbeControls

  /// - Parameters:
  ///   - untrained: a network that was never trained.
  ///   - epoch: that the model after is of.
  init(_ models: ComparedModels, layers: [String], data: ProbeData, untrained: Model, epoch: Int) throws {
    self.layers = layers
    self.data = data
    self.epoch = epoch
    before = try models.before.probes(of: layers, on: data)
    drops = LinearProbe.drops(from: before, to: try models.after.probes(of: layers, on: data))
    controls =
      try layers.last.map { last in
        ProbeControls(
          permuted: try models.after.control(on: last, data),
          untrained: try untrained.probes(of: [last], on: data).first?.accuracy ?? .nan)
      } ?? ProbeControls()
  }

  /// What was lost by an epoch, measured where it is not known yet.
  func drops(of model: Model, epoch: Int) throws -> [String: Estimate] {
    epoch == self.epoch ? drops : LinearProbe.drops(from: before, to: try model.probes(of: layers, on: data))
  }
}
