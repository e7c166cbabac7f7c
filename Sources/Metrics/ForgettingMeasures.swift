/// How far the accuracy on the source task fell while a network was fine-tuned on another, read in five ways.
///
/// All are differences of fractions (0.02 is two points); positive means forgotten. With `A(e)` the source accuracy
/// after epoch `e`, and `A(0)` the one before any fine-tuning:
/// `final = A(0) − A(last)`, `maxMinusFinal = max A − A(last)`, `worst = A(0) − min A` (the stability gap),
/// `relative = final / (A(0) − chance)`, `area = mean over e ≥ 1 of A(0) − A(e)`.
///
/// None of them tells noise from loss: see ``PairedComparison`` for that.
public struct ForgettingMeasures: Sendable, Codable, Equatable {
  /// Accuracy before fine-tuning minus accuracy after the last measured epoch.
  public let final: Double
  /// Best accuracy of any epoch minus the last: never negative.
  public let maxMinusFinal: Double
  /// Accuracy before fine-tuning minus the lowest of any epoch: never negative.
  public let worst: Double
  /// `final` as a share of what the source model had above chance; `nil` if it had nothing above chance.
  public let relative: Double?
  /// Mean drop over the epochs after epoch 0; 0 if there are none.
  public let area: Double

  /// Computes the measures of one fine-tuning.
  ///
  /// - Parameters:
  ///   - sourceAccuracy: fractions by epoch, epoch 0 first. NaN marks an epoch that was not measured;
  ///     epoch 0 must have been.
  ///   - chance: accuracy of guessing, usually one over the number of source classes.
  public init(sourceAccuracy: [Double], chance: Double) {
    guard let before = sourceAccuracy.first, !before.isNaN else {
      preconditionFailure("source accuracy of epoch 0 is missing from \(sourceAccuracy)")
    }
    let measured = sourceAccuracy.filter { !$0.isNaN }
    let last = measured[measured.count - 1]
    final = before - last
    maxMinusFinal = measured.reduce(before, max) - last
    worst = before - measured.reduce(before, min)
    relative = before > chance ? (before - last) / (before - chance) : nil
    let later = measured.dropFirst()
    area = later.isEmpty ? 0 : later.reduce(0) { $0 + (before - $1) } / Double(later.count)
  }
}
