import Files
import Foundation
import HDF5

/// A file that `torch.save` or `torch.jit.save` wrote: a zip file of a pickle and raw storages, or the stream of before
/// PyTorch 1.6. Of TorchScript the weights alone are read, by their names.
///
/// Storages are read to memory of this machine whatever device they were on. Tensors that lie in the file as they are
/// needed are mapped; those that share a storage's window share their bytes.
struct TorchFile {
  /// The state dict's names, in its order.
  let names: [String]
  let tensors: [String: TensorView]
  /// What was done to find the state dict, in words.
  let notes: [String]

  /// The magic number of the legacy stream, as its first pickle gives it.
  private static let legacyStart: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]

  /// Whether a file begins like a legacy stream.
  static func isLegacy(_ file: MappedFile) -> Bool { file.withUnsafeBytes { $0.starts(with: legacyStart) } }

  /// Whether an archive has a pickle beside a program's source.
  static func isTorchScript(_ archive: ZipArchive) -> Bool {
    guard let entry = pickleEntry(of: archive) else { return false }
    return archive.entries.contains { $0.name == entry.name.replacing("/data.pkl", with: "/constants.pkl") }
  }

  /// Whether an archive has a pickle of PyTorch's.
  static func isArchive(_ archive: ZipArchive) -> Bool { pickleEntry(of: archive) != nil }

  private static func pickleEntry(of archive: ZipArchive) -> ZipArchive.Entry? {
    archive.entries.first { $0.name.hasSuffix("/data.pkl") && $0.name.count { $0 == "/" } == 1 }
  }

  /// Reads the archive that `torch.save` writes since PyTorch 1.6.
  ///
  /// - Parameter state: the entry that is the state dict, its path with dots; nil to find it.
  /// - Throws: ``CheckpointError/malformed(path:reason:)``, naming the tensor.
  init(_ archive: ZipArchive, state: String? = nil) throws {
    let path = archive.file.path
    guard let entry = Self.pickleEntry(of: archive) else {
      throw CheckpointError.malformed(path: path, reason: "a zip file without data.pkl, which torch.save writes")
    }
    let root = String(entry.name.dropLast("data.pkl".count))
    if let order = try archive.entry("\(root)byteorder"), archive.data(of: order) != Data("little".utf8) {
      throw CheckpointError.malformed(path: path, reason: "its numbers are big-endian")
    }
    let (value, heap) = try archive.withBytes(of: entry) { bytes in
      var machine = PickleMachine(bytes, path: path)
      return (try machine.load(), machine.heap)
    }
    func place(of storage: PickledStorage) throws -> StoragePlace {
      guard let record = try archive.entry("\(root)data/\(storage.key)") else {
        throw CheckpointError.malformed(path: path, reason: "its storage \(storage.key) is missing")
      }
      return StoragePlace(offset: record.offset, byteCount: record.byteCount)
    }
    try self.init(StateDictionary(value, heap, path: path, entry: state), file: archive.file, place: place)
  }

  /// Reads the stream that PyTorch wrote before 1.6: five pickles, then the storages one after the other.
  ///
  /// - Parameter state: as for an archive.
  /// - Throws: ``CheckpointError/malformed(path:reason:)``, naming the tensor.
  init(legacy file: MappedFile, state: String? = nil) throws {
    let path = file.path
    let (value, heap, places) = try file.withUnsafeBytes { bytes in
      var machine = PickleMachine(bytes, at: Self.legacyStart.count, path: path)
      guard case .integer(1001) = try machine.load() else {
        throw CheckpointError.malformed(path: path, reason: "a version of torch.save's stream that is not known")
      }
      try Self.checkSystem(machine.load(), machine.heap, path: path)
      let value = try machine.load()
      guard case .list(let keys) = try machine.load() else {
        throw CheckpointError.malformed(path: path, reason: "its list of storages is missing")
      }
      return (value, machine.heap, try Self.storages(keys, machine, LittleEndianBytes(bytes, path: path), path: path))
    }
    func place(of storage: PickledStorage) throws -> StoragePlace {
      guard let place = places[storage.key] else {
        throw CheckpointError.malformed(path: path, reason: "its storage \(storage.key) is missing")
      }
      return place
    }
    try self.init(StateDictionary(value, heap, path: path, entry: state), file: file, place: place)
  }

  private static func checkSystem(_ value: PickleValue, _ heap: PickleHeap, path: String) throws {
    guard case .dictionary(let index) = value else { return }
    for (key, value) in heap.dictionaries[index] {
      if case .text("little_endian") = key, case .bool(false) = value {
        throw CheckpointError.malformed(path: path, reason: "its numbers are big-endian")
      }
    }
  }

  /// Where each storage of a stream lies: its number of elements, then its bytes.
  private static func storages(
    _ keys: Int, _ machine: PickleMachine, _ bytes: LittleEndianBytes, path: String
  ) throws -> [String: StoragePlace] {
    let known = Dictionary(machine.heap.storages.map { ($0.key, $0) }) { first, _ in first }
    var position = machine.position
    var places: [String: StoragePlace] = [:]
    for case .text(let key) in machine.heap.sequences[keys] {
      guard let storage = known[key], let type = storage.elementType, let size = TorchFile.byteCount(of: type) else {
        throw CheckpointError.malformed(path: path, reason: "its storage \(key) is one that no tensor has")
      }
      let count = try bytes.length(at: position)
      position += 8
      guard count <= (bytes.count - position) / size else {
        throw CheckpointError.malformed(path: path, reason: "truncated: its storage \(key) has \(count) elements")
      }
      places[key] = StoragePlace(offset: position, byteCount: count * size)
      position += count * size
    }
    return places
  }

  private struct StoragePlace {
    let offset: Int
    let byteCount: Int
  }

  private init(
    _ state: StateDictionary, file: MappedFile, place: (PickledStorage) throws -> StoragePlace
  ) throws {
    var tensors: [String: TensorView] = [:]
    // Tied tensors share their bytes even where these have to be copied.
    var seen: [Window: TensorView] = [:]
    for (name, tensor) in state.tensors {
      guard let type = ElementType(rawValue: tensor.elementType) else {
        throw CheckpointError.malformed(
          path: file.path, reason: "\(name): its element type \(tensor.elementType) is not supported")
      }
      let (offset, overflow) = tensor.offset.addingReportingOverflow(tensor.storage.viewOffset)
      guard !overflow else {
        throw CheckpointError.malformed(path: file.path, reason: "\(name): impossible offset \(tensor.offset)")
      }
      let window = Window(
        key: tensor.storage.key, elementType: type, shape: tensor.shape, strides: tensor.strides, offset: offset)
      if let view = seen[window] {
        tensors[name] = view
        continue
      }
      let place = try place(tensor.storage)
      let view = try StridedTensor(
        name: name, elementType: type, shape: tensor.shape, strides: tensor.strides, offset: offset
      ).view(of: file, storageOffset: place.offset, storageByteCount: place.byteCount)
      seen[window] = view
      tensors[name] = view
    }
    self.tensors = tensors
    names = state.tensors.map(\.name)
    notes = state.notes
  }

  private struct Window: Hashable {
    let key: String
    let elementType: ElementType
    let shape: [Int]
    let strides: [Int]
    let offset: Int
  }

  private static func byteCount(of type: String) -> Int? {
    switch type {
    case "qint8", "quint8": 1
    case "qint32": 4
    default: ElementType(rawValue: type)?.byteCount
    }
  }
}
