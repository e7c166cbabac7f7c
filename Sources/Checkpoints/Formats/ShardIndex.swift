import Files
import Foundation

/// The index of weights that lie in several files beside it: `model.safetensors.index.json`.
struct ShardIndex {
  private let path: String
  /// The file of each tensor.
  private let files: [String: String]

  private struct Contents: Decodable {
    let files: [String: String]
    enum CodingKeys: String, CodingKey { case files = "weight_map" }
  }

  /// - Returns: nil for a file that is not an index.
  init?(_ file: MappedFile) throws {
    let start = file.withUnsafeBytes { $0.first { !" \n\r\t".utf8.contains($0) } }
    guard start == UInt8(ascii: "{"), file.byteCount < 1 << 28,
      let contents = try? JSONDecoder().decode(Contents.self, from: file.withUnsafeBytes { Data($0) })
    else { return nil }
    path = file.path
    files = contents.files
  }

  private var folder: String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

  /// The files of its shards.
  var paths: [String] {
    let folder = folder
    return Set(files.values).sorted().map { "\(folder)/\($0)" }
  }

  /// The tensors of all shards, in the order of their names.
  ///
  /// - Throws: ``CheckpointError``, naming the shard and the tensor.
  func read() throws -> (names: [String], tensors: [String: TensorView]) {
    let folder = folder
    var tensors: [String: TensorView] = [:]
    for shard in Set(files.values).sorted() {
      guard FileName.isSibling(shard) else {
        throw CheckpointError.malformed(path: path, reason: "its shard '\(shard)' lies in another folder")
      }
      let shardPath = "\(folder)/\(shard)"
      guard FileManager.default.fileExists(atPath: shardPath) else {
        throw CheckpointError.malformed(path: path, reason: "its shard \(shard) is missing")
      }
      let file = try MappedFile(shardPath)
      let contents =
        if SafetensorsFile.matches(file) {
          try SafetensorsFile(file).tensors
        } else if ZipArchive.isZip(file) {
          try TorchFile(ZipArchive(file)).tensors
        } else {
          throw CheckpointError.malformed(path: shardPath, reason: "neither .safetensors nor a file of torch.save")
        }
      for (name, tensor) in contents where files[name] == shard { tensors[name] = tensor }
    }
    if let missing = files.keys.filter({ tensors[$0] == nil }).min() {
      throw CheckpointError.missingTensor(tensor: missing, file: "\(folder)/\(files[missing] ?? "")")
    }
    return (files.keys.sorted { $0.compare($1, options: .numeric) == .orderedAscending }, tensors)
  }
}
