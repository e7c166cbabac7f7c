import Files

/// One message of a protocol buffer, read field by field from bytes that stay where they are.
///
/// https://protobuf.dev/programming-guides/encoding/
struct ProtocolBuffer {
  /// A field's value as it is encoded.
  enum Value {
    case varint(UInt64)
    case fixed(UInt64)
    /// The place of a text, of bytes or of a message within.
    case bytes(Range<Int>)
  }

  private let bytes: UnsafeRawBufferPointer
  private var position: Int
  private let end: Int

  /// The message in a range of the bytes.
  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next field's number and value; nil at the end.
  ///
  /// - Throws: ``Damaged``.
  mutating func next() throws(Damaged) -> (field: Int, value: Value)? {
    guard position < end else { return nil }
    let tag = try varint()
    let field = Int(tag >> 3)
    guard field > 0, tag >> 3 < 1 << 29 else { throw Damaged() }
    switch tag & 7 {
    case 0: return (field, .varint(try varint()))
    case 1: return (field, .fixed(try fixed(byteCount: 8)))
    case 2:
      let length = try varint()
      guard length <= UInt64(end - position) else { throw Damaged() }
      let start = position
      position += Int(length)
      return (field, .bytes(start..<position))
    case 5: return (field, .fixed(try fixed(byteCount: 4)))
    default: throw Damaged()
    }
  }

  /// The numbers of a packed field, or of one of its values.
  ///
  /// - Throws: ``Damaged``.
  static func varints(_ value: Value, in bytes: UnsafeRawBufferPointer) throws(Damaged) -> [UInt64] {
    switch value {
    case .varint(let number): return [number]
    case .fixed: throw Damaged()
    case .bytes(let range):
      var packed = ProtocolBuffer(bytes, range)
      var numbers: [UInt64] = []
      while packed.position < packed.end { numbers.append(try packed.varint()) }
      return numbers
    }
  }

  /// What is no protocol buffer.
  struct Damaged: Error {}

  private mutating func varint() throws(Damaged) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard position < end else { throw Damaged() }
      let byte = bytes[position]
      position += 1
      guard shift < 63 || byte <= 1 else { throw Damaged() }
      result |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return result }
    }
    throw Damaged()
  }

  private mutating func fixed(byteCount: Int) throws(Damaged) -> UInt64 {
    guard byteCount <= end - position else { throw Damaged() }
    defer { position += byteCount }
    return bytes[position..<position + byteCount].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
