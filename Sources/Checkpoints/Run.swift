import Files
import Foundation
import HDF5

/// A run: a folder with a record (`run.h5`) and a checkpoint of every epoch, each file written whole.
public struct Run: Sendable {
  /// The folder.
  public let path: String
  /// What is known of it.
  public private(set) var record: RunRecord

  /// Makes the folder of a new run, with a first record in it, at one stroke.
  ///
  /// - Throws: ``CheckpointError/exists(path:)`` where there is anything of this name.
  public static func create(at path: String, record: RunRecord = RunRecord()) throws -> Run {
    let manager = FileManager.default
    let url = URL(fileURLWithPath: path).standardizedFileURL
    var stored = record
    stored.data = record.data.related(to: path)
    // A link that leads nowhere is something too.
    guard (try? manager.attributesOfItem(atPath: url.path)) == nil else { throw CheckpointError.exists(path: path) }
    AtomicFile.removeAbandoned(of: url.path)
    let temporary = URL(fileURLWithPath: AtomicFile.temporaryPath(for: url.path))
    defer { AtomicFile.forget(temporary.path) }
    do {
      try manager.createDirectory(
        at: temporary.appendingPathComponent("checkpoints"), withIntermediateDirectories: true)
    } catch {
      throw FileError.unwritable(path: path, reason: Self.reason(error))
    }
    do {
      try stored.write(to: temporary.appendingPathComponent("run.h5").path)
      guard rename(temporary.path, url.path) == 0 else {
        let code = errno
        if code == ENOTEMPTY || code == EEXIST || code == ENOTDIR { throw CheckpointError.exists(path: path) }
        throw FileError.unwritable(path: path, reason: String(cString: strerror(code)))
      }
    } catch {
      try? manager.removeItem(at: temporary)
      if case FileError.unwritable(_, let reason) = error {
        throw FileError.unwritable(path: path, reason: reason)
      }
      throw error
    }
    return Run(path: path, record: record)
  }

  /// Opens a run.
  public static func open(_ path: String) throws -> Run {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CheckpointError.notFound(path: path)
    }
    guard isDirectory.boolValue, FileManager.default.fileExists(atPath: "\(path)/run.h5") else {
      throw CheckpointError.notRun(path: path)
    }
    var record = try RunRecord(contentsOf: "\(path)/run.h5")
    record.data = record.data.found(from: path)
    return Run(path: path, record: record)
  }

  /// Removes the folder with everything in it.
  public func discard() { try? FileManager.default.removeItem(atPath: path) }

  /// Replaces the record, in the file and here; which checkpoints are the run's own is kept.
  ///
  /// - Throws: ``CheckpointError/inUse(path:holder:)`` where another process writes the run.
  public mutating func save(_ record: RunRecord) throws {
    var record = record
    record.checkpoints = self.record.checkpoints
    // Epochs that the record forgets are written anew.
    if record.metrics.rowCount < self.record.metrics.rowCount {
      record.checkpoints = record.checkpoints.filter { (Int($0.key) ?? .max) < record.metrics.rowCount }
    }
    var stored = record
    stored.data = record.data.related(to: path)
    let lock = try RunLock.acquire(path)
    try withExtendedLifetime(lock) { try stored.write(to: "\(path)/run.h5") }
    self.record = record
  }

  /// Where the checkpoint of an epoch stands, or will stand.
  public func checkpointPath(epoch: Int) -> String { "\(path)/checkpoints/epoch-\(Self.digits(epoch)).h5" }

  /// Writes the checkpoint of an epoch. ``save(_:)`` then stores which one it is.
  ///
  /// - Parameter parent: the checkpoint whose tensors are linked to where they have not changed.
  public mutating func write(_ checkpoint: Checkpoint, epoch: Int, unchangedFrom parent: String? = nil) throws {
    let path = checkpointPath(epoch: epoch)
    try checkpoint.write(to: path, unchangedFrom: parent)
    // A run of a version that recorded none knows nothing of its earlier ones.
    guard epoch == 0 || !record.checkpoints.isEmpty else { return }
    record.checkpoints[String(epoch)] = try FileDigest.stored(in: path)?.text
  }

  /// The epochs whose checkpoints are there, in order.
  public var epochs: [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/checkpoints")) ?? []
    return names.compactMap(Self.epoch).sorted()
  }

  /// Whether an epoch's checkpoint is there, and the record speaks of it: one that was written just before the process
  /// ended does not count yet.
  public func hasWritten(epoch: Int) -> Bool {
    FileManager.default.fileExists(atPath: checkpointPath(epoch: epoch))
      && (record.checkpoints.isEmpty || record.checkpoints[String(epoch)] != nil)
  }

  static func epoch(ofCheckpoint name: String) -> Int? {
    name.hasPrefix("epoch-") && name.hasSuffix(".h5") ? Int(name.dropFirst(6).dropLast(3)) : nil
  }

  /// The epoch that the run stands for: the best one by its rule, else the last.
  public var chosenEpoch: Int { record.bestEpoch ?? record.lastEpoch ?? epochs.last ?? 0 }

  /// Where the state to resume from stands.
  public var resumePath: String { "\(path)/resume.h5" }

  /// Removes the checkpoints after an epoch, all of them where it is nil, the last first.
  public mutating func removeCheckpoints(after epoch: Int?) {
    let last = epoch ?? -1
    record.checkpoints = record.checkpoints.filter { (Int($0.key) ?? 0) <= last }
    for later in epochs.reversed() where later > last {
      try? FileManager.default.removeItem(atPath: checkpointPath(epoch: later))
    }
    // A link that leads nowhere now.
    if !FileManager.default.fileExists(atPath: bestPath) { unlink(bestPath) }
  }

  /// Removes the checkpoints of all epochs but these. The record is stored first: of what it speaks of, nothing is missing.
  ///
  /// What is kept must not be linked to what goes; see ``write(_:epoch:unchangedFrom:)``.
  public mutating func removeCheckpoints(butThoseOf kept: Set<Int>) throws {
    let left = epochs.filter { !kept.contains($0) }
    guard !left.isEmpty else { return }
    for epoch in left { record.checkpoints[String(epoch)] = nil }
    try save(record)
    for epoch in left { try? FileManager.default.removeItem(atPath: checkpointPath(epoch: epoch)) }
  }

  private var bestPath: String { "\(path)/checkpoints/best.h5" }

  /// Whether it was stopped before anything was stored that it could go on from: it then begins again.
  public var isAtBeginning: Bool {
    !record.isFinished && record.metrics.rowCount <= 1 && epochs.allSatisfy { $0 == 0 }
      && !FileManager.default.fileExists(atPath: resumePath)
  }

  /// Points `checkpoints/best.h5` at an epoch's checkpoint.
  public func markBest(epoch: Int) throws {
    try AtomicFile.link(bestPath, to: URL(fileURLWithPath: checkpointPath(epoch: epoch)).lastPathComponent)
  }

  static func digits(_ epoch: Int) -> String {
    let digits = String(epoch)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
    if let posix = underlying as? POSIXError { return String(cString: strerror(posix.code.rawValue)) }
    return (error as NSError).localizedDescription.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
