/// The bytes of one image, `[channels, height, width]`, that transforms change in place.
///
/// It lives within ``ImagePixels/withEach(of:shape:_:)``, which owns the memory.
struct ImagePixels {
  let bytes: UnsafeMutableBufferPointer<UInt8>
  /// As many bytes again, for the image as it was.
  private let scratch: UnsafeMutableBufferPointer<UInt8>
  /// 1 for grey, 3 for colour.
  let channelCount: Int
  let height: Int
  let width: Int

  /// The number of pixels.
  var pixelCount: Int { height * width }

  /// The bytes of a channel.
  func channel(_ number: Int) -> UnsafeMutableBufferPointer<UInt8> {
    UnsafeMutableBufferPointer(rebasing: bytes[number * pixelCount..<(number + 1) * pixelCount])
  }

  /// Room of the image's size, with whatever was left there.
  var room: UnsafeMutableBufferPointer<UInt8> { scratch }

  /// The image as it is now, to read from while the bytes change; the next copy overwrites it.
  func copied() -> UnsafeBufferPointer<UInt8> {
    _ = scratch.update(fromContentsOf: bytes)
    return UnsafeBufferPointer(scratch)
  }

  /// Visits images that lie one after the other.
  ///
  /// - Parameters:
  ///   - bytes: whole images, `[count, channels, height, width]`.
  ///   - shape: `[channels, height, width]`.
  ///   - body: told the position of the image and its pixels, which it may change but not keep.
  static func withEach(of bytes: inout [UInt8], shape: [Int], _ body: (Int, ImagePixels) -> Void) {
    bytes.withUnsafeMutableBufferPointer { withEach(in: $0, shape: shape, body) }
  }

  /// Visits images that lie one after the other in memory that is lent.
  static func withEach(
    in all: UnsafeMutableBufferPointer<UInt8>, shape: [Int], _ body: (Int, ImagePixels) -> Void
  ) {
    precondition(shape.count == 3, "images of shape \(shape)")
    let size = shape.reduce(1, *)
    guard size > 0 else { return }
    precondition(all.count % size == 0, "\(all.count) bytes for images of shape \(shape)")
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { scratch in
      scratch.initialize(repeating: 0)
      for position in 0..<all.count / size {
        let image = UnsafeMutableBufferPointer(rebasing: all[position * size..<(position + 1) * size])
        body(
          position,
          ImagePixels(bytes: image, scratch: scratch, channelCount: shape[0], height: shape[1], width: shape[2]))
      }
    }
  }
}

extension ImagePixels {
  /// Replaces each value of some pixels by what a function makes of it, asked once for each from 0 to 255.
  @inline(__always)
  func map(_ pixels: UnsafeMutableBufferPointer<UInt8>, _ function: (UInt8) -> UInt8) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { table in
      for value in 0..<256 { table[value] = function(UInt8(value)) }
      for position in pixels.indices { pixels[position] = table[Int(pixels[position])] }
    }
  }

  /// A value between bytes as PyTorch stores it: clamped, its fraction cut off.
  @inline(__always)
  static func byte(_ value: Float) -> UInt8 { UInt8(min(max(value, 0), 255)) }
}
