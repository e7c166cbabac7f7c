import Foundation

/// A small picture that goes with a finding.
public struct Picture: Sendable, Hashable {
  /// In pixels.
  public let width: Int
  /// In pixels.
  public let height: Int
  /// Red, green and blue of each pixel, row by row from the top.
  public let pixels: [UInt8]

  /// The most pixels along an edge.
  public static let longestSide = 96

  /// From pixels as they are stored here.
  init?(width: Int, height: Int, pixels: [UInt8]) {
    guard width > 0, height > 0, pixels.count == 3 * width * height else { return nil }
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// From planes of one channel (grey) or three, `[channels, height, width]`; larger pictures lose rows and columns.
  ///
  /// - Returns: nil for another number of channels.
  public init?(planes: [UInt8], channels: Int, height: Int, width: Int) {
    guard [1, 3].contains(channels), planes.count == channels * height * width, height > 0, width > 0 else {
      return nil
    }
    let stride = (max(height, width) + Self.longestSide - 1) / Self.longestSide
    self.height = (height + stride - 1) / stride
    self.width = (width + stride - 1) / stride
    var pixels: [UInt8] = []
    for y in Swift.stride(from: 0, to: height, by: stride) {
      for x in Swift.stride(from: 0, to: width, by: stride) {
        for channel in 0..<3 { pixels.append(planes[(min(channel, channels - 1) * height + y) * width + x]) }
      }
    }
    self.pixels = pixels
  }
}

extension Picture: Codable {
  private enum CodingKeys: String, CodingKey { case width, height, pixels }

  /// The pixels as base64, a byte a colour.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(width, forKey: .width)
    try container.encode(height, forKey: .height)
    try container.encode(Data(pixels).base64EncodedString(), forKey: .pixels)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let text = try container.decode(String.self, forKey: .pixels)
    let read = Picture(
      width: try container.decode(Int.self, forKey: .width), height: try container.decode(Int.self, forKey: .height),
      pixels: Data(base64Encoded: text).map { [UInt8]($0) } ?? [])
    guard let read else {
      throw DecodingError.dataCorruptedError(
        forKey: .pixels, in: container, debugDescription: "not the pixels of a picture of this size")
    }
    self = read
  }
}
