import Foundation

/// Replacing a file whole, so that a process killed at any moment leaves the old file or the new one.
public enum AtomicFile {
  /// Lets `body` write a temporary file in the folder of `path`, syncs it to the disk and renames it into place.
  ///
  /// When anything fails, the temporary file is removed and what was at `path` stays.
  /// - Throws: ``FileError/unwritable(path:reason:)``, naming `path`, or what `body` throws.
  public static func write(to path: String, _ body: (_ temporaryPath: String) throws -> Void) throws {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      throw FileError.unwritable(path: path, reason: "it is a folder")
    }
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw FileError.unwritable(path: path, reason: "no such folder: \(folder)")
    }
    let prefix = ".\(url.lastPathComponent).partial-"
    removeAbandoned(prefix: prefix, folder: folder)
    let temporary = "\(folder)/\(prefix)\(getpid())-\(UInt32.random(in: 0 ... .max))"
    do {
      try body(temporary)
      try synchronize(temporary)
      guard rename(temporary, path) == 0 else { throw failure(path) }
    } catch {
      // On a full disk a library may keep the file open, and its space with it.
      truncate(temporary, 0)
      unlink(temporary)
      throw located(error, path: path)
    }
    // The name is durable once its folder is; some file systems cannot sync folders, which loses nothing written.
    try? synchronize(folder)
  }

  /// Writes bytes atomically.
  public static func write(_ data: Data, to path: String) throws {
    try write(to: path) { temporary in
      do { try data.write(to: URL(fileURLWithPath: temporary)) } catch let error as CocoaError {
        let underlying = error.userInfo[NSUnderlyingErrorKey] as? any Error
        let reason = (underlying as? POSIXError).map { String(cString: strerror($0.code.rawValue)) }
        throw FileError.unwritable(path: path, reason: reason ?? error.localizedDescription)
      }
    }
  }

  private static func synchronize(_ path: String) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path) }
  }

  private static func failure(_ path: String) -> FileError {
    .unwritable(path: path, reason: String(cString: strerror(errno)))
  }

  // The user knows the file by its own name, and a failure while writing is one of the output.
  private static func located(_ error: any Error, path: String) -> any Error {
    guard case FileError.unwritable(_, let reason) = error else { return error }
    return FileError.unwritable(path: path, reason: reason)
  }

  // A process that was killed while it wrote this file has left its part.
  private static func removeAbandoned(prefix: String, folder: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(prefix) {
      guard let process = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ pid_t($0) }) else {
        continue
      }
      if kill(process, 0) != 0, errno == ESRCH { unlink("\(folder)/\(name)") }
    }
  }
}
