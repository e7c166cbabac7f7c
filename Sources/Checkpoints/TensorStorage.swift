import Files
import Foundation
import HDF5

/// Opens tensors of HDF5 files, mapping each file once.
///
/// No tensor leaves it whose bytes are not those that were written, where its file can tell: the file was compared with the
/// checksum at its end when it was opened, or else the tensor is with its own.
public final class TensorReader {
  private var files: [String: MappedFile] = [:]
  private var comparedHolders: [String: Bool] = [:]
  private let comparesAlways: Bool

  /// A reader that has mapped nothing yet.
  public convenience init() { self.init(comparesAlways: false) }

  /// - Parameter comparesAlways: whether tensors are compared with their own checksums in files too that were compared
  ///   as a whole.
  init(comparesAlways: Bool) { self.comparesAlways = comparesAlways }

  /// A dataset as a tensor: mapped where its bytes can be used as they lie in the file, read otherwise.
  public func tensor(_ name: String, in group: Group) throws -> TensorView { try tensor(group.dataset(name)) }

  /// A dataset as a tensor: mapped where its bytes can be used as they lie in the file, read otherwise.
  ///
  /// - Throws: ``CheckpointError/checksumMismatch(tensor:file:expected:found:)``, `HDF5Error`.
  public func tensor(_ dataset: Dataset) throws -> TensorView {
    let tensor = try uncompared(dataset)
    if try comparesAlways || !isCompared(dataset) { try compare(tensor, dataset) }
    return tensor
  }

  /// The numbers of a dataset as a Swift type, compared as tensors are.
  ///
  /// - Throws: ``CheckpointError/checksumMismatch(tensor:file:expected:found:)``, `HDF5Error`.
  public func numbers<Element: DatasetElement>(_ dataset: Dataset, as type: Element.Type = Element.self) throws
    -> [Element]
  {
    if try !isCompared(dataset) { try compare(uncompared(dataset), dataset) }
    return try dataset.read()
  }

  private func isCompared(_ dataset: Dataset) throws -> Bool {
    let holder = try dataset.holdingFile
    if holder == dataset.file.path {
      if case .compared = dataset.file.integrity { return true }
      return false
    }
    // It was compared when the link was followed, if it has a checksum at its end.
    if let known = comparedHolders[holder] { return known }
    let isCompared = try FileDigest.stored(in: holder) != nil
    comparedHolders[holder] = isCompared
    return isCompared
  }

  private func compare(_ tensor: TensorView, _ dataset: Dataset) throws {
    guard let expected = tensor.storedChecksum else {
      if dataset.file.isLethes { FileNotice.tell("\(dataset.file.path): \(dataset.path) has no checksum") }
      return
    }
    let found = tensor.checksum
    guard found == expected else {
      throw CheckpointError.checksumMismatch(
        tensor: dataset.path, file: dataset.file.path, expected: expected, found: found)
    }
  }

  private func uncompared(_ dataset: Dataset) throws -> TensorView {
    let type = try dataset.elementType
    let shape = try dataset.shape
    let checksum: String? = try dataset.attribute(Checksum.attributeName)
    guard let offset = try dataset.fileOffset, offset % type.byteCount == 0 else {
      return TensorView(bytes: try dataset.readBytes(), elementType: type, shape: shape).withStoredChecksum(checksum)
    }
    let file = try mapped(dataset.holdingFile)
    return try TensorView(mapping: file, offset: offset, elementType: type, shape: shape).withStoredChecksum(checksum)
  }

  private func mapped(_ path: String) throws -> MappedFile {
    if let file = files[path] { return file }
    let file = try MappedFile(path)
    files[path] = file
    return file
  }
}

extension File {
  /// Whether it says that it is one of Lethe's.
  fileprivate var isLethes: Bool { (try? root.attributes.contains("lethe_format")) ?? false }
}

extension Group {
  /// Makes a dataset of a tensor, with its checksum.
  ///
  /// A tensor that comes from a file keeps the checksum it had there, so damage on the way is not made official.
  @discardableResult
  public func writeTensor(_ name: String, _ tensor: TensorView) throws -> Dataset {
    let dataset = try tensor.withUnsafeBytes { try write(name, $0, tensor.elementType, shape: tensor.shape) }
    try dataset.setAttribute(Checksum.attributeName, to: tensor.storedChecksum ?? tensor.checksum)
    tensor.releasePages()
    return dataset
  }

  /// Makes a dataset that is one text, with its checksum.
  func writeCheckedText(_ name: String, _ text: String) throws {
    try writeText(name, text).setAttribute(Checksum.attributeName, to: Checksum.xxh3(text))
  }

  /// Reads a dataset that is one text, and compares its checksum where there is one.
  func readCheckedText(_ name: String) throws -> String {
    let text = try readText(name)
    try dataset(name).compare([Checksum.xxh3(text)])
    return text
  }

  /// Makes a dataset of strings, with the checksum of their UTF-8, each followed by a zero.
  public func writeCheckedStrings(_ name: String, _ values: [String]) throws {
    try writeStrings(name, values).setAttribute(Checksum.attributeName, to: Self.checksum(of: values))
  }

  /// Reads a dataset of strings, and compares its checksum where there is one.
  public func readCheckedStrings(_ name: String) throws -> [String] {
    let dataset = try dataset(name)
    let values = try dataset.readStrings()
    try dataset.compare([Self.checksum(of: values)])
    return values
  }

  func child(of name: String) -> String { path.isEmpty ? name : "\(path)/\(name)" }
}

extension Group {
  fileprivate static func checksum(of values: [String]) -> String {
    Checksum.xxh3(values.map { $0 + "\0" }.joined())
  }
}

extension Dataset {
  /// Reads a dataset of strings, or one that is one text, and compares its checksum where there is one.
  func checkStrings() throws {
    let values = try readStrings()
    try compare([Group.checksum(of: values), Checksum.xxh3(values.first ?? "")])
  }

  fileprivate func compare(_ found: [String]) throws {
    guard let expected: String = try attribute(Checksum.attributeName), !found.contains(expected) else { return }
    throw CheckpointError.checksumMismatch(tensor: path, file: file.path, expected: expected, found: found[0])
  }
}

/// The tensors of the checkpoint before, for those that have not changed to be linked to.
struct ParentTensors {
  /// Where a tensor really lies.
  struct Target {
    var file: String
    var path: String
    var checksum: String
  }

  private let root: Group
  private let folder: String
  private let destination: String
  private let reader = TensorReader()

  /// Opens the parent of the file that will be at `destination`; nil where it lies in another folder or cannot be
  /// opened, as the file written is then whole by itself and can be moved without it.
  init?(_ path: String, destination: String) {
    folder = Self.folder(of: destination)
    self.destination = URL(fileURLWithPath: destination).lastPathComponent
    guard Self.folder(of: path) == folder, let root = try? File.open(path).root else { return nil }
    self.root = root
  }

  /// The place of a tensor whose type, shape and bytes equal this one's.
  func target(_ path: String, equalTo tensor: TensorView) throws -> Target? {
    guard tensor.byteCount > 0, (try? root.contains(path)) == true, let dataset = try? root.dataset(path),
      let checksum: String = try dataset.attribute(Checksum.attributeName),
      try dataset.elementType == tensor.elementType, try dataset.shape == tensor.shape,
      checksum == tensor.storedChecksum ?? tensor.checksum,
      // Equal checksums are almost certainly equal bytes; being certain costs little.
      try reader.tensor(dataset).isIdentical(to: tensor)
    else { return nil }
    let holder = try dataset.holdingFile
    let name = URL(fileURLWithPath: holder).lastPathComponent
    guard name != destination, Self.folder(of: holder) == folder else { return nil }
    return Target(file: name, path: try root.externalLinkTarget(path)?.path ?? "/\(path)", checksum: checksum)
  }

  private static func folder(of path: String) -> String {
    URL(fileURLWithPath: path).deletingLastPathComponent().resolvingSymlinksInPath().path
  }
}
