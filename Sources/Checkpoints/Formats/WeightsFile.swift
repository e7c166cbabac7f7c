import Foundation

/// Tensors by name from a file of any supported kind, told by what is in it, not by what it is called.
public struct WeightsFile: Sendable {
  public enum Kind: String, Sendable {
    case checkpoint
    case exportedProgram = "exported program"
    case safetensors
  }

  public let kind: Kind
  /// In the file's order.
  public let names: [String]
  public let tensors: [String: TensorView]

  /// What kind of file it is.
  ///
  /// - Throws: ``CheckpointError`` for a file that is missing or of no known kind.
  public static func kind(of path: String) throws -> Kind {
    guard FileManager.default.fileExists(atPath: path) else { throw CheckpointError.notFound(path: path) }
    return try kind(of: MappedFile(path))
  }

  private static func kind(of file: MappedFile) throws -> Kind {
    if file.withUnsafeBytes({ $0.starts(with: [0x89, 0x48, 0x44, 0x46]) }) { return .checkpoint }
    if ZipArchive.isZip(file) {
      guard ExportedProgramArchive.isExportedProgram(try ZipArchive(file)) else {
        throw CheckpointError.malformed(
          path: file.path,
          reason: "a zip file without a program; of PyTorch's files, .pt2 is read: save weights as .safetensors")
      }
      return .exportedProgram
    }
    if SafetensorsFile.matches(file) { return .safetensors }
    throw CheckpointError.malformed(
      path: file.path, reason: "neither a checkpoint, nor a .pt2 program, nor a .safetensors file")
  }

  /// - Throws: ``CheckpointError``, naming the file and the tensor.
  public init(contentsOf path: String) throws {
    kind = try Self.kind(of: path)
    switch kind {
    case .checkpoint:
      let checkpoint = try Checkpoint(contentsOf: path)
      tensors = checkpoint.parameters.merging(checkpoint.buffers) { first, _ in first }
      names = (checkpoint.program.parameters + checkpoint.program.buffers).map(\.name)
    case .exportedProgram:
      let archive = try ExportedProgramArchive(contentsOf: path)
      (tensors, names) = (archive.tensors, archive.names)
    case .safetensors:
      let file = try SafetensorsFile(MappedFile(path))
      (tensors, names) = (file.tensors, file.names)
    }
  }
}
