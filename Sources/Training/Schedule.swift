import Foundation

/// How the learning rate changes over a run, as a factor of the base rate.
public struct Schedule: Sendable, Codable, Equatable {
  /// The course of the factor after the warm-up.
  public enum Shape: Sendable, Codable, Equatable {
    case constant
    /// Multiplied by `factor` after every `epochs` epochs.
    case step(epochs: Int, factor: Double)
    /// Multiplied by `factor` after every epoch.
    case exponential(factor: Double)
    /// Half a cosine, from 1 to 0 at the last step.
    case cosine
    /// Up by half a cosine over the first `rise` of the steps from `1 / divisor`, then down to
    /// `1 / (divisor · finalDivisor)`; momentum stays. Smith and Topin 2018, as `torch.optim.lr_scheduler.OneCycleLR`.
    case oneCycle(rise: Double, divisor: Double, finalDivisor: Double)
    /// Up in a line over the first `cut` of the steps from `1 / ratio`, then down to it again.
    /// Howard and Ruder 2018, equation 3.
    case slantedTriangular(cut: Double, ratio: Double)
    /// Multiplied by `factor` when the target's accuracy has not risen for more than `patience` epochs.
    case plateau(patience: Int, factor: Double)
  }

  /// The course after the warm-up.
  public var shape: Shape
  /// Epochs over which the rate rises linearly from zero.
  public var warmupEpochs: Double

  /// A course, after a warm-up.
  ///
  /// - Parameter warmupEpochs: epochs over which the rate rises linearly from zero; may be a fraction of one.
  public init(_ shape: Shape = .constant, warmupEpochs: Double = 0) {
    self.shape = shape
    self.warmupEpochs = warmupEpochs
  }

  /// The factor at a step, counted from 0 over the whole run; of a plateau's shape, the warm-up alone.
  ///
  /// - Parameter stepLimit: the steps of the run, where it ends within an epoch; nil for whole epochs.
  public func factor(step: Int, stepsPerEpoch: Int, epochCount: Int, stepLimit: Int? = nil) -> Double {
    let warmupSteps = Int((warmupEpochs * Double(stepsPerEpoch)).rounded())
    if step < warmupSteps { return Double(step + 1) / Double(warmupSteps) }
    let own = step - warmupSteps
    let total = max(1, min(stepsPerEpoch * epochCount, stepLimit ?? .max) - warmupSteps)
    switch shape {
    case .constant, .plateau: return 1
    case .step(let epochs, let factor): return pow(factor, Double(step / max(1, stepsPerEpoch * epochs)))
    case .exponential(let factor): return pow(factor, Double(step / max(1, stepsPerEpoch)))
    case .cosine: return Self.cosine(from: 1, to: 0, at: Double(own) / Double(total))
    case .oneCycle(let rise, let divisor, let finalDivisor):
      let peak = rise * Double(total) - 1
      if peak > 0, Double(own) <= peak { return Self.cosine(from: 1 / divisor, to: 1, at: Double(own) / peak) }
      let progress = (Double(own) - peak) / (Double(total - 1) - peak)
      return Self.cosine(from: 1, to: 1 / (divisor * finalDivisor), at: progress)
    case .slantedTriangular(let cutFraction, let ratio):
      let cut = max(1, (Double(total) * cutFraction).rounded(.down))
      let height =
        Double(own) < cut ? Double(own) / cut : 1 - (Double(own) - cut) / (cut * (1 / cutFraction - 1))
      return (1 + max(0, height) * (ratio - 1)) / ratio
    }
  }

  private static func cosine(from start: Double, to end: Double, at progress: Double) -> Double {
    end + (start - end) / 2 * (1 + cos(.pi * min(1, max(0, progress))))
  }
}

extension Schedule.Shape {
  /// How each is written, with what it is when its numbers are left out.
  public static let forms = [
    "constant", "step:EPOCHS,FACTOR (1,0.1)", "exponential:FACTOR (0.9)", "cosine",
    "one-cycle:RISE,DIVISOR,FINAL (0.3,25,10000)", "slanted:CUT,RATIO (0.1,32)", "plateau:PATIENCE,FACTOR (2,0.1)",
  ]

  /// What each is called.
  public static var names: [String] { forms.map { String($0.prefix { !":( ".contains($0) }) } }

  /// As it is written, all its numbers in it.
  public var text: String {
    func written(_ name: String, _ numbers: Double...) -> String {
      name + ":" + numbers.map { $0 == $0.rounded() ? String(format: "%.0f", $0) : "\($0)" }.joined(separator: ",")
    }
    switch self {
    case .constant: return "constant"
    case .cosine: return "cosine"
    case .step(let epochs, let factor): return written("step", Double(epochs), factor)
    case .exponential(let factor): return written("exponential", factor)
    case .oneCycle(let rise, let divisor, let final): return written("one-cycle", rise, divisor, final)
    case .slantedTriangular(let cut, let ratio): return written("slanted", cut, ratio)
    case .plateau(let patience, let factor): return written("plateau", Double(patience), factor)
    }
  }

  /// A shape as it is written: a name, then perhaps a colon and all its numbers. Nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let given =
      parts.count == 1 ? [] : parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let numbers = given.compactMap { Double($0) }
    guard numbers.count == given.count, numbers.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
    func values(_ standard: [Double]) -> [Double]? {
      numbers.isEmpty && parts.count == 1 ? standard : numbers.count == standard.count ? numbers : nil
    }
    func isCount(_ value: Double, atLeast least: Double) -> Bool { value >= least && Int(exactly: value) != nil }
    switch parts.first {
    case "constant":
      guard values([]) != nil else { return nil }
      self = .constant
    case "cosine":
      guard values([]) != nil else { return nil }
      self = .cosine
    case "step":
      guard let numbers = values([1, 0.1]), isCount(numbers[0], atLeast: 1), numbers[1] > 0 else { return nil }
      self = .step(epochs: Int(numbers[0]), factor: numbers[1])
    case "exponential":
      guard let numbers = values([0.9]), numbers[0] > 0 else { return nil }
      self = .exponential(factor: numbers[0])
    case "one-cycle":
      guard let numbers = values([0.3, 25, 1e4]), (0..<1).contains(numbers[0]), numbers[1] >= 1, numbers[2] >= 1
      else { return nil }
      self = .oneCycle(rise: numbers[0], divisor: numbers[1], finalDivisor: numbers[2])
    case "slanted":
      guard let numbers = values([0.1, 32]), numbers[0] > 0, numbers[0] < 1, numbers[1] >= 1 else { return nil }
      self = .slantedTriangular(cut: numbers[0], ratio: numbers[1])
    case "plateau":
      guard let numbers = values([2, 0.1]), isCount(numbers[0], atLeast: 0), numbers[1] > 0, numbers[1] < 1
      else { return nil }
      self = .plateau(patience: Int(numbers[0]), factor: numbers[1])
    default: return nil
    }
  }
}

/// Whether a number still rises, epoch by epoch.
struct PlateauMeter: Codable, Equatable {
  private(set) var best: Double?
  private(set) var waited = 0

  /// Takes an epoch's number.
  ///
  /// - Returns: whether it has not risen for more than `patience` epochs; the wait then begins again.
  mutating func isPlateau(_ value: Double, patience: Int) -> Bool {
    if best.map({ value > $0 }) ?? true {
      (best, waited) = (value, 0)
      return false
    }
    waited += 1
    guard waited > patience else { return false }
    waited = 0
    return true
  }
}
