/// Turns a finding into JSON: keys in the order in which they are encoded, `null` for nil and for a number that is not
/// finite, zero never negative.
///
/// The one way in which findings become text, for programs that read them and for what a run keeps.
public enum FindingEncoder {
  /// - Throws: `EncodingError` for an integer beyond what `Int` holds, or what the finding itself throws.
  public static func encode(_ finding: some Encodable) throws -> JSONValue {
    let node = EncodedNode()
    try finding.encode(to: ValueEncoder(node: node, codingPath: []))
    return node.value
  }
}

/// A place in the tree that is being encoded.
private final class EncodedNode {
  enum Content {
    case nothing
    case scalar(JSONValue)
    case members([(key: String, node: EncodedNode)])
    case elements([EncodedNode])
  }

  var content = Content.nothing

  var value: JSONValue {
    switch content {
    case .nothing: .object([])
    case .scalar(let value): value
    case .members(let members): .object(members.map { ($0.key, $0.node.value) })
    case .elements(let elements): .array(elements.map(\.value))
    }
  }

  func becomeObject() {
    if case .members = content { return }
    content = .members([])
  }

  func becomeArray() {
    if case .elements = content { return }
    content = .elements([])
  }

  func member(_ key: String) -> EncodedNode {
    let node = EncodedNode()
    guard case .members(var members) = content else { preconditionFailure("a member '\(key)' of what is no object") }
    // What was encoded under this key before keeps its place.
    if let place = members.firstIndex(where: { $0.key == key }) {
      members[place].node = node
    } else {
      members.append((key, node))
    }
    content = .members(members)
    return node
  }

  func element() -> EncodedNode {
    let node = EncodedNode()
    guard case .elements(let elements) = content else { preconditionFailure("an element of what is no list") }
    content = .elements(elements + [node])
    return node
  }

  var elementCount: Int { if case .elements(let elements) = content { elements.count } else { 0 } }

  func set(_ value: JSONValue) { content = .scalar(value) }
}

private struct ValueEncoder: Encoder {
  let node: EncodedNode
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeObject()
    return KeyedEncodingContainer(MemberEncoder(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeArray()
    return ElementEncoder(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { ScalarEncoder(node: node, codingPath: codingPath) }
}

extension EncodedNode {
  func encode(_ value: some Encodable, _ codingPath: [any CodingKey]) throws {
    switch value {
    // Rows of numbers are long: they need no node an element.
    case let values as [Double]: set(.array(values.map { .double($0) }))
    case let values as [Int]: set(.array(values.map { .int($0) }))
    case let values as [String]: set(.array(values.map { .string($0) }))
    case let value as JSONValue: set(value)
    case let value as Double: set(.double(value))
    case let value as Int: set(.int(value))
    case let value as String: set(.string(value))
    case let value as Bool: set(.bool(value))
    default: try value.encode(to: ValueEncoder(node: self, codingPath: codingPath))
    }
  }

  func encode(integer value: some BinaryInteger, _ codingPath: [any CodingKey]) throws {
    guard let number = Int(exactly: value) else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: codingPath, debugDescription: "an integer that Int does not hold"))
    }
    set(.int(number))
  }
}

private struct MemberEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: EncodedNode
  let codingPath: [any CodingKey]

  mutating func encodeNil(forKey key: Key) { node.member(key.stringValue).set(.null) }
  mutating func encode(_ value: Bool, forKey key: Key) { node.member(key.stringValue).set(.bool(value)) }
  mutating func encode(_ value: String, forKey key: Key) { node.member(key.stringValue).set(.string(value)) }
  mutating func encode(_ value: Double, forKey key: Key) { node.member(key.stringValue).set(.double(value)) }
  mutating func encode(_ value: Float, forKey key: Key) { node.member(key.stringValue).set(.double(Double(value))) }
  mutating func encode(_ value: Int, forKey key: Key) { node.member(key.stringValue).set(.int(value)) }
  mutating func encode(_ value: Int8, forKey key: Key) throws { try integer(value, key) }
  mutating func encode(_ value: Int16, forKey key: Key) throws { try integer(value, key) }
  mutating func encode(_ value: Int32, forKey key: Key) throws { try integer(value, key) }
  mutating func encode(_ value: Int64, forKey key: Key) throws { try integer(value, key) }
  mutating func encode(_ value: UInt, forKey key: Key) throws { try integer(value, key) }
  mutating func encode(_ value: UInt8, forKey key: Key) throws { try integer(value, key) }
  mutating func encode(_ value: UInt16, forKey key: Key) throws { try integer(value, key) }
  mutating func encode(_ value: UInt32, forKey key: Key) throws { try integer(value, key) }
  mutating func encode(_ value: UInt64, forKey key: Key) throws { try integer(value, key) }

  mutating func encode(_ value: some Encodable, forKey key: Key) throws {
    try node.member(key.stringValue).encode(value, codingPath + [key])
  }

  // A key is there whether it has a value or not.
  mutating func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: String?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try present(value, key) }
  mutating func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try present(value, key) }

  mutating func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) throws { try present(value, key) }

  private mutating func present(_ value: (some Encodable)?, _ key: Key) throws {
    guard let value else { return encodeNil(forKey: key) }
    try encode(value, forKey: key)
  }

  private func integer(_ value: some BinaryInteger, _ key: Key) throws {
    try node.member(key.stringValue).encode(integer: value, codingPath + [key])
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    ValueEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key]).container(keyedBy: keyType)
  }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    ValueEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key]).unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder { ValueEncoder(node: node.member("super"), codingPath: codingPath) }

  mutating func superEncoder(forKey key: Key) -> any Encoder {
    ValueEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
  }
}

private struct ElementEncoder: UnkeyedEncodingContainer {
  let node: EncodedNode
  let codingPath: [any CodingKey]
  var count: Int { node.elementCount }

  mutating func encodeNil() { node.element().set(.null) }

  mutating func encode(_ value: some Encodable) throws { try node.element().encode(value, codingPath) }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    ValueEncoder(node: node.element(), codingPath: codingPath).container(keyedBy: keyType)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    ValueEncoder(node: node.element(), codingPath: codingPath).unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder { ValueEncoder(node: node.element(), codingPath: codingPath) }
}

private struct ScalarEncoder: SingleValueEncodingContainer {
  let node: EncodedNode
  let codingPath: [any CodingKey]

  mutating func encodeNil() { node.set(.null) }
  mutating func encode(_ value: Bool) { node.set(.bool(value)) }
  mutating func encode(_ value: String) { node.set(.string(value)) }
  mutating func encode(_ value: Double) { node.set(.double(value)) }
  mutating func encode(_ value: Float) { node.set(.double(Double(value))) }
  mutating func encode(_ value: Int) { node.set(.int(value)) }
  mutating func encode(_ value: Int8) throws { try node.encode(integer: value, codingPath) }
  mutating func encode(_ value: Int16) throws { try node.encode(integer: value, codingPath) }
  mutating func encode(_ value: Int32) throws { try node.encode(integer: value, codingPath) }
  mutating func encode(_ value: Int64) throws { try node.encode(integer: value, codingPath) }
  mutating func encode(_ value: UInt) throws { try node.encode(integer: value, codingPath) }
  mutating func encode(_ value: UInt8) throws { try node.encode(integer: value, codingPath) }
  mutating func encode(_ value: UInt16) throws { try node.encode(integer: value, codingPath) }
  mutating func encode(_ value: UInt32) throws { try node.encode(integer: value, codingPath) }
  mutating func encode(_ value: UInt64) throws { try node.encode(integer: value, codingPath) }
  mutating func encode(_ value: some Encodable) throws { try node.encode(value, codingPath) }
}
