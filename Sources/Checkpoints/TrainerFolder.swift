import Files
import Foundation

/// A folder that some trainer writes checkpoints to, one after the other: Hugging Face's `checkpoint-500` with shards or an
/// adapter, Lightning's `epoch=3-step=500.ckpt`, `epoch7.pt`, Keras' `.h5`, plain files of weights.
public struct TrainerFolder: Sendable {
  /// A checkpoint in it.
  public struct Entry: Sendable, Equatable {
    /// The file's or folder's name.
    public let name: String
    /// Where it stands.
    public let path: String
    /// Optimization steps by its name; nil where that does not say.
    public let step: Int?
    /// Epochs by its name; likewise.
    public let epoch: Int?
    /// Its files with their sizes and times: another one as soon as any of them changes.
    public let signature: String
    /// When the last of its files was written, in seconds since 1970.
    public let modified: Double
    /// Its files' paths.
    let files: [String]
    /// Whether its trainer says that it is whole.
    let isMarkedWhole: Bool

    /// Whether nothing of it was written for so long, or its trainer says that it is whole.
    public func isWhole(settledFor seconds: Double, at now: Date = Date()) -> Bool {
      isMarkedWhole || now.timeIntervalSince1970 - modified >= seconds
    }
  }

  /// The folder.
  public let path: String

  /// - Throws: ``CheckpointError/notFound(path:)``.
  public init(_ path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      throw CheckpointError.notFound(path: path)
    }
    self.path = path
  }

  /// Names of files that are weights.
  private static let endings: Set = ["pt", "pth", "ckpt", "safetensors", "bin", "h5", "keras"]
  /// Files beside weights, which trainers write to the same folder.
  private static let others = ["optimizer", "scheduler", "rng_state", "training_args", "scaler", "trainer_state"]
  /// Links to, or copies of, what has a name of its own.
  private static let copies: Set = ["last", "best", "latest"]
  private static let folderWeights = [
    "model.safetensors.index.json", "model.safetensors", "pytorch_model.bin.index.json", "pytorch_model.bin",
    "adapter_config.json",
  ]

  /// What it holds now, the earliest first: by the steps that names give, else by their epochs, else by when they were
  /// written.
  ///
  /// What is hidden or temporary by its name, and what is a copy (`last.ckpt`, `best.pt`), is left out.
  public func entries() -> [Entry] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let found = names.sorted().compactMap(entry)
    func ordered<Key: Comparable>(_ key: (Entry) -> Key) -> [Entry] {
      found.sorted { (key($0), $0.name) < (key($1), $1.name) }
    }
    if found.allSatisfy({ $0.step != nil }) { return ordered { $0.step ?? 0 } }
    if found.allSatisfy({ $0.epoch != nil }) { return ordered { $0.epoch ?? 0 } }
    return ordered(\.modified)
  }

  private func entry(_ name: String) -> Entry? {
    guard !name.hasPrefix("."), !name.hasPrefix("tmp"), !name.hasSuffix(".tmp"), !name.hasSuffix(".part") else {
      return nil
    }
    let path = "\(path)/\(name)"
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    guard isFolder.boolValue else {
      let (stem, ending) = ((name as NSString).deletingPathExtension, (name as NSString).pathExtension.lowercased())
      guard Self.endings.contains(ending), !Self.copies.contains(stem), !Self.others.contains(where: stem.hasPrefix)
      else { return nil }
      return Entry(name, path, files: [path])
    }
    guard let first = Self.folderWeights.first(where: { FileManager.default.fileExists(atPath: "\(path)/\($0)") })
    else { return nil }
    let isAdapter = first == "adapter_config.json"
    let adapter = ["adapter_model.safetensors", "adapter_model.bin"].map { "\(path)/\($0)" }
      .filter { FileManager.default.fileExists(atPath: $0) }
    guard !isAdapter || !adapter.isEmpty else { return nil }
    // An index names its shards; one that is not there yet is a checkpoint that is not whole.
    guard isAdapter || (try? WeightsFile.files(of: path)) != nil else { return nil }
    let weights = isAdapter ? ["\(path)/\(first)"] + adapter : Self.weights(path, first)
    return Entry(name, path, files: weights)
  }

  private static func weights(_ folder: String, _ first: String) -> [String] {
    let main = "\(folder)/\(first)"
    return first.hasSuffix(".index.json") ? [main] + ((try? WeightsFile.files(of: folder)) ?? []) : [main]
  }

  /// Copies the files of a checkpoint to a folder of one's own, as what is read must not change meanwhile.
  ///
  /// - Returns: the copy; nil where the checkpoint changed as it was copied, or is gone.
  public func copy(_ entry: Entry, to folder: String) throws -> String? {
    let manager = FileManager.default
    try? manager.removeItem(atPath: folder)
    try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
    do {
      for file in entry.files {
        let name = (file as NSString).lastPathComponent
        // A link's file, not the link.
        try manager.copyItem(
          atPath: URL(fileURLWithPath: file).resolvingSymlinksInPath().path, toPath: "\(folder)/\(name)")
      }
      try linkSiblings(of: entry, from: folder)
    } catch {
      guard entry.files.allSatisfy(manager.fileExists) else { return nil }
      throw FileError.unreadable(path: entry.path, reason: "it cannot be copied to \(folder)")
    }
    guard Entry(entry.name, entry.path, files: entry.files)?.signature == entry.signature else { return nil }
    var isFolder: ObjCBool = false
    _ = manager.fileExists(atPath: entry.path, isDirectory: &isFolder)
    return isFolder.boolValue ? folder : "\(folder)/\(entry.name)"
  }

  /// A checkpoint of a run of ours has tensors that did not change in earlier ones beside it, which its copy finds too.
  private func linkSiblings(of entry: Entry, from folder: String) throws {
    guard entry.files.count == 1, entry.name.lowercased().hasSuffix(".h5") else { return }
    let manager = FileManager.default
    let base = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    for name in try manager.contentsOfDirectory(atPath: path) where name.hasSuffix(".h5") && name != entry.name {
      try manager.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: "\(base)/\(name)")
    }
  }
}

extension TrainerFolder.Entry {
  /// - Returns: nil where one of the files is not there.
  fileprivate init?(_ name: String, _ path: String, files: [String]) {
    var latest = 0.0
    var parts: [String] = []
    for file in files.sorted() {
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: file),
        let size = attributes[.size] as? Int, let date = attributes[.modificationDate] as? Date
      else { return nil }
      latest = max(latest, date.timeIntervalSince1970)
      parts.append("\((file as NSString).lastPathComponent) \(size) \(date.timeIntervalSince1970)")
    }
    self.init(
      name: name, path: path, step: Self.number(in: name, after: ["checkpoint-", "step=", "step_", "step-", "step"]),
      epoch: Self.number(in: name, after: ["epoch=", "epoch_", "epoch-", "epoch"]),
      signature: parts.joined(separator: "; "), modified: latest, files: files,
      // Hugging Face's trainer writes its state when all else is there.
      isMarkedWhole: FileManager.default.fileExists(atPath: "\(path)/trainer_state.json"))
  }

  private static func number(in name: String, after marks: [String]) -> Int? {
    for mark in marks {
      guard let place = name.range(of: mark) else { continue }
      let digits = name[place.upperBound...].prefix { $0.isASCII && $0.isNumber }
      if let number = Int(digits) { return number }
    }
    return nil
  }
}
