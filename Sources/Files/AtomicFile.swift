import Foundation
import Synchronization

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
    removeAbandoned(of: path)
    let temporary = temporaryPath(for: path)
    defer { forget(temporary) }
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

  /// Lets `body` write a temporary file for each of several in one folder, syncs them, and renames all into place, the
  /// last one last. Nothing may be at their places.
  ///
  /// When anything fails, the temporary files and those that have their names are removed.
  /// - Parameter body: gets the place of the path among `paths`.
  /// - Throws: ``FileError/unwritable(path:reason:)``, naming the first, or what `body` throws.
  public static func write(toAll paths: [String], _ body: (_ place: Int, _ temporaryPath: String) throws -> Void) throws
  {
    guard let first = paths.first else { return }
    for path in paths { removeAbandoned(of: path) }
    let temporaries = paths.map(temporaryPath)
    defer { for temporary in temporaries { forget(temporary) } }
    var renamed = 0
    do {
      for (place, temporary) in temporaries.enumerated() {
        try body(place, temporary)
        try synchronize(temporary)
      }
      for (temporary, path) in zip(temporaries, paths) {
        guard rename(temporary, path) == 0 else { throw failure(path) }
        renamed += 1
      }
    } catch {
      for path in temporaries[renamed...] + paths[..<renamed] {
        truncate(path, 0)
        unlink(path)
      }
      throw located(error, path: first)
    }
    try? synchronize(parts(of: first).folder)
  }

  /// Lets `body` fill a temporary folder beside `path`, then renames it into place, where nothing may be.
  ///
  /// When anything fails, the temporary folder is removed.
  /// - Throws: ``FileError/unwritable(path:reason:)``, naming `path`, or what `body` throws.
  public static func writeFolder<Result>(
    to path: String, _ body: (_ temporaryPath: String) throws -> Result
  ) throws -> Result {
    removeAbandoned(of: path)
    let temporary = temporaryPath(for: path)
    defer { forget(temporary) }
    do {
      guard mkdir(temporary, 0o777) == 0 else { throw failure(path) }
      let result = try body(temporary)
      try? synchronize(temporary)
      guard rename(temporary, path) == 0 else { throw failure(path) }
      try? synchronize(parts(of: path).folder)
      return result
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw located(error, path: path)
    }
  }

  /// Points a symbolic link at `target`, in place of what is at `path`.
  ///
  /// - Throws: ``FileError/unwritable(path:reason:)``.
  public static func link(_ path: String, to target: String) throws {
    removeAbandoned(of: path)
    let temporary = temporaryPath(for: path)
    defer { forget(temporary) }
    guard symlink(target, temporary) == 0, rename(temporary, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      throw FileError.unwritable(path: path, reason: reason)
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
}

// MARK: - Temporary names

extension AtomicFile {
  /// What this process is writing: another one of the same number, in a container say, may have left a like name.
  private static let written = Mutex<Set<String>>([])

  /// A name beside `path` for what is to be renamed to it, until ``forget(_:)``.
  public static func temporaryPath(for path: String) -> String {
    let (folder, prefix) = parts(of: path)
    let temporary = "\(folder)/\(prefix)\(getpid())-\(UInt32.random(in: 0 ... .max))"
    written.withLock { _ = $0.insert(temporary) }
    return temporary
  }

  /// Lets go of a temporary name, whose file or folder is renamed or removed.
  public static func forget(_ temporary: String) { written.withLock { _ = $0.remove(temporary) } }

  /// Removes the parts of `path`, files or folders, that processes have left which were killed while they wrote it.
  public static func removeAbandoned(of path: String) {
    let (folder, prefix) = parts(of: path)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(prefix) {
      guard let process = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ pid_t($0) }) else {
        continue
      }
      let part = "\(folder)/\(name)"
      let isAbandoned =
        process == getpid() ? !written.withLock { $0.contains(part) } : kill(process, 0) != 0 && errno == ESRCH
      if isAbandoned, unlink(part) != 0 { try? FileManager.default.removeItem(atPath: part) }
    }
  }

  private static func parts(of path: String) -> (folder: String, prefix: String) {
    let url = URL(fileURLWithPath: path)
    return (url.deletingLastPathComponent().path, ".\(url.lastPathComponent).partial-")
  }
}
