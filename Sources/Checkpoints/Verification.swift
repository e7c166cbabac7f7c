import Files
import Foundation
import HDF5

/// What a check of a file or a run has found.
public struct Verification: Sendable, Equatable {
  /// Tensors read and compared with their checksums, each once.
  public private(set) var tensorCount = 0
  /// Their bytes.
  public private(set) var byteCount = 0
  /// Whether there was a checksum to compare any of them with.
  public private(set) var hasChecksums = false
  /// What is wrong, a line each, naming file and tensor; empty when all is well.
  public private(set) var problems: [String] = []

  private var seen: Set<String> = []

  private init() {}

  public static func == (left: Verification, right: Verification) -> Bool {
    (left.tensorCount, left.byteCount, left.problems) == (right.tensorCount, right.byteCount, right.problems)
  }

  /// Reads everything in a checkpoint, a dataset file, a run's folder or any other file of weights: structure, links and
  /// checksums (a zip file's CRC-32 for PyTorch's).
  ///
  /// - Throws: only when nothing can be checked: there is no such file, or it is of no known kind.
  public static func check(_ path: String) throws -> Verification {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CheckpointError.notFound(path: path)
    }
    var result = Verification()
    let isRun = FileManager.default.fileExists(atPath: "\(path)/run.h5")
    guard isRun else {
      if try isDirectory.boolValue || !MappedFile(path).isHDF5 {
        try result.checkWeights(path)
      } else {
        try result.checkFile(path)
      }
      return result
    }
    let checkpoints = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/checkpoints")) ?? []
    let files =
      ["run.h5", "resume.h5", "memory.h5"]
      + checkpoints.sorted().filter { $0.hasPrefix("epoch-") }.map { "checkpoints/\($0)" }
    for file in files where file.hasSuffix(".h5") && FileManager.default.fileExists(atPath: "\(path)/\(file)") {
      result.attempt { try $0.checkFile("\(path)/\(file)") }
    }
    result.attempt { result in
      let run = try Run.open(path)
      let recorded = RecordedCheckpoints(
        run: path, checksums: run.record.checkpoints, isFinished: run.record.isFinished)
      for epoch in recorded?.missing(from: run.epochs) ?? [] {
        result.problems.append("\(run.checkpointPath(epoch: epoch)): missing: the run has written it")
      }
    }
    return result
  }

  private mutating func checkFile(_ path: String) throws {
    var isDamaged = false
    do { _ = try FileDigest.compare(path) } catch let error as FileError {
      problems.append("\(error)")
      guard case .damaged = error else { return }
      isDamaged = true
    }
    let file = try File.open(path, comparing: !isDamaged)
    let root = try file.root
    if file.integrity == .removed {
      problems.append("\(path): the checksum at its end is gone: another program has written it, or cut it off")
    }
    attempt { _ in
      switch try root.attribute("kind", as: String.self) ?? (root.contains("program") ? "checkpoint" : nil) {
      case "checkpoint": _ = try Checkpoint(contentsOf: path, comparing: !isDamaged, reader: TensorReader())
      case "run": _ = try RunRecord(contentsOf: path, comparing: !isDamaged)
      case "resume": _ = try ResumeState(contentsOf: path, comparing: !isDamaged)
      default: break
      }
    }
    attempt { result in
      let isLethes = try root.attributes.contains("lethe_format")
      let reader = TensorReader(comparesAlways: true)
      try root.visitGroups { group in
        for name in try group.names {
          result.attempt { result in
            if try !group.isLink(name), group.isGroup(name) { return }
            try result.checkDataset(group.dataset(name), reader, isLethes: isLethes)
          }
        }
      }
    }
  }

  private mutating func checkWeights(_ path: String) throws {
    let file = try WeightsFile(contentsOf: path)
    // Reading every byte finds what cannot be read.
    for name in file.names {
      guard let tensor = file.tensors[name] else { continue }
      _ = tensor.checksum
      tensor.releasePages()
      tensorCount += 1
      byteCount += tensor.byteCount
    }
    for path in try WeightsFile.files(of: path) {
      let mapped = try MappedFile(path)
      guard ZipArchive.isZip(mapped) else { continue }
      let archive = try ZipArchive(mapped)
      hasChecksums = true
      for entry in archive.entries where archive.crc32(of: entry) != entry.crc32 {
        problems.append("\(path): \(entry.name): its bytes have changed: their CRC-32 is another")
      }
    }
  }

  private mutating func checkDataset(_ dataset: Dataset, _ reader: TensorReader, isLethes: Bool) throws {
    guard (try? dataset.elementType) != nil else {
      try dataset.checkStrings()
      return
    }
    if let offset = try dataset.fileOffset {
      let holder = URL(fileURLWithPath: try dataset.holdingFile).standardizedFileURL.path
      guard seen.insert("\(offset) \(holder)").inserted else { return }
    }
    let tensor = try reader.tensor(dataset)
    tensor.releasePages()
    tensorCount += 1
    byteCount += tensor.byteCount
    if tensor.storedChecksum != nil {
      hasChecksums = true
    } else if isLethes {
      problems.append("\(dataset.file.path): \(dataset.path): its checksum is missing")
    }
  }

  private mutating func attempt(_ body: (inout Verification) throws -> Void) {
    do { try body(&self) } catch {
      let problem = "\(error)"
      if !problems.contains(problem) { problems.append(problem) }
    }
  }
}
