import Foundation
import Synchronization

/// How foreign files are read: by a process of its own, which has given up everything but the one file, so that a file
/// that crashes libhdf5, or takes it over, does so where nothing is to be had.
///
/// A foreign file is one without the checksum at its end. The reader is this very executable, started anew, if it has
/// called ``serveIfAsked()``, else an executable named `lethe` in the same folder. Where there is neither, foreign files
/// are read in this process.
public enum ForeignReader {
  /// The hidden argument that makes an executable the reader.
  static let verb = "read-hdf5-for-parent"
  private static let own = Mutex<String?>(nil)

  /// Makes this executable one that reads foreign files in a process of its own: to be called first thing in `main`.
  ///
  /// In that process, which is started with an argument that nobody else gives, it does not return.
  public static func serveIfAsked() {
    let arguments = CommandLine.arguments
    if arguments.count == 3, arguments[1] == verb { serve(path: arguments[2]) }
    own.withLock { $0 = path }
  }

  /// What is started to read a foreign file; nil where there is none.
  static var executable: String? { own.withLock { $0 } ?? neighbour }

  /// Whether files are read by another process too that have the right checksum at their end: `LETHE_HDF5_READER` is
  /// `always`.
  static let readsAlways = ProcessInfo.processInfo.environment["LETHE_HDF5_READER"] == "always"

  private static let path: String? = {
    // It holds when the file has been replaced or removed, by an update say.
    let link = "/proc/self/exe"
    return FileManager.default.isExecutableFile(atPath: link) ? link : Bundle.main.executablePath
  }()

  private static let neighbour: String? = path.flatMap { path in
    let candidate = URL(fileURLWithPath: path).resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("lethe").path
    return FileManager.default.isExecutableFile(atPath: candidate) ? candidate : nil
  }
}
