import CXXHash
import Foundation

/// A checksum of a whole file that stands at its own end: XXH3, 128 bits. It finds damage and does not protect against
/// intent.
///
/// The last 40 bytes are a mark of 16, the length of what is before them (little-endian, 8 bytes), and its checksum (as
/// xxHash has it, greatest byte first). HDF5 ignores what follows its data.
public struct FileDigest: Sendable, Equatable {
  /// 32 hexadecimal digits, as `xxhsum -H2` prints them.
  public let text: String

  private static let mark = Array("\nlethe XXH3-128\n".utf8)
  /// The bytes that it takes at a file's end.
  public static let byteCount = 40

  /// Adds the checksum of a file at its end.
  public static func append(to path: String) throws {
    let file = try MappedFile(path)
    let length = UInt64(file.byteCount).littleEndian
    let bytes = mark + withUnsafeBytes(of: length) { Array($0) } + canonical(of: file, byteCount: file.byteCount)
    do {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      try handle.seekToEnd()
      try handle.write(contentsOf: bytes)
    } catch {
      let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError
      throw FileError.unwritable(
        path: path, reason: underlying.map { String(cString: strerror($0.code.rawValue)) } ?? "\(error)")
    }
  }

  /// The checksum that a file has at its end, which is not compared with anything; nil where there is none.
  ///
  /// - Throws: ``FileError/unreadable(path:reason:)``.
  public static func stored(in path: String) throws -> FileDigest? {
    let (descriptor, status) = try RegularFile.open(path)
    defer { close(descriptor) }
    let start = Int(status.st_size) - byteCount
    var end = [UInt8](repeating: 0, count: byteCount)
    guard start >= 0, pread(descriptor, &end, byteCount, off_t(start)) == byteCount else { return nil }
    return FileDigest(end: end, length: start)
  }

  /// Compares a whole file with the checksum at its end. One that was compared before and has not been touched since is
  /// not read again.
  ///
  /// - Returns: nil where the file has none.
  /// - Throws: ``FileError/damaged(path:expected:found:)``, ``FileError/unreadable(path:reason:)``.
  public static func compare(_ path: String) throws -> FileDigest? {
    guard let stored = try stored(in: path) else { return nil }
    let file = try MappedFile(path)
    if Compared.shared.contains(file.identity) { return stored }
    let found = FileDigest(canonical: canonical(of: file, byteCount: max(0, file.byteCount - byteCount)))
    guard found == stored else {
      throw FileError.damaged(path: path, expected: stored.text, found: found.text)
    }
    Compared.shared.insert(file.identity)
    return stored
  }

  /// Nil for an end without the mark. A length that is not the file's becomes a text that no checksum has.
  private init?(end: [UInt8], length: Int) {
    guard end.starts(with: Self.mark) else { return nil }
    let stored = end[16..<24].enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
    guard stored == UInt64(length) else {
      self.init(text: "of \(stored) bytes")
      return
    }
    self.init(canonical: Array(end[24...]))
  }

  private init(canonical bytes: [UInt8]) {
    self.init(
      text: bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined())
  }

  private init(text: String) { self.text = text }

  /// Of the first bytes of a file, part by part: pages that were read are given back, so that a large file is never in
  /// memory as a whole.
  private static func canonical(of file: MappedFile, byteCount: Int) -> [UInt8] {
    guard let state = XXH3_createState() else { fatalError("no memory for a checksum") }
    defer { XXH3_freeState(state) }
    XXH3_128bits_reset(state)
    for start in stride(from: 0, to: byteCount, by: partByteCount) {
      let part = start..<min(byteCount, start + partByteCount)
      file.withUnsafeBytes { bytes in
        let own = UnsafeRawBufferPointer(rebasing: bytes[part])
        _ = XXH3_128bits_update(state, own.baseAddress, own.count)
      }
      file.releasePages(part)
    }
    let hash = XXH3_128bits_digest(state)
    return [hash.high64, hash.low64].flatMap { half in withUnsafeBytes(of: half.bigEndian) { Array($0) } }
  }

  private static let partByteCount = 8 << 20
}

/// Files that were compared with their checksums.
///
/// Sendable because everything in it is touched under its lock.
private final class Compared: @unchecked Sendable {
  static let shared = Compared()
  private let lock = NSLock()
  private var files: Set<MappedFile.Identity> = []

  func contains(_ file: MappedFile.Identity) -> Bool { lock.withLock { files.contains(file) } }

  func insert(_ file: MappedFile.Identity) {
    // Within the clock's grain a file could be changed again and look the same.
    guard file.isOlder(than: 2) else { return }
    lock.withLock { _ = files.insert(file) }
  }
}
