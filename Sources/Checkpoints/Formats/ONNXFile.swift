import Files
import Foundation
import HDF5
import Sizes

/// The initializers of an ONNX model: its weights by name. Its graph is not read.
///
/// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
struct ONNXFile {
  /// In the file's order.
  let names: [String]
  let tensors: [String: TensorView]
  /// What is to be known about the names, in words.
  let notes: [String]

  /// Whether a file begins like one (its first field is the version of the format) and has a graph.
  static func matches(_ file: MappedFile) -> Bool {
    file.withUnsafeBytes { bytes in
      var model = ProtocolBuffer(bytes, 0..<bytes.count)
      guard let first = try? model.next(), first.field == 1, case .varint(let version) = first.value, version < 1000
      else { return false }
      return graph(of: bytes) != nil
    }
  }

  private static func graph(of bytes: UnsafeRawBufferPointer) -> Range<Int>? {
    var model = ProtocolBuffer(bytes, 0..<bytes.count)
    var graph: Range<Int>?
    // A file that is damaged behind its graph is seen when the graph is read.
    while let field = try? model.next() {
      if field.field == 7, case .bytes(let range) = field.value { graph = range }
    }
    return graph
  }

  /// - Throws: ``CheckpointError/malformed(path:reason:)``, naming the tensor.
  init(_ file: MappedFile) throws {
    let descriptions: [Description]
    do {
      descriptions = try file.withUnsafeBytes { bytes in try Self.initializers(bytes) }
    } catch is ProtocolBuffer.Damaged {
      throw CheckpointError.malformed(path: file.path, reason: "a damaged or truncated ONNX model")
    }
    guard !descriptions.isEmpty else {
      throw CheckpointError.malformed(path: file.path, reason: "an ONNX model without initializers")
    }
    var external: [String: MappedFile] = [:]
    var tensors: [String: TensorView] = [:]
    for description in descriptions {
      guard tensors.updateValue(try description.tensor(in: file, &external), forKey: description.name) == nil else {
        throw CheckpointError.malformed(path: file.path, reason: "two of its tensors are \(description.name)")
      }
    }
    self.tensors = tensors
    names = descriptions.map(\.name)
    let numbered = names.count { $0.hasPrefix("onnx::") }
    notes =
      numbered == 0
      ? [] : [Self.unnamedNote(numbered)]
  }

  static func unnamedNote(_ count: Int) -> String {
    "\(count) of its tensors have no name of the model's (onnx::…): the exporter changed them"
  }

  private static func initializers(_ bytes: UnsafeRawBufferPointer) throws(ProtocolBuffer.Damaged) -> [Description] {
    var model = ProtocolBuffer(bytes, 0..<bytes.count)
    var found: [Description] = []
    while let field = try model.next() {
      guard field.field == 7, case .bytes(let range) = field.value else { continue }
      var graph = ProtocolBuffer(bytes, range)
      while let field = try graph.next() {
        guard field.field == 5, case .bytes(let range) = field.value else { continue }
        found.append(try Description(bytes, range))
      }
    }
    return found
  }
}

/// A `TensorProto`: what it says of a tensor and where its bytes are.
private struct Description {
  private(set) var name = ""
  private var shape: [UInt64] = []
  private var type: UInt64 = 0
  private var raw: Range<Int>?
  /// Values in fields of their own kind, where they are not raw.
  private var floats: [Range<Int>] = []
  private var integers: [UInt64] = []
  private var externals: [String: String] = [:]
  private var isExternal = false
  private var hasSegment = false

  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(ProtocolBuffer.Damaged) {
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    var message = ProtocolBuffer(bytes, range)
    while let (field, value) = try message.next() {
      switch (field, value) {
      case (1, _): shape += try ProtocolBuffer.varints(value, in: bytes)
      case (2, .varint(let number)): type = number
      case (3, _): hasSegment = true
      case (4, .bytes(let range)), (10, .bytes(let range)): floats.append(range)
      case (5, _), (7, _), (11, _): integers += try ProtocolBuffer.varints(value, in: bytes)
      case (8, .bytes(let range)): name = text(range)
      case (9, .bytes(let range)): raw = range
      case (13, .bytes(let range)):
        var pair: [Int: String] = [:]
        var entry = ProtocolBuffer(bytes, range)
        while let (field, value) = try entry.next() { if case .bytes(let range) = value { pair[field] = text(range) } }
        if let key = pair[1], let value = pair[2] { externals[key] = value }
      case (14, .varint(let place)): isExternal = place == 1
      default: break
      }
    }
  }

  private static let elementTypes: [UInt64: ElementType] = [
    1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 9: .bool, 10: .float16, 11: .float64,
    12: .uint32, 13: .uint64, 14: .complex64, 15: .complex128, 16: .bfloat16, 17: .float8E4M3FN, 19: .float8E5M2,
  ]

  func tensor(in file: MappedFile, _ external: inout [String: MappedFile]) throws -> TensorView {
    func refuse(_ reason: String) -> CheckpointError { .malformed(path: file.path, reason: "\(name): \(reason)") }
    guard let elementType = Self.elementTypes[type] else {
      throw refuse("its element type, ONNX's number \(type), is not supported")
    }
    guard !hasSegment else { throw refuse("it is stored in segments, which are not read") }
    let shape = shape.map { Int(exactly: $0) ?? -1 }
    guard shape.allSatisfy({ $0 >= 0 }), let count = shape.checkedElementCount,
      let byteCount = count.checkedTimes(elementType.byteCount)
    else { throw refuse("impossible shape \(shape)") }
    func view(of holder: MappedFile, at offset: Int, byteCount available: Int) throws -> TensorView {
      guard available == byteCount else {
        throw refuse("it has \(available) bytes, its shape \(shape) needs \(byteCount)")
      }
      return try StridedTensor(contiguous: name, elementType, shape)
        .view(of: holder, storageOffset: offset, storageByteCount: available)
    }
    if isExternal {
      let (holder, range) = try externalPlace(file, &external, byteCount: byteCount)
      return try view(of: holder, at: range.lowerBound, byteCount: range.count)
    }
    if let raw { return try view(of: file, at: raw.lowerBound, byteCount: raw.count) }
    if !floats.isEmpty {
      guard
        elementType == .float32 || elementType == .float64 || elementType == .complex64 || elementType == .complex128
      else { throw refuse("its values are of another type than it says") }
      let bytes = file.withUnsafeBytes { bytes in floats.flatMap { Array(bytes[$0]) } }
      guard bytes.count == byteCount else {
        throw refuse("it has \(bytes.count) bytes, its shape \(shape) needs \(byteCount)")
      }
      return TensorView(bytes: bytes, elementType: elementType, shape: shape)
    }
    guard integers.count == count else {
      throw refuse("it has \(integers.count) values, its shape \(shape) needs \(count)")
    }
    let bytes = integers.flatMap { number in
      (0..<elementType.byteCount).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
    }
    return TensorView(bytes: bytes, elementType: elementType, shape: shape)
  }

  /// Bytes in a file beside the model's.
  private func externalPlace(
    _ file: MappedFile, _ external: inout [String: MappedFile], byteCount: Int
  ) throws -> (MappedFile, Range<Int>) {
    func refuse(_ reason: String) -> CheckpointError { .malformed(path: file.path, reason: "\(name): \(reason)") }
    guard let location = externals["location"] else { throw refuse("its data lie in a file that is not named") }
    guard FileName.isSibling(location) else {
      throw refuse("its data lie in '\(location)', which is in another folder")
    }
    let path = "\(URL(fileURLWithPath: file.path).deletingLastPathComponent().path)/\(location)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw refuse("its data lie in \(location), which is missing")
    }
    let holder = try external[path] ?? MappedFile(path)
    external[path] = holder
    guard let offset = Int(externals["offset"] ?? "0"), let length = Int(externals["length"] ?? "\(byteCount)"),
      offset >= 0, length >= 0, offset <= holder.byteCount, length <= holder.byteCount - offset
    else { throw refuse("its data lie outside \(location), which has \(holder.byteCount) bytes") }
    return (holder, offset..<offset + length)
  }
}
