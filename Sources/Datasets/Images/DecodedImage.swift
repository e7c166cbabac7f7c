import CJPEG
import CPNG
import Foundation

/// An image as its file has it: 8 bits a channel, `[height, width, channels]`, 1 channel for grey and 3 for colour.
struct DecodedImage: Equatable {
  let height: Int
  let width: Int
  let channelCount: Int
  let pixels: [UInt8]

  /// Its channels, rows and columns.
  var shape: ImageShape { ImageShape(channelCount: channelCount, height: height, width: width) }

  /// Why an image could not be read, in a few words.
  struct Failure: Error, Equatable {
    let reason: String
  }

  /// More pixels than this are refused, before memory is asked for.
  private static let largest = 1 << 28

  /// A JPEG of one colour has 256 pixels to a byte, and Huffman's codes leave no more than 512.
  private static let mostPixelsOfAByte = 1024

  /// Decodes JPEG or PNG, told by their first bytes, to the same pixels as Pillow: palettes become colours, alpha is
  /// dropped, 16 bits are cut to 8.
  ///
  /// - Throws: ``Failure``.
  init(decoding bytes: [UInt8]) throws {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = try Self.jpeg(bytes)
    } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      self = try Self.png(bytes)
    } else {
      throw Failure(reason: bytes.isEmpty ? "the file is empty" : "neither a JPEG nor a PNG")
    }
  }

  init(height: Int, width: Int, channelCount: Int, pixels: [UInt8]) {
    self.height = height
    self.width = width
    self.channelCount = channelCount
    self.pixels = pixels
  }

  /// The shape that an image has by its first bytes.
  ///
  /// - Throws: ``Failure``.
  static func shape(of bytes: [UInt8]) throws -> ImageShape {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      return try withJPEG(bytes) { _, height, width, space in
        ImageShape(channelCount: space == TJCS_GRAY.rawValue ? 1 : 3, height: Int(height), width: Int(width))
      }
    }
    // Behind the signature stands the header: its length and name, width, height, depth and the kind of colour.
    guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]), bytes.count >= 26 else {
      throw Failure(reason: bytes.isEmpty ? "the file is empty" : "neither a JPEG nor a PNG")
    }
    func number(_ place: Int) -> Int { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
    guard number(16) > 0, number(20) > 0 else { throw Failure(reason: "damaged PNG: it has no pixels") }
    return ImageShape(channelCount: [0, 4].contains(bytes[25]) ? 1 : 3, height: number(20), width: number(16))
  }

  /// Lends a decoder that has read the header of a JPEG, which has pixels.
  private static func withJPEG<Result>(
    _ bytes: [UInt8], _ body: (tjhandle, _ height: Int32, _ width: Int32, _ space: Int32) throws -> Result
  ) throws -> Result {
    guard let decoder = tjInitDecompress() else { throw Failure(reason: "libjpeg-turbo does not start") }
    defer { tjDestroy(decoder) }
    var (width, height, subsampling, space) = (Int32(0), Int32(0), Int32(0), Int32(0))
    let status = tjDecompressHeader3(decoder, bytes, UInt(bytes.count), &width, &height, &subsampling, &space)
    guard status == 0, width > 0, height > 0 else { throw failure(of: decoder) }
    return try body(decoder, height, width, space)
  }

  private static func failure(of decoder: tjhandle) -> Failure {
    Failure(reason: "damaged JPEG: \(String(cString: tjGetErrorStr2(decoder)))")
  }

  private static func jpeg(_ bytes: [UInt8]) throws -> DecodedImage {
    try withJPEG(bytes) { try jpeg(bytes, $0, $1, $2, $3) }
  }

  private static func jpeg(
    _ bytes: [UInt8], _ decoder: tjhandle, _ height: Int32, _ width: Int32, _ space: Int32
  ) throws -> DecodedImage {
    guard space != TJCS_CMYK.rawValue, space != TJCS_YCCK.rawValue else {
      throw Failure(reason: "a CMYK JPEG; convert it to RGB")
    }
    guard Int(width) * Int(height) <= largest else { throw Failure(reason: "the image is too large") }
    guard Int(width) * Int(height) <= bytes.count * mostPixelsOfAByte else {
      throw Failure(
        reason: "damaged JPEG: it claims \(height)×\(width) pixels, more than its \(bytes.count) bytes hold")
    }
    let channelCount = space == TJCS_GRAY.rawValue ? 1 : 3
    let format = channelCount == 1 ? TJPF_GRAY : TJPF_RGB
    var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height) * channelCount)
    let status = tjDecompress2(
      decoder, bytes, UInt(bytes.count), &pixels, width, 0, height, Int32(format.rawValue), TJFLAG_ACCURATEDCT)
    // A warning alone (bytes too many between segments, say) leaves a whole image; a file cut short does not.
    let isWhole = status == 0 || tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue)
    guard isWhole, status == 0 || !failure(of: decoder).reason.contains("Premature end") else {
      throw failure(of: decoder)
    }
    return DecodedImage(height: Int(height), width: Int(width), channelCount: channelCount, pixels: pixels)
  }

  private static func png(_ bytes: [UInt8]) throws -> DecodedImage {
    var (height, width, channels) = (Int32(0), Int32(0), Int32(0))
    var message = [CChar](repeating: 0, count: 128)
    guard
      let pixels = lethe_png_read(
        bytes, bytes.count, Int64(largest), &height, &width, &channels, &message, message.count)
    else {
      let reason = message.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
      throw Failure(reason: "damaged PNG: \(reason)")
    }
    defer { free(pixels) }
    let count = Int(height) * Int(width) * Int(channels)
    return DecodedImage(
      height: Int(height), width: Int(width), channelCount: Int(channels),
      pixels: Array(UnsafeBufferPointer(start: pixels, count: count)))
  }
}
