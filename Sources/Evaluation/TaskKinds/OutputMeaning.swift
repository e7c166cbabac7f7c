import Findings
import Torch

/// What the numbers are that a program gives for an example: by what two models' outputs for the same examples are
/// compared.
public enum OutputMeaning: Sendable, Equatable {
  /// Scores of classes, along an axis of the outputs: 1 as in `[batch, classes, height, width]`, 2 as in
  /// `[batch, tokens, classes]`.
  case classes(axis: Int)
  /// A score of each label, which is there or not: `[batch, labels]`.
  case labels
  /// Numbers in the label's unit: `[batch, …]`.
  case numbers
}

extension TaskKind {
  /// What has an answer of its own within an example: `tokens`, `pixels`, `labels`; nil where an example has one.
  public var answeredPlaces: String? { outputMeaning == .labels ? JointHead.labels : places }
}

extension OutputMeaning {
  /// The axis of classes in outputs `[batch, …]`; nil of outputs that are none.
  public var classAxis: Int? { if case .classes(let axis) = self { axis } else { nil } }

  /// What is kept of outputs, to compare others with: logarithms of the classes' probabilities; of others, themselves.
  ///
  /// - Parameter temperature: that scores are divided by.
  public func reference(_ outputs: Tensor, temperature: Double = 1) throws -> Tensor {
    switch self {
    case .classes(let axis): try cooled(outputs, temperature).logSoftmax(along: axis)
    case .labels: try cooled(outputs, temperature)
    case .numbers: outputs
    }
  }

  /// How far one reference is from another at each place, with its graph.
  ///
  /// Of classes `KL(p⁰ ‖ p) = Σ_c p⁰_c log (p⁰_c / p_c)`, a place being what has one answer: an example, a token, a pixel.
  /// Of labels the same of yes and no, a place being a label. Of numbers `(x − x⁰)²`.
  ///
  /// - Parameters: as ``reference(_:temperature:)`` gave them, at one temperature.
  /// - Returns: `[batch, …]`, a number a place, of which none is below 0 but for rounding.
  public func divergences(from before: Tensor, to now: Tensor) throws -> Tensor {
    switch self {
    case .classes(let axis):
      return try before.exponential().multiply(before.subtract(now)).sum(along: [axis])
    case .labels:
      // Cross-entropy less entropy, both of the probability before.
      let probabilities = try before.sigmoid()
      return try now.binaryCrossEntropy(with: probabilities, reduction: .none)
        .subtract(before.binaryCrossEntropy(with: probabilities, reduction: .none))
    case .numbers: return try now.squaredError(from: before, reduction: .none)
    }
  }

  /// Where two references say the same, booleans at the places of ``divergences(from:to:)``: the same likeliest class, or
  /// yes and no alike; nil of numbers, which are near or far.
  public func agreements(of now: Tensor, with before: Tensor) throws -> Tensor? {
    switch self {
    case .classes(let axis): try now.argmax(along: axis).equals(before.argmax(along: axis))
    case .labels: try now.isAtLeast(0).equals(before.isAtLeast(0))
    case .numbers: nil
    }
  }

  private func cooled(_ outputs: Tensor, _ temperature: Double) throws -> Tensor {
    temperature == 1 ? outputs : try outputs.divide(by: temperature)
  }
}
