import Files
import Foundation
import HDF5

extension ExportedStateDictionary {
  /// Writes a copy of a file of Keras' with these numbers in its datasets. All else of it stays byte by byte: layers,
  /// names and layouts, what a model was compiled with, the optimizer's state.
  ///
  /// - Parameters:
  ///   - path: what its name ends in says what it is for Keras: weights (`.weights.h5`), or a whole model, `.keras` or of
  ///     the old layout (`.h5`).
  ///   - template: the file to copy, of the same kind; for `.weights.h5` a `.keras` too, whose weights are taken.
  /// - Throws: ``CheckpointError`` where a tensor of the one has no place in the other, or a dataset is not stored in one
  ///   piece; no partial file is left then.
  public func writeKeras(to path: String, like template: String) throws {
    let wanted = KerasKindOfFile(name: path)
    let file = try MappedFile(template)
    if ZipArchive.isZip(file) {
      let archive = try ZipArchive(file)
      guard wanted != .legacy, try KerasArchive.matches(archive) else { throw wanted.refusal(of: template) }
      guard archive.compressed.isEmpty, let weights = try archive.entry(KerasArchive.weights) else {
        throw CheckpointError.malformed(path: template, reason: "it has compressed entries, which Keras does not write")
      }
      let pieces = try KerasArchive.withWeights(of: archive) { root, configuration in
        try self.pieces(of: root, configuration: configuration, file: template)
      }
      let bytes = try pieces.put(into: Array(archive.data(of: weights)), file: template)
      return try AtomicFile.write(to: path) { temporary in
        let output = try SequentialFile(temporary)
        guard wanted == .archive else { return try output.write(bytes) }
        let writer = ZipWriter(output)
        for entry in archive.entries {
          if entry.name == weights.name {
            try writer.add(entry.name, bytes)
          } else {
            try archive.withBytes(of: entry) { try writer.add(entry.name, $0) }
          }
        }
        try writer.finish()
      }
    }
    guard file.isHDF5 else { throw wanted.refusal(of: template) }
    let root = try File.open(template).root
    let isLegacy = try KerasLegacyFile.matches(root)
    guard try isLegacy ? wanted == .legacy : wanted == .weights && KerasGroups.matches(root) else {
      throw wanted.refusal(of: template)
    }
    let pieces = try self.pieces(of: root, configuration: nil, file: template)
    let bytes = try pieces.put(into: file.withUnsafeBytes { Array($0) }, file: template)
    try AtomicFile.write(to: path) { try SequentialFile($0).write(bytes) }
  }

  /// The datasets of a Keras file, the optimizer's left out, with the numbers that belong in them.
  private func pieces(of root: Group, configuration: KerasConfiguration?, file: String) throws -> [FilePiece] {
    let content = try KerasContent(of: root, configuration: configuration)
    let names = try KerasFile(root, configuration: configuration).names
    var places = KerasPlaces(WeightMatch.aligned(tensors, to: Set(names)).tensors, file: file)
    let datasets = try content.layers.flatMap { try places.datasets(of: $0, in: root) }
    try places.requireNoneLeft()
    return try datasets.compactMap { place, tensor in
      guard tensor.byteCount > 0 else { return nil }
      guard let offset = try root.dataset(place).fileOffset else {
        throw CheckpointError.malformed(path: file, reason: "its \(place) is not stored in one piece")
      }
      return FilePiece(offset: offset, place: place, tensor: tensor)
    }
  }
}

/// What Keras takes a file for, by its name.
private enum KerasKindOfFile {
  case weights, archive, legacy

  init(name: String) {
    let name = name.lowercased()
    self = name.hasSuffix(".weights.h5") ? .weights : name.hasSuffix(".keras") ? .archive : .legacy
  }

  func refusal(of template: String) -> CheckpointError {
    let expected =
      switch self {
      case .weights: "a .weights.h5 or .keras that Keras 3 wrote"
      case .archive: "a .keras archive"
      case .legacy: "an .h5 that Keras wrote of a whole model, or before Keras 3 of its weights"
      }
    return .malformed(path: template, reason: "expected \(expected)")
  }
}

/// What is to stand at a place of a file.
private struct FilePiece {
  let offset: Int
  let place: String
  let tensor: TensorView
}

extension [FilePiece] {
  /// The bytes with all pieces in their places.
  fileprivate func put(into bytes: [UInt8], file: String) throws -> [UInt8] {
    var bytes = bytes
    var end = 0
    var last: FilePiece?
    for piece in sorted(by: { $0.offset < $1.offset }) {
      // A dataset of two layers has one value.
      if let last, last.offset == piece.offset, last.tensor == piece.tensor { continue }
      last = piece
      guard piece.offset >= end, piece.offset <= bytes.count, piece.tensor.byteCount <= bytes.count - piece.offset
      else {
        throw CheckpointError.malformed(path: file, reason: "its \(piece.place) has no place of its own in the file")
      }
      end = piece.offset + piece.tensor.byteCount
      piece.tensor.withUnsafeBytes { source in
        bytes.withUnsafeMutableBytes {
          UnsafeMutableRawBufferPointer(rebasing: $0[piece.offset..<end]).copyMemory(from: source)
        }
      }
    }
    return bytes
  }
}
