import Files
import Foundation

extension ExportedStateDictionary {
  /// Writes safetensors in several files where they would be longer than `shardByteCount`, named and divided as
  /// `huggingface_hub` does: of `model.safetensors` the shards `model-00001-of-00002.safetensors`, … and the index
  /// `model.safetensors.index.json`. One file under the path itself where all fit.
  ///
  /// Every file is written under a temporary name; then all are renamed, the index last.
  ///
  /// - Parameter shardByteCount: the bytes of tensors a shard may have; one that is longer has a shard of its own.
  /// - Returns: the files, what reads them all first.
  /// - Throws: ``CheckpointError/exists(path:)``, `FileError.unwritable`; none of the files is left then.
  @discardableResult public func writeShards(to path: String, shardByteCount: Int) throws -> [String] {
    let shards = shards(of: shardByteCount)
    guard shards.count > 1 else {
      try write(to: path, format: .safetensors)
      return [path]
    }
    let url = URL(fileURLWithPath: path)
    let (folder, name) = (url.deletingLastPathComponent().path, url.deletingPathExtension().lastPathComponent)
    let files = shards.indices.map { index in
      "\(name)-\(Self.fiveDigits(index + 1))-of-\(Self.fiveDigits(shards.count)).\(url.pathExtension)"
    }
    let index = "\(url.lastPathComponent).index.json"
    let paths = (files + [index]).map { "\(folder)/\($0)" }
    if let taken = paths.first(where: FileManager.default.fileExists) { throw CheckpointError.exists(path: taken) }
    let contents = ShardIndex.Written(
      metadata: ["total_size": tensors.values.reduce(0) { $0 + $1.byteCount }],
      files: Dictionary(uniqueKeysWithValues: zip(shards, files).flatMap { names, file in names.map { ($0, file) } }))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let json = try encoder.encode(contents)
    try AtomicFile.write(toAll: paths) { place, temporary in
      guard place < shards.count else { return try json.withUnsafeBytes { try SequentialFile(temporary).write($0) } }
      let own = tensors.filter { contents.files[$0.key] == files[place] }
      try SafetensorsFile.write(own, metadata: metadata, to: temporary)
    }
    return [paths[shards.count]] + paths.dropLast()
  }

  /// The tensors' names by shard: in their order, a new shard where the next one would not fit.
  func shards(of shardByteCount: Int) -> [[String]] {
    var shards: [[String]] = []
    var current: [String] = []
    var byteCount = 0
    for name in names {
      let own = tensors[name]?.byteCount ?? 0
      guard own <= shardByteCount else {
        shards.append([name])
        continue
      }
      if own > shardByteCount - byteCount {
        shards.append(current)
        (current, byteCount) = ([], 0)
      }
      current.append(name)
      byteCount += own
    }
    return current.isEmpty ? shards : shards + [current]
  }

  private static func fiveDigits(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
  }
}

extension ShardIndex {
  /// What stands in an index.
  fileprivate struct Written: Encodable {
    let metadata: [String: Int]
    let files: [String: String]

    enum CodingKeys: String, CodingKey {
      case metadata
      case files = "weight_map"
    }
  }
}
