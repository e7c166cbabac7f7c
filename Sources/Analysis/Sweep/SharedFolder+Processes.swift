import Files
import Foundation
import Torch

extension SharedFolder {
  /// Seconds until a file that one machine wrote is seen by all.
  private static let patience = 15.0

  /// Makes sure that all processes see the folder that the first one opened, on whatever machine they are.
  ///
  /// - Throws: `ProcessError/differing(_:what:)` of the first that does not; all throw the same.
  public static func check(_ path: String, isSeenBy processes: ProcessGroup) throws {
    let file = "\(path)/locks/processes"
    if processes.leads {
      try FileManager.default.createDirectory(atPath: "\(path)/locks", withIntermediateDirectories: true)
      try AtomicFile.write(Data(UUID().uuidString.utf8), to: file)
    }
    let own = processes.leads ? try Array(Data(contentsOf: URL(fileURLWithPath: file))) : []
    let mark = try processes.gather(own)[0]
    var blind = [Double](repeating: 0, count: processes.count)
    blind[processes.rank] = isThere(mark, in: file) ? 0 : 1
    blind = try processes.sum(blind)
    if processes.leads { try? FileManager.default.removeItem(atPath: file) }
    if let rank = blind.firstIndex(of: 1) {
      throw ProcessError.differing(
        processes.peers[rank], what: "the folder of the runs: it does not see the one that rank 0 opened")
    }
  }

  private static func isThere(_ mark: [UInt8], in file: String) -> Bool {
    let deadline = Date(timeIntervalSinceNow: patience)
    while (try? Data(contentsOf: URL(fileURLWithPath: file))) != Data(mark) {
      if Date() > deadline { return false }
      Thread.sleep(forTimeInterval: 0.1)
    }
    return true
  }
}
