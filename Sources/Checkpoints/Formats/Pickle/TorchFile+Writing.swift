import Files
import Foundation
import HDF5

extension TorchFile {
  /// Writes a state dict as `torch.save` does: a zip file of a pickle and each storage's bytes. `torch.load` reads it with
  /// `weights_only=True`. Tied tensors share a storage.
  ///
  /// - Parameter names: in the order of the dictionary.
  /// - Throws: `FileError.unwritable`.
  static func write(_ names: [String], _ tensors: [String: TensorView], to path: String) throws {
    var pickle = PickleWriter()
    var keys: [TensorView.Identity: String] = [:]
    var storages: [TensorView] = []
    pickle.beginDictionary()
    for name in names {
      guard let tensor = tensors[name] else { continue }
      var key = "\(storages.count)"
      if let identity = tensor.identity, let known = keys[identity] {
        key = known
      } else {
        if let identity = tensor.identity { keys[identity] = key }
        storages.append(tensor)
      }
      pickle.item(name, tensor, storage: key)
    }
    pickle.endDictionary()
    let file = try SequentialFile(path)
    let archive = ZipWriter(file)
    try archive.add("archive/data.pkl", pickle.bytes)
    try archive.add("archive/byteorder", Array("little".utf8))
    for (key, tensor) in storages.enumerated() {
      try tensor.withUnsafeBytes { try archive.add("archive/data/\(key)", $0) }
      tensor.releasePages()
    }
    try archive.add("archive/version", Array("3\n".utf8))
    try archive.finish()
  }
}

/// A pickle of a state dict, protocol 2.
private struct PickleWriter {
  private(set) var bytes: [UInt8] = [0x80, 2]

  mutating func beginDictionary() {
    orderedDictionary()
    bytes.append(UInt8(ascii: "("))
  }

  mutating func endDictionary() { bytes += Array("u.".utf8) }

  /// `name: _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`.
  mutating func item(_ name: String, _ tensor: TensorView, storage key: String) {
    text(name)
    global("torch._utils", "_rebuild_tensor_v2")
    bytes += Array("((".utf8)
    text("storage")
    global("torch", Self.storages[tensor.elementType] ?? "FloatStorage")
    text(key)
    text("cpu")
    integer(tensor.count)
    bytes += Array("tQ".utf8)
    integer(0)
    tuple(tensor.shape)
    tuple(StridedTensor(contiguous: name, tensor.elementType, tensor.shape).strides)
    bytes.append(0x89)
    orderedDictionary()
    bytes += Array("tR".utf8)
  }

  private static let storages: [ElementType: String] = [
    .float64: "DoubleStorage", .float32: "FloatStorage", .float16: "HalfStorage", .bfloat16: "BFloat16Storage",
    .int64: "LongStorage", .int32: "IntStorage", .uint8: "ByteStorage", .bool: "BoolStorage",
  ]

  private mutating func orderedDictionary() {
    global("collections", "OrderedDict")
    bytes += Array(")R".utf8)
  }

  private mutating func global(_ module: String, _ name: String) { bytes += Array("c\(module)\n\(name)\n".utf8) }

  private mutating func text(_ text: String) {
    bytes.append(UInt8(ascii: "X"))
    number(text.utf8.count, byteCount: 4)
    bytes += Array(text.utf8)
  }

  private mutating func tuple(_ numbers: [Int]) {
    bytes.append(UInt8(ascii: "("))
    for number in numbers { integer(number) }
    bytes.append(UInt8(ascii: "t"))
  }

  private mutating func integer(_ value: Int) {
    if value <= Int(Int32.max) {
      bytes.append(UInt8(ascii: "J"))
      number(value, byteCount: 4)
    } else {
      bytes += [0x8A, 8]
      number(value, byteCount: 8)
    }
  }

  private mutating func number(_ value: Int, byteCount: Int) {
    for place in 0..<byteCount { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
  }
}
