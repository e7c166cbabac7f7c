extension Split {
  /// An example's image as a model is given it, made smaller where a side is longer than wanted.
  ///
  /// - Parameters:
  ///   - input: bytes of shape `[channels, height, width]`.
  ///   - longest: what the longer side has at most, pixels.
  /// - Returns: planes and their shape; nil of an input that is no image.
  /// - Throws: ``DatasetError`` where it is decoded for it and cannot be read.
  public func smallImage(
    _ index: Int, of input: InputArray, longest: Int
  ) throws -> (planes: [UInt8], channels: Int, height: Int, width: Int)? {
    guard input.elementType == .uint8, input.shape.count == 3, input.exampleByteCount > 0 else { return nil }
    let (channels, height, width) = (input.shape[0], input.shape[1], input.shape[2])
    let bytes = try gather([index], of: input)
    let side = max(height, width)
    guard side > longest else { return (bytes, channels, height, width) }
    let (rows, columns) = (max(1, height * longest / side), max(1, width * longest / side))
    let whole = ImagePart(top: 0, left: 0, height: height, width: width)
    let planes = (0..<channels).flatMap { channel -> [UInt8] in
      let plane = Array(bytes[channel * height * width..<(channel + 1) * height * width])
      let image = DecodedImage(height: height, width: width, channelCount: 1, pixels: plane)
      var small = [UInt8](repeating: 0, count: rows * columns)
      small.withUnsafeMutableBufferPointer {
        image.resizeAsPillow(whole, to: (rows, columns), window: (0..<rows, 0..<columns), target: $0)
      }
      return small
    }
    return (planes, channels, rows, columns)
  }
}
