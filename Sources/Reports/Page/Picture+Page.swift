import Findings
import Foundation

extension Picture {
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
