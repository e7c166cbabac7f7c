import Foundation

/// A file mapped into memory, read-only, for as long as anything refers to it.
///
/// Sendable because the pages are never written through it, and our files are replaced, never changed in place.
public final class MappedFile: @unchecked Sendable {
  /// The path it was opened by.
  public let path: String
  /// Its length.
  public let byteCount: Int
  private let base: UnsafeMutableRawPointer?

  /// Maps a whole file.
  public init(_ path: String) throws {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError.unreadable(path: path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError.unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    byteCount = Int(status.st_size)
    guard byteCount > 0 else {
      base = nil
      return
    }
    guard let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw FileError.unreadable(path: path, reason: "cannot be mapped: \(String(cString: strerror(errno)))")
    }
    base = address
  }

  /// Lends all of its bytes for the time of the call.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(start: base, count: byteCount))
  }

  /// Lets go of the pages that lie wholly within a range of bytes.
  public func releasePages(_ range: Range<Int>) {
    guard let base else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound / page * page
    if end > first { madvise(base + first, end - first, MADV_DONTNEED) }
  }

  deinit {
    if let base { munmap(base, byteCount) }
  }
}
