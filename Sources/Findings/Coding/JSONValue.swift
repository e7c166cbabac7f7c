/// A JSON value whose objects keep the order of their keys.
///
/// A number that JSON cannot hold (NaN, infinity) is written as `null`.
public enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object([(String, JSONValue)])

  /// The JSON text, on one line or indented by two spaces; without a newline at the end.
  public func serialized(pretty: Bool = false) -> String {
    var text = ""
    write(to: &text, indentation: pretty ? 0 : nil)
    return text
  }

  /// A double, or `null` where there is none.
  public static func optional(_ value: Double?) -> JSONValue { value.map(JSONValue.double) ?? .null }

  /// The value under a key of an object, nil where there is none.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.0 == key }?.1
  }

  private func write(to text: inout String, indentation: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .int(let value): text += String(value)
    // Adding zero makes −0.0 plain.
    case .double(let value): text += value.isFinite ? "\(value + 0)" : "null"
    case .string(let value): Self.write(value, to: &text)
    case .array(let elements):
      // Rows of numbers stay on one line: a CKA matrix is read by rows.
      let inner = elements.allSatisfy(\.isScalar) ? nil : indentation
      Self.write(elements, "[", "]", to: &text, indentation: inner, spaced: indentation != nil) {
        element, text, depth in
        element.write(to: &text, indentation: depth)
      }
    case .object(let members):
      Self.write(members, "{", "}", to: &text, indentation: indentation, spaced: indentation != nil) {
        member, text, depth in
        Self.write(member.0, to: &text)
        text += depth == nil ? ":" : ": "
        member.1.write(to: &text, indentation: depth)
      }
    }
  }

  private static func write<Element>(
    _ elements: [Element], _ open: String, _ close: String, to text: inout String, indentation: Int?, spaced: Bool,
    each: (Element, inout String, Int?) -> Void
  ) {
    text += open
    let depth = indentation.map { $0 + 2 }
    for (index, element) in elements.enumerated() {
      if index > 0 { text += spaced && depth == nil ? ", " : "," }
      if let depth { text += "\n" + String(repeating: " ", count: depth) }
      each(element, &text, depth)
    }
    if let indentation, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indentation) }
    text += close
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }

  private var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }
}

extension JSONValue: Equatable {
  public static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.int(let a), .int(let b)): a == b
    case (.double(let a), .double(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.0 == $1.0 && $0.1 == $1.1 }
    default: false
    }
  }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// JSON `null`; the other literals are likewise the values that they spell.
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements) }
}
