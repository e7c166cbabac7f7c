import CJPEG
import CPNG
import Foundation

/// An image as its file has it: 8 bits a channel, `[height, width, channels]`, 1 channel for grey and 3 for colour.
struct DecodedImage: Equatable {
  let height: Int
  let width: Int
  let channelCount: Int
  let pixels: [UInt8]

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

  private static func jpeg(_ bytes: [UInt8]) throws -> DecodedImage {
    guard let decoder = tjInitDecompress() else { throw Failure(reason: "libjpeg-turbo does not start") }
    defer { tjDestroy(decoder) }
    func failure() -> Failure { Failure(reason: "damaged JPEG: \(String(cString: tjGetErrorStr2(decoder)))") }
    var (width, height, subsampling, space) = (Int32(0), Int32(0), Int32(0), Int32(0))
    let size = UInt(bytes.count)
    guard tjDecompressHeader3(decoder, bytes, size, &width, &height, &subsampling, &space) == 0, width > 0, height > 0
    else { throw failure() }
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
      decoder, bytes, size, &pixels, width, 0, height, Int32(format.rawValue), TJFLAG_ACCURATEDCT)
    // A warning alone (bytes too many between segments, say) leaves a whole image; a file cut short does not.
    let isWhole = status == 0 || tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue)
    guard isWhole, status == 0 || !failure().reason.contains("Premature end") else { throw failure() }
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
