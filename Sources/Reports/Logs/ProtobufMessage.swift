/// The wire form of a Protocol Buffers message, written field by field.
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 {
    case variable = 0
    case eightBytes = 1
    case delimited = 2
    case fourBytes = 5
  }

  /// An `int64` field; a negative number takes ten bytes.
  mutating func append(_ value: Int64, field: Int) {
    appendKey(field, .variable)
    appendVariable(UInt64(bitPattern: value))
  }

  /// A `double` field.
  mutating func append(_ value: Double, field: Int) {
    appendKey(field, .eightBytes)
    bytes += littleEndianBytes(value.bitPattern)
  }

  /// A `float` field.
  mutating func append(_ value: Float, field: Int) {
    appendKey(field, .fourBytes)
    bytes += littleEndianBytes(value.bitPattern)
  }

  /// A `string` field.
  mutating func append(_ text: String, field: Int) { appendDelimited(Array(text.utf8), field: field) }

  /// A field that is a message itself.
  mutating func append(_ message: ProtobufMessage, field: Int) { appendDelimited(message.bytes, field: field) }

  /// A `bytes` field.
  mutating func append(_ content: [UInt8], field: Int) { appendDelimited(content, field: field) }

  private mutating func appendDelimited(_ content: [UInt8], field: Int) {
    appendKey(field, .delimited)
    appendVariable(UInt64(content.count))
    bytes += content
  }

  private mutating func appendKey(_ field: Int, _ type: WireType) {
    appendVariable(UInt64(field) << 3 | type.rawValue)
  }

  /// Seven bits a byte, lowest first; the top bit says that more follow.
  private mutating func appendVariable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

func littleEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
}
