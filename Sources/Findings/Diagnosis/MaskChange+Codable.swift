import Foundation

extension MaskChange: Codable {
  private enum CodingKeys: String, CodingKey {
    case width, height, classes, right, before, after, rightBefore, rightAfter
  }

  /// The classes of the pixels as base64, a byte a pixel.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(width, forKey: .width)
    try container.encode(height, forKey: .height)
    try container.encode(classes, forKey: .classes)
    for (key, pixels) in [(CodingKeys.right, right), (.before, before), (.after, after)] {
      try container.encode(Data(pixels).base64EncodedString(), forKey: key)
    }
    try container.encode(rightBefore, forKey: .rightBefore)
    try container.encode(rightAfter, forKey: .rightAfter)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let (width, height) = (
      try container.decode(Int.self, forKey: .width), try container.decode(Int.self, forKey: .height)
    )
    func pixels(_ key: CodingKeys) throws -> [UInt8] {
      let read = Data(base64Encoded: try container.decode(String.self, forKey: key)).map { [UInt8]($0) }
      guard let read, width > 0, height > 0, read.count == width * height else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: "not the pixels of a mask of this size")
      }
      return read
    }
    self.init(
      width: width, height: height, classes: try container.decode([String].self, forKey: .classes),
      right: try pixels(.right), before: try pixels(.before), after: try pixels(.after),
      rightBefore: try container.decode(Double.self, forKey: .rightBefore),
      rightAfter: try container.decode(Double.self, forKey: .rightAfter))
  }
}
