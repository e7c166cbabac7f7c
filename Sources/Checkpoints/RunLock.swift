import Files
import Foundation
import Synchronization

/// The right to write a run's folder: one process has it at a time, and it ends with the process, however that ends.
///
/// Within the process it may be taken several times; it is given back with the last.
public final class RunLock: Sendable {
  private struct Known {
    weak var lock: RunLock?
  }

  private static let known = Mutex<[String: Known]>([:])
  private let lock: FileLock

  private init(_ lock: FileLock) { self.lock = lock }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "this machine" }
    return name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  /// Takes the right to write a run.
  ///
  /// - Throws: ``CheckpointError/inUse(path:holder:)`` where another process has it, and others where that is no run.
  public static func acquire(_ run: String) throws -> RunLock {
    if !FileManager.default.fileExists(atPath: "\(run)/run.h5") { _ = try Run.open(run) }
    let folder = URL(fileURLWithPath: run).resolvingSymlinksInPath().path
    return try known.withLock { known in
      if let lock = known[folder]?.lock { return lock }
      let path = "\(folder)/.lock"
      let process = "process \(getpid()) on \(hostName), since \(FileFormat.now())"
      guard let lock = try FileLock(path, holder: process, isRemoved: true) else {
        throw CheckpointError.inUse(path: run, holder: FileLock.holder(of: path) ?? "a process that does not say which")
      }
      let own = RunLock(lock)
      known[folder] = Known(lock: own)
      return own
    }
  }
}
