import Foundation

/// How the learning rate changes over a run, as a factor of the base rate.
public struct Schedule: Sendable, Codable, Equatable {
  public enum Shape: Sendable, Codable, Equatable {
    case constant
    /// Multiplied by `factor` after every `epochs` epochs.
    case step(epochs: Int, factor: Double)
    /// Half a cosine, from 1 to 0 at the last step.
    case cosine
  }

  public var shape: Shape
  /// Epochs over which the rate rises linearly from zero.
  public var warmupEpochs: Double

  public init(_ shape: Shape = .constant, warmupEpochs: Double = 0) {
    self.shape = shape
    self.warmupEpochs = warmupEpochs
  }

  /// The factor at a step, counted from 0 over the whole run.
  public func factor(step: Int, stepsPerEpoch: Int, epochCount: Int) -> Double {
    let warmupSteps = Int((warmupEpochs * Double(stepsPerEpoch)).rounded())
    let total = stepsPerEpoch * epochCount
    if step < warmupSteps { return Double(step + 1) / Double(warmupSteps) }
    switch shape {
    case .constant: return 1
    case .step(let epochs, let factor): return pow(factor, Double(step / max(1, stepsPerEpoch * epochs)))
    case .cosine:
      let progress = Double(step - warmupSteps) / Double(max(1, total - warmupSteps))
      return 0.5 * (1 + cos(.pi * min(1, progress)))
    }
  }
}

extension Schedule.Shape {
  /// `constant`, `cosine`, `step` or `step:EPOCHS,FACTOR`.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    switch (parts.first, parts.count) {
    case ("constant", 1): self = .constant
    case ("cosine", 1): self = .cosine
    case ("step", 1): self = .step(epochs: 1, factor: 0.1)
    case ("step", 2):
      let values = parts[1].split(separator: ",").map(String.init)
      guard values.count == 2, let epochs = Int(values[0]), epochs > 0, let factor = Double(values[1]), factor > 0
      else { return nil }
      self = .step(epochs: epochs, factor: factor)
    default: return nil
    }
  }
}
