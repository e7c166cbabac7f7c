import Torch

/// How images of one shape become those of another: resized with antialiasing, a single channel repeated.
public struct ImageFit: Equatable, Sendable {
  /// Rows and columns to resize to; nil where they are right already.
  public let size: [Int]?
  /// How often the channel is repeated; 1 for not.
  public let channelRepetition: Int

  /// The fit of `[channels, height, width]` to another such shape, whose free axes (-1) take any extent; nil where there
  /// is none.
  public init?(_ shape: [Int], to wanted: [Int]) {
    guard shape.count == 3, wanted.count == 3 else { return nil }
    guard wanted[0] < 0 || wanted[0] == shape[0] || shape[0] == 1 else { return nil }
    channelRepetition = wanted[0] > 0 && shape[0] == 1 ? wanted[0] : 1
    let target = zip(wanted.dropFirst(), shape.dropFirst()).map { $0 < 0 ? $1 : $0 }
    size = target == Array(shape.dropFirst()) ? nil : target
  }

  /// Images `[batch, channels, height, width]` brought to the shape, in float32.
  func applied(to images: Tensor) throws -> Tensor {
    var result = try images.to(.float32)
    if let size { result = try result.resizedBilinear(to: size) }
    return channelRepetition == 1 ? result : try result.expanded(to: [-1, channelRepetition, -1, -1])
  }
}
