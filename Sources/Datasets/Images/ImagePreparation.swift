/// What every image of a set is brought to, before a model sees it.
public struct ImagePreparation: Sendable, Equatable {
  /// Channels, rows and columns.
  public let shape: ImageShape
  /// What the shorter side is resized to before the middle is cut out; nil where the image is resized until it just
  /// covers the shape.
  public let resize: Int?

  /// - Throws: ``DatasetError/resizeTooSmall(resize:height:width:)`` where nothing of the shape could be cut from it.
  public init(shape: ImageShape, resize: Int? = nil) throws {
    if let resize, resize < max(shape.height, shape.width) {
      throw DatasetError.resizeTooSmall(resize: resize, height: shape.height, width: shape.width)
    }
    self.shape = shape
    self.resize = resize
  }

  /// Writes an image as it is evaluated.
  ///
  /// With ``resize`` that is torchvision's `Resize(resize)` and `CenterCrop` of an image of Pillow's, as
  /// ``DecodedImage/resizeAsPillow(_:to:window:target:)`` has it.
  func write(_ image: DecodedImage, to target: UnsafeMutableBufferPointer<UInt8>) {
    guard let resize else { return image.write(as: shape, to: target) }
    // The longer side is cut to a whole number.
    let (height, width) =
      image.height <= image.width
      ? (resize, resize * image.width / image.height) : (resize * image.height / image.width, resize)
    let top = Int((Double(height - shape.height) / 2).rounded(.toNearestOrEven))
    let left = Int((Double(width - shape.width) / 2).rounded(.toNearestOrEven))
    resized(
      image, ImagePart(top: 0, left: 0, height: image.height, width: image.width), to: (height, width),
      window: (top..<top + shape.height, left..<left + shape.width), target: target)
  }

  /// Writes a part of an image, resized to the whole shape: torchvision's `resized_crop` of an image of Pillow's.
  func write(_ part: ImagePart, of image: DecodedImage, to target: UnsafeMutableBufferPointer<UInt8>) {
    resized(
      image, part, to: (shape.height, shape.width), window: (0..<shape.height, 0..<shape.width), target: target)
  }

  private func resized(
    _ image: DecodedImage, _ part: ImagePart, to size: (height: Int, width: Int),
    window: (rows: Range<Int>, columns: Range<Int>), target: UnsafeMutableBufferPointer<UInt8>
  ) {
    let source = image.inChannels(of: shape)
    source.resizeAsPillow(part, to: size, window: window, target: target)
    source.repeatChannel(of: shape, in: target)
  }
}
