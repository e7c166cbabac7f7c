import Foundation

/// A lock that a process holds on a file; it ends with the process, however that ends.
public enum FileLock {
  /// Runs `body` while no other process has the lock; nil where another one has it.
  ///
  /// - Parameter path: a file, made where it is not there; its content does not matter.
  /// - Throws: ``FileError/unwritable(path:reason:)``, or what `body` throws.
  public static func holding<Result>(_ path: String, _ body: () throws -> Result) throws -> Result? {
    let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError.unwritable(path: path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
    return try body()
  }
}
