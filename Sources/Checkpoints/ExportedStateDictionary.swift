import Files
import Foundation
import HDF5

/// A model's tensors under PyTorch's names, for `load_state_dict(strict=True)`: parameters and persistent buffers, in
/// the program's order, one task's classifier among them.
public struct ExportedStateDictionary: Sendable {
  /// What can be written.
  public enum Format: String, Sendable, CaseIterable {
    case safetensors, hdf5
    /// What `torch.save` writes.
    case torch
    /// What `torch.export.save` writes, which needs the program to put the tensors into.
    case exportedProgram
    /// Keras' own, which needs a file of Keras' to take it from: see ``ExportedStateDictionary/writeKeras(to:like:)``.
    case keras

    /// Whether it needs a file that it is made after.
    public var needsTemplate: Bool { self == .keras || self == .exportedProgram }

    /// The format that a file's name asks for; nil for any other name.
    ///
    /// - Parameter hasTemplate: whether there is a file to make it after; `.h5` is then Keras'.
    public init?(path: String, hasTemplate: Bool = false) {
      if path.lowercased().hasSuffix(".weights.h5") {
        self = .keras
        return
      }
      switch URL(fileURLWithPath: path).pathExtension.lowercased() {
      case "safetensors": self = .safetensors
      case "pth", "pt", "bin": self = .torch
      case "pt2": self = .exportedProgram
      case "keras": self = .keras
      case "h5", "hdf5": self = hasTemplate ? .keras : .hdf5
      default: return nil
      }
    }
  }

  /// The tensors' names, in the order they are written in.
  public let names: [String]
  /// The tensors, by name.
  public let tensors: [String: TensorView]
  /// Free text to go with them: architecture, task, classes.
  public let metadata: [String: String]

  /// - Parameters:
  ///   - task: whose classifier goes with the backbone; the one in place by default.
  ///   - headLayer: the name its layer is given (`fc` for `fc.weight`); the program's by default.
  /// - Throws: ``CheckpointError`` for a task without a head, or a name that is another tensor's.
  public init(of checkpoint: Checkpoint, file: String, task: String? = nil, headLayer: String? = nil) throws {
    let task = task ?? checkpoint.task
    let program = checkpoint.program
    let headNames = Set(program.headParameterNames)
    let head = task == checkpoint.task ? checkpoint.parameters : checkpoint.heads[task]?.tensors
    guard let head else {
      throw CheckpointError.malformed(
        path: file,
        reason: "it has no head for '\(task)'; it has \(checkpoint.heads.keys.sorted().joined(separator: ", "))")
    }
    var names: [String] = []
    var tensors: [String: TensorView] = [:]
    for specification in program.parameters + program.buffers.filter(\.isPersistent) {
      let name = specification.name
      let isHead = headNames.contains(name)
      guard let tensor = isHead ? head[name] : checkpoint.parameters[name] ?? checkpoint.buffers[name] else {
        throw CheckpointError.missingTensor(tensor: name, file: file)
      }
      var written = name
      if isHead, let headLayer, let leaf = name.split(separator: ".").last { written = "\(headLayer).\(leaf)" }
      guard tensors.updateValue(tensor, forKey: written) == nil else {
        throw CheckpointError.malformed(path: file, reason: "two of its tensors would be named \(written)")
      }
      names.append(written)
    }
    (self.names, self.tensors) = (names, tensors)
    metadata = [
      "format": "pt", "lethe_version": FileFormat.letheVersion, "architecture": program.architecture, "task": task,
      "classes": (checkpoint.heads[task]?.classNames ?? []).joined(separator: "\n"),
    ]
  }

  init(names: [String], tensors: [String: TensorView], metadata: [String: String]) {
    (self.names, self.tensors, self.metadata) = (names, tensors, metadata)
  }

  /// Writes the tensors whole, under a temporary name, then renames the file into place.
  ///
  /// - Parameter template: the file of Keras' whose layout is taken, or the program whose values are replaced; for those
  ///   formats alone, which need it.
  /// - Throws: `FileError.unwritable`; no partial file is left then.
  public func write(to path: String, format: Format, like template: String? = nil) throws {
    switch format {
    case .keras:
      guard let template else {
        throw CheckpointError.malformed(path: path, reason: "Keras' layout needs a file of Keras' to take it from")
      }
      try writeKeras(to: path, like: template)
    case .safetensors:
      try AtomicFile.write(to: path) { try SafetensorsFile.write(tensors, metadata: metadata, to: $0) }
    case .exportedProgram:
      guard let template else {
        throw CheckpointError.malformed(path: path, reason: "a program needs the .pt2 that the model came from")
      }
      let archive = try ExportedProgramArchive(contentsOf: template)
      try AtomicFile.write(to: path) { try archive.write(tensors, to: $0) }
    case .torch:
      try AtomicFile.write(to: path) { try TorchFile.write(names, tensors, to: $0) }
    case .hdf5:
      try File.writeAtomically(to: path) { root in
        for (key, value) in metadata where key != "format" { try root.setAttribute(key, to: value) }
        try root.writeTensors(tensors, nil)
      }
    }
  }
}
