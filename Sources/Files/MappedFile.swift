import Foundation

/// A file mapped into memory, read-only, for as long as anything refers to it.
///
/// Sendable because the pages are never written through it, and our files are replaced, never changed in place.
public final class MappedFile: @unchecked Sendable {
  /// The path it was opened by.
  public let path: String
  /// Its length.
  public let byteCount: Int
  let identity: Identity
  private let base: UnsafeMutableRawPointer?

  /// Maps a whole file.
  ///
  /// - Throws: ``FileError/unreadable(path:reason:)``, for a folder, a pipe or a device too.
  public convenience init(_ path: String) throws {
    let (descriptor, _) = try RegularFile.open(path)
    defer { close(descriptor) }
    try self.init(descriptor: descriptor, path: path)
  }

  /// Maps a whole file that is open; the descriptor stays the caller's, who may close it.
  ///
  /// - Throws: ``FileError/unreadable(path:reason:)``.
  public init(descriptor: Int32, path: String) throws {
    self.path = path
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError.unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    identity = Identity(status)
    byteCount = Int(status.st_size)
    guard byteCount > 0 else {
      base = nil
      return
    }
    guard let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw FileError.unreadable(path: path, reason: "cannot be mapped: \(String(cString: strerror(errno)))")
    }
    base = address
    ShrunkFile.add(address, byteCount, path: path)
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
    if let base {
      ShrunkFile.remove(base)
      munmap(base, byteCount)
    }
  }
}

extension MappedFile {
  /// What tells one state of a file from another without reading it.
  struct Identity: Hashable {
    private let device: UInt64
    private let node: UInt64
    private let byteCount: Int64
    private let changed: [Int]

    init(_ status: stat) {
      device = UInt64(truncatingIfNeeded: status.st_dev)
      node = UInt64(status.st_ino)
      byteCount = Int64(status.st_size)
      #if canImport(Glibc)
        let times = [status.st_mtim, status.st_ctim]
      #else
        let times = [status.st_mtimespec, status.st_ctimespec]
      #endif
      changed = times.flatMap { [Int($0.tv_sec), Int($0.tv_nsec)] }
    }

    /// Whether it was last changed more than so many seconds ago.
    func isOlder(than seconds: Double) -> Bool {
      let now = Date().timeIntervalSince1970
      return stride(from: 0, to: changed.count, by: 2).allSatisfy { Double(changed[$0]) + seconds + 1 < now }
    }
  }
}
