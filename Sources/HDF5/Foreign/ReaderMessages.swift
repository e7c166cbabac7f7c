import Foundation

/// What is asked of the process that reads a foreign file.
enum ReaderRequest: Codable, Sendable {
  /// Numbers of a dataset, converted to a type: all, or some rows.
  case bytes(dataset: Int, type: ElementType, rows: Range<Int>?)
  /// All strings of a dataset.
  case strings(dataset: Int)
  /// What it can still do of the things that it has given up: for tests.
  case confinement
}

/// The form of messages between a process and the one that reads a foreign file for it: a mark, a length, and so many
/// bytes, most of them JSON.
enum ReaderMessage {
  enum Mark: UInt8 { case failure, value, bytes, request }

  /// The mark, and the length in little-endian order.
  static let headerByteCount = 9
  /// No message but one of a dataset's bytes is longer.
  static let longest = 256 << 20

  static func header(_ mark: Mark, _ byteCount: Int) -> [UInt8] {
    [mark.rawValue] + withUnsafeBytes(of: UInt64(byteCount).littleEndian) { Array($0) }
  }

  static func parse(_ header: [UInt8]) -> (mark: Mark, byteCount: Int)? {
    let length = header[1...].enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
    guard let mark = Mark(rawValue: header[0]), let byteCount = Int(exactly: length) else { return nil }
    return (mark, byteCount)
  }

  static func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return Array(try encoder.encode(value))
  }

  static func decode<Value: Decodable>(_ bytes: [UInt8]) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(Value.self, from: Data(bytes))
  }
}
