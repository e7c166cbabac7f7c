import Files
import Foundation
import HDF5

extension SafetensorsFile {
  /// Writes tensors, the widest elements first so that every tensor is aligned for its type. Tied tensors are written
  /// once for each name, as the format has no way to share.
  ///
  /// - Throws: `FileError.unwritable`.
  static func write(_ tensors: [String: TensorView], metadata: [String: String], to path: String) throws {
    let ordered = tensors.sorted { left, right in
      let (leftSize, rightSize) = (left.value.elementType.byteCount, right.value.elementType.byteCount)
      return leftSize == rightSize ? left.key < right.key : leftSize > rightSize
    }
    var header: [String: Any] = ["__metadata__": metadata]
    var end = 0
    for (name, tensor) in ordered {
      header[name] = [
        "dtype": typeName(tensor.elementType), "shape": tensor.shape, "data_offsets": [end, end + tensor.byteCount],
      ]
      end += tensor.byteCount
    }
    var json = try JSONSerialization.data(withJSONObject: header, options: [.sortedKeys, .withoutEscapingSlashes])
    json.append(contentsOf: [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
    let output = try SequentialFile(path)
    try withUnsafeBytes(of: UInt64(json.count).littleEndian) { try output.write($0) }
    try json.withUnsafeBytes { try output.write($0) }
    for (_, tensor) in ordered {
      try tensor.withUnsafeBytes { try output.write($0) }
      tensor.releasePages()
    }
  }
}
