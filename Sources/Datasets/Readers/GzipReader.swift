import CZlib
import Foundation

/// Reads a file from its start, decompressing it if it is compressed by gzip.
final class GzipReader {
  /// The length of the file itself.
  let fileByteCount: Int
  private let path: String
  private let file: gzFile

  init(_ path: String) throws {
    self.path = path
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    fileByteCount = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    guard let file = gzopen(path, "rb") else {
      throw DatasetError.malformed(file: path, reason: "cannot be opened: \(String(cString: strerror(errno)))")
    }
    self.file = file
    gzbuffer(file, 1 << 18)
  }

  deinit { gzclose(file) }

  /// Whether the file is compressed; otherwise it is read as it is.
  var isCompressed: Bool { gzdirect(file) == 0 }

  /// Reads exactly so many bytes, straight into the array.
  func read(_ count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < count {
        let wanted = UInt32(min(count - initialized, 1 << 30))
        let step = gzread(file, buffer.baseAddress.map { $0 + initialized }, wanted)
        guard step > 0 else {
          throw DatasetError.malformed(
            file: path, reason: failure() ?? "ends after \(initialized) of \(count) expected bytes")
        }
        initialized += Int(step)
      }
    }
  }

  /// Whether nothing follows. Only here does zlib compare the checksum at the end.
  func isAtEnd() throws -> Bool {
    var byte: UInt8 = 0
    let step = gzread(file, &byte, 1)
    if step <= 0, let reason = failure() { throw DatasetError.malformed(file: path, reason: reason) }
    return step == 0
  }

  private func failure() -> String? {
    var status: Int32 = 0
    guard let message = gzerror(file, &status), status != Z_OK, status != Z_STREAM_END else { return nil }
    if status == Z_BUF_ERROR { return "the compressed data are cut short" }
    // zlib's message begins with the path.
    let text = String(cString: message)
    return "cannot be decompressed: " + (text.hasPrefix("\(path): ") ? String(text.dropFirst(path.count + 2)) : text)
  }
}
