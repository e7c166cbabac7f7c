/// What every layer was like at an epoch, in the order of the diagnosis's layers.
public struct LayersAtEpoch: Sendable, Codable {
  /// The epoch.
  public var epoch: Int
  /// ‖wₑ − w⁰‖ / ‖w⁰‖.
  public var drift: [Double]
  /// Debiased CKA with epoch 0 on source examples.
  public var similarity: [Double]
  /// Score of a probe at epoch 0 minus at this epoch; NaN without probes.
  public var probeDrop: [Double]

  enum CodingKeys: String, CodingKey {
    case epoch, drift
    case similarity = "cka"
    case probeDrop
  }

  /// - Parameters: see the properties.
  public init(epoch: Int, drift: [Double], similarity: [Double], probeDrop: [Double]) {
    self.epoch = epoch
    self.drift = drift
    self.similarity = similarity
    self.probeDrop = probeDrop
  }
}
