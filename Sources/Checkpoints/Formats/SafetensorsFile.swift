import Files
import Foundation
import HDF5
import Sizes

/// A `.safetensors` file: a JSON header that says where each tensor's bytes lie behind it.
///
/// https://github.com/huggingface/safetensors, "Format".
struct SafetensorsFile {
  /// The names in the order of their bytes.
  let names: [String]
  /// Mapped where the bytes are aligned for their type, copied otherwise.
  let tensors: [String: TensorView]

  // The reference implementation's limit.
  private static let longestHeader = 100_000_000

  /// Whether a file begins like one: a length that fits the file, then a JSON object.
  static func matches(_ file: MappedFile) -> Bool {
    file.withUnsafeBytes { bytes in
      guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else { return false }
      return bytes.loadUnaligned(as: UInt64.self).littleEndian <= UInt64(bytes.count - 8)
    }
  }

  /// - Throws: ``CheckpointError/malformed(path:reason:)``, naming the tensor.
  init(_ file: MappedFile) throws {
    let path = file.path
    func refuse(_ reason: String) -> CheckpointError { .malformed(path: path, reason: reason) }
    let length = try file.withUnsafeBytes { try LittleEndianBytes($0, path: path).length(at: 0) }
    guard length <= min(file.byteCount - 8, Self.longestHeader) else { throw refuse("its header is truncated") }
    let json = file.withUnsafeBytes { Data($0[8..<8 + length]) }
    if let key = json.firstDuplicateKey { throw refuse("its header has \(key) twice") }
    let header: [String: Entry]
    do { header = try JSONDecoder().decode([String: Entry].self, from: json) } catch {
      throw refuse("its header is not the JSON of a safetensors file")
    }
    let start = 8 + length
    let dataByteCount = file.byteCount - start
    var end = 0
    var names: [String] = []
    var tensors: [String: TensorView] = [:]
    let entries = header.compactMap { name, entry in entry.description.map { (name, $0) } }
      .sorted {
        ($0.1.offsets.first ?? 0, $0.1.offsets.last ?? 0, $0.0) < (
          $1.1.offsets.first ?? 0, $1.1.offsets.last ?? 0, $1.0
        )
      }
    for (name, description) in entries {
      guard description.offsets.count == 2, description.offsets[0] == end, description.offsets[1] >= end else {
        throw refuse("\(name): its data begin at \(description.offsets.first ?? 0), expected \(end)")
      }
      guard description.offsets[1] <= dataByteCount else {
        throw refuse("\(name): its data end at byte \(description.offsets[1]), the file's at \(dataByteCount)")
      }
      let (first, next) = (start + end, description.offsets[1])
      let storage = next - end
      end = next
      guard let type = Self.elementTypes[description.dtype] else {
        throw refuse("\(name): its element type \(description.dtype) is not supported")
      }
      guard let count = description.shape.checkedElementCount else {
        throw refuse("\(name): impossible shape \(description.shape)")
      }
      guard count <= storage, count * type.byteCount == storage else {
        throw refuse("\(name): shape \(description.shape) of \(description.dtype) does not fill its \(storage) bytes")
      }
      tensors[name] = try StridedTensor(contiguous: name, type, description.shape)
        .view(of: file, storageOffset: first, storageByteCount: storage)
      names.append(name)
    }
    guard end == dataByteCount else { throw refuse("\(dataByteCount - end) bytes belong to no tensor") }
    self.names = names
    self.tensors = tensors
  }

  private static let elementTypes = Dictionary(
    uniqueKeysWithValues: ElementType.allCases.map { (typeName($0), $0) })

  /// The format's name for an element type.
  static func typeName(_ type: ElementType) -> String {
    switch type {
    case .float64: "F64"
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .int64: "I64"
    case .int32: "I32"
    case .uint8: "U8"
    case .bool: "BOOL"
    case .int8: "I8"
    case .int16: "I16"
    case .uint16: "U16"
    case .uint32: "U32"
    case .uint64: "U64"
    case .float8E4M3FN: "F8_E4M3"
    case .float8E5M2: "F8_E5M2"
    case .complex64: "C64"
    case .complex128: "C128"
    }
  }

  /// A tensor, or the free text under `__metadata__`.
  private struct Entry: Decodable {
    let description: Description?

    init(from decoder: any Decoder) throws {
      if decoder.codingPath.last?.stringValue == "__metadata__" {
        description = nil
      } else {
        description = try Description(from: decoder)
      }
    }
  }

  private struct Description: Decodable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }
}
