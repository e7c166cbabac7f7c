import Foundation

/// A lock that a process holds on a file; it ends with the process, however that ends.
///
/// It is the system's (`flock`): that the file is there says nothing. On a file system that knows no locks there is none.
public final class FileLock: Sendable {
  private let path: String
  private let descriptor: Int32
  private let isRemoved: Bool

  /// Takes a lock; nil where another holder has it.
  ///
  /// - Parameters:
  ///   - path: a file, made where it is not there.
  ///   - holder: what the file then says, for ``holder(of:)``.
  ///   - isRemoved: whether the file goes with the lock.
  /// - Throws: ``FileError/unwritable(path:reason:)``.
  public init?(_ path: String, holder: String = "", isRemoved: Bool = false) throws {
    guard let descriptor = try Self.openLocked(path, isRemoved: isRemoved) else { return nil }
    (self.path, self.descriptor, self.isRemoved) = (path, descriptor, isRemoved)
    if !holder.isEmpty, ftruncate(descriptor, 0) == 0 { _ = holder.withCString { write(descriptor, $0, strlen($0)) } }
  }

  deinit {
    if isRemoved { unlink(path) }
    close(descriptor)
  }

  /// Who holds a lock, in its own words; nil where it left none.
  public static func holder(of path: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8), !text.isEmpty else { return nil }
    return text
  }

  /// Runs `body` while no other holder has the lock; nil where another one has it.
  ///
  /// - Parameter path: a file, made where it is not there; its content does not matter.
  /// - Throws: ``FileError/unwritable(path:reason:)``, or what `body` throws.
  public static func holding<Result>(_ path: String, _ body: () throws -> Result) throws -> Result? {
    guard let lock = try FileLock(path) else { return nil }
    return try withExtendedLifetime(lock) { try body() }
  }

  /// Nil where another one has it.
  private static func openLocked(_ path: String, isRemoved: Bool) throws -> Int32? {
    while true {
      let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw FileError.unwritable(path: path, reason: String(cString: strerror(errno))) }
      guard lock(descriptor) else {
        close(descriptor)
        return nil
      }
      // The one before may have taken the file away between our opening and our locking it.
      if !isRemoved || isStill(path, descriptor) { return descriptor }
      close(descriptor)
    }
  }

  /// False where another one has it.
  private static func lock(_ descriptor: Int32) -> Bool {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EWOULDBLOCK { return false }
      if errno != EINTR { return true }
    }
    return true
  }

  private static func isStill(_ path: String, _ descriptor: Int32) -> Bool {
    var (named, opened) = (stat(), stat())
    return stat(path, &named) == 0 && fstat(descriptor, &opened) == 0 && named.st_ino == opened.st_ino
      && named.st_dev == opened.st_dev
  }
}
