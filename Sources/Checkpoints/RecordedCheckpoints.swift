import Files
import Foundation
import HDF5

/// Which checkpoints a run wrote, by its record.
struct RecordedCheckpoints {
  private let run: String
  private let checksums: [Int: String]
  private let isFinished: Bool

  /// What the run says that a checkpoint lies in; nil where it lies in none, or in one that does not say it.
  init?(besides checkpoint: String) throws {
    let folder = URL(fileURLWithPath: checkpoint).resolvingSymlinksInPath().deletingLastPathComponent()
    let run = folder.deletingLastPathComponent().path
    guard folder.lastPathComponent == "checkpoints", FileManager.default.fileExists(atPath: "\(run)/run.h5") else {
      return nil
    }
    let root = try File.open("\(run)/run.h5").root
    guard try root.contains("checkpoints") else { return nil }
    let state: RunState = try root.readJSON("state")
    self.init(run: run, checksums: try root.readJSON("checkpoints"), isFinished: state.isFinished)
  }

  /// - Parameter checksums: by epoch.
  init?(run: String, checksums: [String: String], isFinished: Bool) {
    guard !checksums.isEmpty else { return nil }
    self.run = run
    self.checksums = Dictionary(checksums.map { (Int($0.key) ?? -1, $0.value) }) { first, _ in first }
    self.isFinished = isFinished
  }

  /// Checks that a file is the one that the run wrote for its epoch.
  ///
  /// - Throws: ``CheckpointError/malformed(path:reason:)``.
  func check(_ path: String, _ integrity: File.Integrity) throws {
    let name = URL(fileURLWithPath: path).resolvingSymlinksInPath().lastPathComponent
    guard let epoch = Run.epoch(ofCheckpoint: name) else { return }
    guard let expected = checksums[epoch] else {
      // The epoch after those that are recorded may just have been written.
      guard isFinished || checksums.keys.contains(where: { $0 > epoch }) else { return }
      throw CheckpointError.malformed(path: path, reason: "the run \(run) has written no such epoch")
    }
    guard case .compared(let found) = integrity, found.text == expected else {
      throw CheckpointError.malformed(
        path: path, reason: "not the checkpoint that the run \(run) wrote for epoch \(epoch), but another")
    }
  }

  /// The epochs that the run wrote and that are not there.
  func missing(from present: [Int]) -> [Int] { checksums.keys.filter { !present.contains($0) }.sorted() }
}
