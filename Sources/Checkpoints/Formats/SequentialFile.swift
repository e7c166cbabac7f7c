import Files
import Foundation

/// A new file, written from its beginning to its end.
final class SequentialFile {
  private let path: String
  private let descriptor: Int32
  /// Bytes written so far.
  private(set) var position = 0

  /// - Throws: `FileError.unwritable`.
  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure }
  }

  /// - Throws: `FileError.unwritable`.
  func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// - Throws: `FileError.unwritable`.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    position += bytes.count
    var rest = bytes[...]
    while let address = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      let count = Foundation.write(descriptor, address, rest.count)
      guard count >= 0 || errno == EINTR else { throw failure }
      rest = rest.dropFirst(max(count, 0))
    }
  }

  private var failure: FileError { .unwritable(path: path, reason: String(cString: strerror(errno))) }

  deinit { close(descriptor) }
}
