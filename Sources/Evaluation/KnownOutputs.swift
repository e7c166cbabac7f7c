import Torch

/// The outputs of a head that was trained before: all of them, or the first, where outputs were added since.
public struct KnownOutputs: Sendable {
  /// How many there were; nil where all were.
  public let count: Int?
  /// The axis of classes.
  public let axis: Int

  /// - Parameters:
  ///   - count: how many there were; nil where all were.
  ///   - axis: of classes, in outputs `[rows, …]`.
  public init(count: Int?, axis: Int) {
    self.count = count
    self.axis = axis
  }

  /// Of logits `[rows, …]`, those.
  public func of(_ logits: Tensor) throws -> Tensor {
    try count.map { try logits.narrowed(along: axis, from: 0, count: $0) } ?? logits
  }
}
