import Files
import Foundation
import Torch

extension ProcessGroup {
  /// Seconds until a file that one machine wrote is seen by all.
  private static let patience = 15.0

  /// Makes sure that all processes see the folder that the first one opened, on whatever machine they are.
  ///
  /// - Parameters:
  ///   - path: where each looks for it.
  ///   - name: what it is called where one does not see it.
  /// - Throws: `ProcessError.differing(_:what:)` of the first that does not; all throw the same.
  public func check(folder path: String, named name: String) throws {
    let file = "\(path)/.processes"
    if leads {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try AtomicFile.write(Data(UUID().uuidString.utf8), to: file)
    }
    let own = leads ? try Array(Data(contentsOf: URL(fileURLWithPath: file))) : []
    let mark = try gather(own)[0]
    var blind = [Double](repeating: 0, count: count)
    blind[rank] = Self.isThere(mark, in: file) ? 0 : 1
    blind = try sum(blind)
    if leads { try? FileManager.default.removeItem(atPath: file) }
    if let rank = blind.firstIndex(of: 1) {
      throw ProcessError.differing(
        peers[rank], what: "\(name): it does not see the one that rank 0 opened")
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
