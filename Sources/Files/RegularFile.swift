import Foundation

/// A file of bytes that end, rather than a folder, a pipe or a device.
public enum RegularFile {
  /// Opens a file to read it; a named pipe is not waited for.
  ///
  /// - Returns: a descriptor, to be closed by the caller, and what the system knows of the file.
  /// - Throws: ``FileError/unreadable(path:reason:)``.
  public static func open(_ path: String) throws -> (descriptor: Int32, status: stat) {
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw FileError.unreadable(path: path, reason: String(cString: strerror(errno))) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw FileError.unreadable(path: path, reason: reason)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError.unreadable(path: path, reason: "it is \(kind(of: status.st_mode)), expected a file")
    }
    return (descriptor, status)
  }

  private static func kind(of mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a named pipe"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  }
}
