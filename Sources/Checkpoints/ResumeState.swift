import HDF5

/// What a run needs to go on after an epoch, beside the epoch's checkpoint.
public struct ResumeState: Sendable {
  /// The epoch after which it was taken.
  public var epoch: Int
  /// Counters and random streams, JSON.
  public var progress: String
  /// Moments, averages and the like, by name.
  public var tensors: [String: TensorView]

  /// The state after an epoch.
  public init(epoch: Int, progress: String, tensors: [String: TensorView]) {
    self.epoch = epoch
    self.progress = progress
    self.tensors = tensors
  }

  /// Reads a run's `resume.h5`.
  ///
  /// - Throws: ``CheckpointError`` for a file that is something else, `HDF5Error` for a damaged one.
  public init(contentsOf path: String) throws { try self.init(contentsOf: path, comparing: true) }

  init(contentsOf path: String, comparing: Bool) throws {
    let root = try File.open(path, comparing: comparing).root
    try Checkpoint.checkFormat(of: root, path: path)
    guard let kind: String = try root.attribute("kind"), kind == "resume" else {
      throw CheckpointError.malformed(path: path, reason: "not the state of a run to resume")
    }
    epoch = try root.requiredAttribute("epoch")
    progress = try root.readCheckedText("progress")
    tensors = try Checkpoint.tensors(of: root.group("tensors"), TensorReader())
  }

  /// Writes it whole, then renames it into place.
  public func write(to path: String) throws {
    try Self.write(epoch: epoch, progress: progress, tensors: tensors.mapValues { tensor in { tensor } }, to: path)
  }

  /// Writes a state whose tensors are made one after the other, so that of all of them one is in memory twice.
  public static func write(
    epoch: Int, progress: String, tensors: [String: () throws -> TensorView], to path: String
  ) throws {
    try File.writeAtomically(to: path) { root in
      try FileFormat.mark(root, as: "resume")
      try root.setAttribute("epoch", to: epoch)
      try root.writeCheckedText("progress", progress)
      let group = try root.createGroup("tensors")
      for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) { try group.writeTensor(name, tensor()) }
    }
  }
}
