import Files
import Foundation
import HDF5

extension ExportedProgramArchive {
  /// Writes the archive anew with other values in its tensors; all else stays byte by byte.
  ///
  /// - Parameter values: a tensor for each of the program's parameters and persistent buffers; constants keep theirs.
  /// - Throws: ``CheckpointError`` for a tensor that the program lacks or has in another shape; `FileError.unwritable`.
  func write(_ values: [String: TensorView], to path: String) throws {
    let source = archive.file.path
    guard archive.compressed.isEmpty else {
      throw CheckpointError.malformed(path: source, reason: "it has compressed entries, which PyTorch does not write")
    }
    if let extra = values.keys.filter({ places[$0] == nil }).min() {
      throw CheckpointError.malformed(path: source, reason: "its program has no tensor \(extra)")
    }
    var changes: [String: [(window: StridedTensor, value: TensorView)]] = [:]
    for name in names {
      guard let place = places[name], let value = values[name] else { continue }
      guard value.shape == place.window.shape else {
        throw CheckpointError.malformed(
          path: source,
          reason: "\(name): its shape is \(place.window.shape), the checkpoint's \(value.shape); a program is exported "
            + "for one number of classes")
      }
      guard let fitting = value.fitting(place.window.elementType) else {
        throw CheckpointError.typeMismatch(
          tensor: name, file: source, expected: place.window.elementType.rawValue, found: value.elementType.rawValue)
      }
      changes[place.entry, default: []].append((place.window, fitting))
    }
    let writer = ZipWriter(try SequentialFile(path))
    for entry in archive.entries {
      guard let windows = changes[entry.name] else {
        try archive.withBytes(of: entry) { try writer.add(entry.name, $0) }
        continue
      }
      var bytes = Array(archive.data(of: entry))
      for (window, value) in windows { window.scatter(value, into: &bytes) }
      // Two names of one tensor have one value.
      for (window, value) in windows where !window.shows(value, in: bytes) {
        throw CheckpointError.malformed(
          path: source, reason: "\(window.name): tied to another tensor in the program, and another in the checkpoint")
      }
      try writer.add(entry.name, bytes)
    }
    try writer.finish()
  }
}

extension TensorView {
  /// The same numbers in a type; nil where they are of another kind.
  fileprivate func fitting(_ type: ElementType) -> TensorView? {
    if elementType == type { return self }
    return elementType.isFloatingPoint && type.isFloatingPoint ? converted(to: type) : nil
  }
}

extension StridedTensor {
  /// Puts a tensor's elements where the window shows them. The window lies within the bytes.
  fileprivate func scatter(_ value: TensorView, into bytes: inout [UInt8]) {
    let size = elementType.byteCount
    value.withUnsafeBytes { source in
      guard !isContiguous else {
        return bytes.withUnsafeMutableBytes {
          UnsafeMutableRawBufferPointer(rebasing: $0[(offset * size)...].prefix(source.count)).copyMemory(from: source)
        }
      }
      for (position, place) in places.enumerated() {
        for byte in 0..<size { bytes[place + byte] = source[position * size + byte] }
      }
    }
  }

  /// Whether the window shows a tensor's elements.
  fileprivate func shows(_ value: TensorView, in bytes: [UInt8]) -> Bool {
    let size = elementType.byteCount
    return value.withUnsafeBytes { source in
      guard !isContiguous else { return bytes[(offset * size)...].prefix(source.count).elementsEqual(source) }
      return places.enumerated().allSatisfy { position, place in
        (0..<size).allSatisfy { bytes[place + $0] == source[position * size + $0] }
      }
    }
  }

  /// The first byte of each element, in row-major order.
  private var places: [Int] {
    let size = elementType.byteCount
    var places = [offset * size]
    for (extent, stride) in zip(shape, strides) {
      places = places.flatMap { start in (0..<extent).map { start + $0 * stride * size } }
    }
    return places
  }
}
