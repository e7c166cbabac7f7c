import Files
import Foundation
import HDF5

/// Tensors by name from a file of any supported kind, told by what is in it, not by what it is called.
public struct WeightsFile: Sendable {
  /// The kinds of files that are told apart; the texts are what messages call them.
  public enum Kind: String, Sendable {
    case checkpoint
    case exportedProgram = "exported program"
    case torch = "PyTorch state dict"
    case torchScript = "TorchScript program"
    case onnx = "ONNX model"
    case safetensors
    case shards = "sharded weights"
    case keras = "Keras weights"
    case hdf5 = "HDF5 state dict"
  }

  /// What kind of file it was.
  public let kind: Kind
  /// In the file's order.
  public let names: [String]
  /// The tensors by name; mapped where the file has them as they are needed.
  public let tensors: [String: TensorView]
  /// What was done to the file's names and layouts, in words.
  public let notes: [String]

  /// The files that have the bytes of what a path names: itself, a folder's weights, the shards of an index.
  static func files(of path: String) throws -> [String] {
    let source = try Source(path)
    if case .shards(let index) = source { return index.paths }
    return [try Source.file(path)]
  }

  /// What kind of file it is.
  ///
  /// - Throws: ``CheckpointError`` for a file that is missing or of no known kind.
  public static func kind(of path: String) throws -> Kind { try Source(path).kind }

  /// - Parameters:
  ///   - path: a file, or a folder with `model.safetensors` or an index of shards, as Hugging Face has them.
  ///   - state: the entry of a PyTorch file that is the state dict, its path with dots; nil to find the one there is.
  /// - Throws: ``CheckpointError`` or `HDF5Error`, naming the file and the tensor.
  public init(contentsOf path: String, state: String? = nil) throws {
    let source = try Source(path)
    if let state, source.kind != .torch {
      throw CheckpointError.malformed(
        path: path, reason: "\(source.kind.rawValue), which has no entries: '\(state)' cannot be taken from it")
    }
    kind = source.kind
    var notes: [String] = []
    let file: (names: [String], tensors: [String: TensorView])
    switch source {
    case .checkpoint(let path):
      let checkpoint = try Checkpoint(contentsOf: path)
      file = (
        (checkpoint.program.parameters + checkpoint.program.buffers).map(\.name),
        checkpoint.parameters.merging(checkpoint.buffers) { first, _ in first }
      )
    case .exportedProgram(let archive):
      let program = try ExportedProgramArchive(archive)
      file = (program.names, program.tensors)
    case .torch(let archive), .torchScript(let archive):
      let torch = try TorchFile(archive, state: state)
      file = (torch.names, torch.tensors)
      notes = torch.notes
    case .legacyTorch(let mapped):
      let torch = try TorchFile(legacy: mapped, state: state)
      file = (torch.names, torch.tensors)
      notes = torch.notes
    case .safetensors(let mapped):
      let safetensors = try SafetensorsFile(mapped)
      file = (safetensors.names, safetensors.tensors)
    case .onnx(let mapped):
      let onnx = try ONNXFile(mapped)
      file = (onnx.names, onnx.tensors)
      notes = onnx.notes
    case .shards(let index): file = try index.read()
    case .keras(let root):
      let keras = try KerasFile(root)
      file = (keras.names, keras.tensors)
      notes = keras.notes
    case .kerasArchive(let archive):
      let keras = try KerasArchive.read(archive)
      file = (keras.names, keras.tensors)
      notes = keras.notes
    case .hdf5(let root): file = try Self.stateDictionary(root)
    }
    let unwrapped = WrapperNames(file.names)
    if let note = unwrapped.note { notes.append(note) }
    names = unwrapped.names
    tensors = Dictionary(
      zip(file.names, unwrapped.names).compactMap { name, short in file.tensors[name].map { (short, $0) } }
    ) { first, _ in first }
    self.notes = notes
  }

  /// Every dataset of numbers, its path with dots.
  private static func stateDictionary(_ root: Group) throws -> (names: [String], tensors: [String: TensorView]) {
    let reader = TensorReader()
    var names: [String] = []
    var tensors: [String: TensorView] = [:]
    for path in try root.allDatasetPaths() {
      let name = path.replacing("/", with: ".")
      guard tensors.updateValue(try reader.tensor(path, in: root), forKey: name) == nil else {
        throw CheckpointError.malformed(path: root.file.path, reason: "two of its datasets are \(name)")
      }
      names.append(name)
    }
    guard !names.isEmpty else { throw CheckpointError.malformed(path: root.file.path, reason: "it has no datasets") }
    return (names, tensors)
  }
}

extension WeightsFile {
  /// An opened file with its kind.
  private enum Source {
    case checkpoint(String)
    case exportedProgram(ZipArchive)
    case torch(ZipArchive)
    case torchScript(ZipArchive)
    case legacyTorch(MappedFile)
    case safetensors(MappedFile)
    case onnx(MappedFile)
    case shards(ShardIndex)
    case keras(Group)
    case kerasArchive(ZipArchive)
    case hdf5(Group)

    var kind: Kind {
      switch self {
      case .checkpoint: .checkpoint
      case .exportedProgram: .exportedProgram
      case .torch, .legacyTorch: .torch
      case .torchScript: .torchScript
      case .safetensors: .safetensors
      case .onnx: .onnx
      case .shards: .shards
      case .keras, .kerasArchive: .keras
      case .hdf5: .hdf5
      }
    }

    init(_ given: String) throws {
      let path = try Self.file(given)
      let file = try MappedFile(path)
      if file.isHDF5 {
        self = try Self.hdf5(path)
      } else if ZipArchive.isZip(file) {
        self = try Self.zip(ZipArchive(file))
      } else if TorchFile.isLegacy(file) {
        self = .legacyTorch(file)
      } else if SafetensorsFile.matches(file) {
        self = .safetensors(file)
      } else if let index = try ShardIndex(file) {
        self = .shards(index)
      } else if ONNXFile.matches(file) {
        self = .onnx(file)
      } else if file.withUnsafeBytes({ $0.starts(with: "GGUF".utf8) }) {
        throw CheckpointError.malformed(
          path: path,
          reason: "a GGUF file, whose weights are rounded for inference; give the weights that it was made from, "
            + "as .safetensors or .pt")
      } else {
        throw CheckpointError.malformed(
          path: path,
          reason: "neither a checkpoint, nor .pt2, .pt, .pth, .safetensors, .onnx, Keras' .h5 or .keras, "
            + "or a truncated one of them")
      }
    }

    private static func hdf5(_ path: String) throws -> Source {
      let root = try File.open(path).root
      if try root.attributes.contains("lethe_format") { return .checkpoint(path) }
      if try KerasFile.matches(root) { return .keras(root) }
      guard !root.isGroup("train") else {
        throw CheckpointError.malformed(path: path, reason: "a dataset, expected weights")
      }
      return .hdf5(root)
    }

    private static func zip(_ archive: ZipArchive) throws -> Source {
      if ExportedProgramArchive.isExportedProgram(archive) { return .exportedProgram(archive) }
      if TorchFile.isTorchScript(archive) { return .torchScript(archive) }
      if TorchFile.isArchive(archive) { return .torch(archive) }
      if let name = archive.compressed.first(where: { $0.hasSuffix("/data.pkl") || $0.hasSuffix("/model.json") }) {
        // Says that it is compressed.
        _ = try archive.entry(name)
      }
      if try KerasArchive.matches(archive) { return .kerasArchive(archive) }
      throw CheckpointError.malformed(
        path: archive.file.path, reason: "a zip file without a program (models/model.json) or a state dict (data.pkl)")
    }

    /// A file as it is given, or the one of weights in a folder.
    static func file(_ path: String) throws -> String {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw CheckpointError.notFound(path: path)
      }
      guard isFolder.boolValue else { return path }
      let usual = [
        "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
        "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.safetensors.index.json",
      ].map { "\(path)/\($0)" }
      guard let file = usual.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
        throw CheckpointError.malformed(
          path: path, reason: "a folder with neither model.safetensors nor pytorch_model.bin nor an index of shards")
      }
      return file
    }
  }
}
