import Foundation
import HDF5

/// What a check of a file or a run has found.
public struct Verification: Sendable, Equatable {
  /// Tensors read and compared with their checksums, each once.
  public private(set) var tensorCount = 0
  /// Their bytes.
  public private(set) var byteCount = 0
  /// What is wrong, a line each, naming file and tensor; empty when all is well.
  public private(set) var problems: [String] = []

  private var seen: Set<String> = []

  private init() {}

  public static func == (left: Verification, right: Verification) -> Bool {
    (left.tensorCount, left.byteCount, left.problems) == (right.tensorCount, right.byteCount, right.problems)
  }

  /// Reads everything in a checkpoint, a dataset file or a run's folder: structure, links and checksums.
  ///
  /// - Throws: only when nothing can be checked: there is no such file, or it is not HDF5.
  public static func check(_ path: String) throws -> Verification {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CheckpointError.notFound(path: path)
    }
    var result = Verification()
    guard isDirectory.boolValue else {
      try result.checkFile(path)
      return result
    }
    guard FileManager.default.fileExists(atPath: "\(path)/run.h5") else {
      throw CheckpointError.malformed(path: path, reason: "not a run: it has no run.h5")
    }
    let checkpoints = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/checkpoints")) ?? []
    let files = ["run.h5", "resume.h5"] + checkpoints.sorted().map { "checkpoints/\($0)" }
    for file in files where file.hasSuffix(".h5") && FileManager.default.fileExists(atPath: "\(path)/\(file)") {
      result.attempt { try $0.checkFile("\(path)/\(file)") }
    }
    return result
  }

  private mutating func checkFile(_ path: String) throws {
    let root = try File.open(path).root
    switch (try? root.attribute("kind", as: String.self)) ?? (root.contains("program") ? "checkpoint" : nil) {
    case "checkpoint": attempt { _ in _ = try Checkpoint(contentsOf: path) }
    case "run": attempt { _ in _ = try RunRecord(contentsOf: path) }
    default: break
    }
    let reader = TensorReader()
    attempt { try $0.checkGroup(root, reader) }
  }

  private mutating func checkGroup(_ group: Group, _ reader: TensorReader) throws {
    for name in try group.names {
      attempt { result in
        if try !group.isLink(name), group.isGroup(name) {
          try result.checkGroup(group.group(name), reader)
        } else {
          try result.checkDataset(group.dataset(name), reader)
        }
      }
    }
  }

  private mutating func checkDataset(_ dataset: Dataset, _ reader: TensorReader) throws {
    guard (try? dataset.elementType) != nil else {
      _ = try dataset.readStrings()
      return
    }
    if let offset = try dataset.fileOffset {
      let holder = URL(fileURLWithPath: try dataset.holdingFile).standardizedFileURL.path
      guard seen.insert("\(offset) \(holder)").inserted else { return }
    }
    let tensor = try reader.tensor(dataset)
    tensorCount += 1
    byteCount += tensor.byteCount
    guard let expected = tensor.storedChecksum else { return }
    let found = tensor.checksum
    if found != expected {
      throw CheckpointError.checksumMismatch(
        tensor: dataset.path, file: dataset.file.path, expected: expected, found: found)
    }
  }

  private mutating func attempt(_ body: (inout Verification) throws -> Void) {
    do { try body(&self) } catch {
      let problem = "\(error)"
      if !problems.contains(problem) { problems.append(problem) }
    }
  }
}
