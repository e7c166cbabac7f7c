/// A machine for pickles that knows only what a state dict needs.
///
/// A pickle is a program for a small stack machine, and Python's own runs whatever it names. This one has no way to run
/// anything: of the names a file may call, the handful in ``PickleGlobal`` are acted out here, and what any other would
/// make stays a ``PickledObject`` that says its name. Its work and its memory are proportional to the pickle's length.
///
/// https://docs.python.org/3/library/pickletools.html, protocols 2 to 5.
struct PickleMachine {
  private let bytes: UnsafeRawBufferPointer
  private let path: String
  /// Where the next instruction lies; after a pickle's end, where the file goes on.
  private(set) var position: Int
  var heap = PickleHeap()
  var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  // A pickle has about 200 bytes for each tensor: these are far beyond any model's.
  static let longestPickle = 1 << 28
  private static let mostObjects = 1 << 24
  var elementCount = 0

  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0, path: String) {
    self.bytes = bytes
    self.position = position
    self.path = path
  }

  /// Runs one pickle to its end.
  ///
  /// - Throws: ``CheckpointError/malformed(path:reason:)``, with the name that was refused where there is one.
  mutating func load() throws -> PickleValue {
    let start = position
    (stack, marks, memo) = ([], [], [:])
    while true {
      guard position - start <= Self.longestPickle, memo.count <= Self.mostObjects, objectCount <= Self.mostObjects,
        elementCount <= Self.mostObjects
      else { throw malformed("larger than any state dict's") }
      let operation = try byte()
      if operation == UInt8(ascii: ".") { return try pop() }
      try execute(operation)
    }
  }

  private var objectCount: Int {
    heap.sequences.count + heap.dictionaries.count + heap.storages.count + heap.tensors.count + heap.objects.count
      + stack.count
  }

  private mutating func execute(_ operation: UInt8) throws {
    switch operation {
    case 0x80: try checkProtocol(byte())
    case 0x95: _ = try integer(byteCount: 8)
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try integer(byteCount: 4)))))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try byte())))
    case UInt8(ascii: "M"): stack.append(.integer(try integer(byteCount: 2)))
    case 0x8A: try pushLong(byteCount: Int(byte()))
    case 0x8B: try pushLong(byteCount: try integer(byteCount: 4))
    case UInt8(ascii: "G"):
      stack.append(.number(Double(bitPattern: UInt64(bitPattern: Int64(try integer(byteCount: 8))).byteSwapped)))
    case UInt8(ascii: "X"), UInt8(ascii: "T"): try pushText(byteCount: integer(byteCount: 4))
    case 0x8C, UInt8(ascii: "U"): try pushText(byteCount: Int(byte()))
    case 0x8D: try pushText(byteCount: integer(byteCount: 8))
    case UInt8(ascii: "B"): try pushOpaque(byteCount: integer(byteCount: 4))
    case UInt8(ascii: "C"): try pushOpaque(byteCount: Int(byte()))
    case 0x8E, 0x96: try pushOpaque(byteCount: integer(byteCount: 8))
    case UInt8(ascii: "]"), UInt8(ascii: ")"), UInt8(ascii: "l"), UInt8(ascii: "t"), 0x85, 0x86, 0x87,
      UInt8(ascii: "a"), UInt8(ascii: "e"):
      try executeOnSequence(operation)
    case UInt8(ascii: "}"), UInt8(ascii: "d"), UInt8(ascii: "s"), UInt8(ascii: "u"):
      try executeOnDictionary(operation)
    case 0x8F: stack.append(heap.newObject("a set", []))
    case 0x90: try executeOnSequence(operation)
    case 0x91:
      let elements = try popMark()
      elementCount += elements.count
      stack.append(heap.newObject("a frozenset", elements))
    case UInt8(ascii: "q"): memo[Int(try byte())] = try top()
    case UInt8(ascii: "r"): memo[try integer(byteCount: 4)] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): try recall(Int(byte()))
    case UInt8(ascii: "j"): try recall(integer(byteCount: 4))
    case UInt8(ascii: "c"): try pushGlobal(module: line(), name: line())
    case 0x93:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw malformed("a name that is no text")
      }
      try pushGlobal(module: module, name: name)
    case UInt8(ascii: "R"), 0x81: try call()
    case 0x92:
      _ = try pop()
      try call()
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "Q"): try pushStorage()
    default: throw malformed("the instruction 0x\(String(operation, radix: 16)), which no state dict needs")
    }
  }

  // MARK: Containers

  private mutating func executeOnSequence(_ operation: UInt8) throws {
    switch operation {
    case UInt8(ascii: "]"): push(list: [])
    case UInt8(ascii: ")"): push(tuple: [])
    case UInt8(ascii: "l"): push(list: try popMark())
    case UInt8(ascii: "t"): push(tuple: try popMark())
    case 0x85, 0x86, 0x87:
      let count = Int(operation) - 0x84
      guard stack.count - (marks.last ?? 0) >= count else { throw malformed("its stack runs empty") }
      let values = Array(stack.suffix(count))
      stack.removeLast(count)
      push(tuple: values)
    default:
      let values = operation == UInt8(ascii: "a") ? [try pop()] : try popMark()
      elementCount += values.count
      switch try top() {
      case .list(let index): heap.sequences[index] += values
      case .object(let index): heap.objects[index].parts += values
      case .opaque: break
      default: throw malformed("it appends to what is no list")
      }
    }
  }

  private mutating func executeOnDictionary(_ operation: UInt8) throws {
    if operation == UInt8(ascii: "}") { return push(dictionary: []) }
    let values: [PickleValue]
    if operation == UInt8(ascii: "s") {
      let value = try pop()
      values = [try pop(), value]
    } else {
      values = try popMark()
    }
    guard values.count.isMultiple(of: 2) else { throw malformed("a key without a value") }
    let pairs = stride(from: 0, to: values.count, by: 2).map { (key: values[$0], value: values[$0 + 1]) }
    if operation == UInt8(ascii: "d") { return push(dictionary: pairs) }
    elementCount += pairs.count
    switch try top() {
    case .dictionary(let index): heap.dictionaries[index] += pairs
    case .object(let index): heap.dictionaries[heap.items(of: index)] += pairs
    case .opaque: break
    default: throw malformed("it sets an item of what is no dictionary")
    }
  }

  mutating func push(list: [PickleValue]) {
    elementCount += list.count
    heap.sequences.append(list)
    stack.append(.list(heap.sequences.count - 1))
  }

  private mutating func push(tuple: [PickleValue]) {
    elementCount += tuple.count
    heap.sequences.append(tuple)
    stack.append(.tuple(heap.sequences.count - 1))
  }

  mutating func push(dictionary: [(key: PickleValue, value: PickleValue)]) {
    elementCount += dictionary.count
    heap.dictionaries.append(dictionary)
    stack.append(.dictionary(heap.dictionaries.count - 1))
  }

  // MARK: The stack

  func top() throws -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw malformed("its stack runs empty") }
    return value
  }

  mutating func pop() throws -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func popMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw malformed("its stack runs empty") }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func recall(_ index: Int) throws {
    guard let value = memo[index] else { throw malformed("it recalls what it never kept") }
    stack.append(value)
  }

  // MARK: Bytes

  private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer.SubSequence {
    guard count >= 0, count <= bytes.count - position else { throw malformed("it is truncated") }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func byte() throws -> UInt8 { try take(1).first ?? 0 }

  private mutating func integer(byteCount: Int) throws -> Int {
    Int(truncatingIfNeeded: try take(byteCount).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  private mutating func pushLong(byteCount: Int) throws {
    let digits = try take(byteCount)
    guard byteCount <= 8 else { return stack.append(.opaque) }
    let isNegative = (digits.last ?? 0) & 0x80 != 0
    stack.append(
      .integer(
        Int(truncatingIfNeeded: digits.reversed().reduce(isNegative ? UInt64.max : 0) { $0 << 8 | UInt64($1) })))
  }

  private mutating func pushText(byteCount: Int) throws {
    stack.append(.text(String(decoding: try take(byteCount), as: UTF8.self)))
  }

  private mutating func pushOpaque(byteCount: Int) throws {
    _ = try take(byteCount)
    stack.append(.opaque)
  }

  private mutating func line() throws -> String {
    guard let end = bytes[position...].prefix(1024).firstIndex(of: 0x0A) else { throw malformed("it is truncated") }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private func checkProtocol(_ version: UInt8) throws {
    guard (2...5).contains(version) else { throw malformed("protocol \(version), expected 2 to 5") }
  }

  func malformed(_ reason: String) -> CheckpointError {
    .malformed(path: path, reason: "its pickle: \(reason)")
  }
}
