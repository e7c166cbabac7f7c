import Foundation

/// A small picture that stands in a page.
public struct Thumbnail: Sendable, Codable {
  public let width: Int
  public let height: Int
  /// Red, green and blue of each pixel, row by row from the top.
  public let pixels: [UInt8]

  /// The most pixels along an edge.
  private static let largest = 96

  /// From planes of one channel (grey) or three, `[channels, height, width]`; larger pictures lose rows and columns.
  ///
  /// - Returns: nil for another number of channels.
  public init?(planes: [UInt8], channels: Int, height: Int, width: Int) {
    guard [1, 3].contains(channels), planes.count == channels * height * width, height > 0, width > 0 else {
      return nil
    }
    let stride = (max(height, width) + Self.largest - 1) / Self.largest
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

  /// The picture as a BMP file, which every browser shows: 24 bits a pixel, rows from the bottom, each a multiple of four
  /// bytes long.
  private var bitmap: Data {
    let rowLength = (width * 3 + 3) / 4 * 4
    var file = Data("BM".utf8)
    func append(_ value: Int, bytes: Int) {
      for byte in 0..<bytes { file.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
    for (value, bytes) in [
      (54 + rowLength * height, 4), (0, 4), (54, 4), (40, 4), (width, 4), (height, 4), (1, 2), (24, 2), (0, 4),
      (rowLength * height, 4), (2835, 4), (2835, 4), (0, 4), (0, 4),
    ] { append(value, bytes: bytes) }
    for y in (0..<height).reversed() {
      for x in 0..<width {
        let start = (y * width + x) * 3
        file.append(contentsOf: [pixels[start + 2], pixels[start + 1], pixels[start]])
      }
      file.append(contentsOf: [UInt8](repeating: 0, count: rowLength - width * 3))
    }
    return file
  }

  func image(alternative: String) -> String {
    "<img src=\"data:image/bmp;base64,\(bitmap.base64EncodedString())\" alt=\"\(escapedMarkup(alternative))\">"
  }
}
