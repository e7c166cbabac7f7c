/// Reads JSON from bytes without building what is not asked for: files of predictions are long, and have prompts and
/// answers in them that no comparison looks at.
///
/// `NaN` and `Infinity` are numbers, as Python writes them.
struct JSONScanner {
  /// What is wrong, and where.
  struct Fault: Error {
    let place: Int
    let expected: String
  }

  /// A value; of a list or an object its bytes.
  enum Value {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case nested(Range<Int>)
  }

  private let bytes: UnsafeRawBufferPointer
  private(set) var place: Int
  private let end: Int
  private var depth = 0
  /// Deeper than this no file of ours is, and the call stack would not be.
  private static let mostDepth = 256

  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>? = nil) {
    self.bytes = bytes
    place = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
    if range == nil, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  /// The next byte that is no white space; nil at the end.
  mutating func peek() -> UInt8? {
    while place < end {
      let byte = bytes[place]
      if byte != 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 { return byte }
      place += 1
    }
    return nil
  }

  /// Calls for each member of an object, at its value, which has to be read or skipped.
  mutating func members(_ body: (inout JSONScanner, String) throws -> Void) throws {
    try sequence("{", "}") { scanner in
      guard scanner.peek() == UInt8(ascii: "\"") else { throw scanner.fault("a member's name") }
      let key = try scanner.string()
      guard scanner.peek() == UInt8(ascii: ":") else { throw scanner.fault("':'") }
      scanner.place += 1
      try body(&scanner, key)
    }
  }

  /// Calls for each element of a list, at the element, which has to be read or skipped.
  mutating func elements(_ body: (inout JSONScanner) throws -> Void) throws { try sequence("[", "]", body) }

  private mutating func sequence(
    _ open: Character, _ close: Character, _ body: (inout JSONScanner) throws -> Void
  ) throws {
    guard let first = open.asciiValue, let last = close.asciiValue else { return }
    guard peek() == first else { throw fault(open == "{" ? "an object" : "a list") }
    place += 1
    depth += 1
    guard depth <= Self.mostDepth else { throw fault("at most \(Self.mostDepth) lists and objects within each other") }
    defer { depth -= 1 }
    if peek() == last {
      place += 1
      return
    }
    while true {
      try body(&self)
      switch peek() {
      case last:
        place += 1
        return
      case UInt8(ascii: ","): place += 1
      default: throw fault("',' or '\(close)'")
      }
    }
  }

  mutating func value() throws -> Value {
    guard let byte = peek() else { throw fault("a value") }
    switch byte {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      let start = place
      try skip()
      return .nested(start..<place)
    default:
      let start = place
      while place < end, Self.isOfWord(bytes[place]) { place += 1 }
      let word = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<place]), as: UTF8.self)
      switch word {
      case "null": return .null
      case "true": return .bool(true)
      case "false": return .bool(false)
      case "NaN", "Infinity", "-Infinity": return .number(word)
      default:
        guard byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), Double(word) != nil
        else {
          place = start
          throw fault("a value")
        }
        return .number(word)
      }
    }
  }

  /// Passes over a value.
  mutating func skip() throws {
    switch peek() {
    case UInt8(ascii: "\""): try passString()
    case UInt8(ascii: "{"):
      try sequence("{", "}") { scanner in
        guard scanner.peek() == UInt8(ascii: "\"") else { throw scanner.fault("a member's name") }
        try scanner.passString()
        guard scanner.peek() == UInt8(ascii: ":") else { throw scanner.fault("':'") }
        scanner.place += 1
        try scanner.skip()
      }
    case UInt8(ascii: "["): try sequence("[", "]") { try $0.skip() }
    default: _ = try value()
    }
  }

  mutating func number() throws -> Double {
    let start = place
    guard case .number(let text) = try value(), let number = Double(text), number.isFinite else {
      throw Fault(place: start, expected: "a number")
    }
    return number
  }

  mutating func integer() throws -> Int {
    let start = place
    let number = try number()
    guard let whole = Int(exactly: number) else { throw Fault(place: start, expected: "a whole number") }
    return whole
  }

  /// That nothing follows.
  mutating func finish() throws { if peek() != nil { throw fault("the end") } }

  func fault(_ expected: String) -> Fault { Fault(place: place, expected: expected) }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// The bytes between quotes, and whether something in them is escaped.
  @discardableResult
  private mutating func passString() throws -> (range: Range<Int>, hasEscapes: Bool) {
    place += 1
    let start = place
    var hasEscapes = false
    while place < end {
      switch bytes[place] {
      case UInt8(ascii: "\""):
        place += 1
        return (start..<place - 1, hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        place += 2
      case 0x0A: throw fault("the end of a text")
      default: place += 1
      }
    }
    place = end
    throw fault("the end of a text")
  }

  private mutating func string() throws -> String {
    let (range, hasEscapes) = try passString()
    let own = UnsafeRawBufferPointer(rebasing: bytes[range])
    guard let text = hasEscapes ? Self.unescaped(own) : String(validating: own, as: UTF8.self) else {
      throw Fault(place: range.lowerBound, expected: "a text in UTF-8")
    }
    return text
  }

  private static func unescaped(_ bytes: UnsafeRawBufferPointer) -> String? {
    var units: [UInt16] = []
    var (plain, place) = (0, 0)
    func flush(to end: Int) -> Bool {
      guard plain < end else { return true }
      let own = UnsafeRawBufferPointer(rebasing: bytes[plain..<end])
      guard let text = String(validating: own, as: UTF8.self) else { return false }
      units += text.utf16
      return true
    }
    while place < bytes.count {
      guard bytes[place] == UInt8(ascii: "\\") else {
        place += 1
        continue
      }
      guard flush(to: place), place + 1 < bytes.count else { return nil }
      let letter = bytes[place + 1]
      place += 2
      if letter == UInt8(ascii: "u") {
        guard place + 4 <= bytes.count else { return nil }
        let digits = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[place..<place + 4]), as: UTF8.self)
        guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }), let unit = UInt16(digits, radix: 16) else {
          return nil
        }
        units.append(unit)
        place += 4
      } else {
        guard let unit = Self.escapes[letter] else { return nil }
        units.append(unit)
      }
      plain = place
    }
    guard flush(to: bytes.count) else { return nil }
    // Half of a pair stands for no character.
    return String(decoding: units, as: UTF16.self)
  }

  private static let escapes: [UInt8: UInt16] = [
    UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 8,
    UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
  ]
}
