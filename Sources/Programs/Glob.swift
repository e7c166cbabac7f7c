/// A pattern over dotted names, as `fnmatch` knows them: `*`, `?`, `[abc]`, `[a-z]`, `[!a]`; `*` crosses dots.
///
/// A pattern without wildcards also matches everything under the name it spells: `layer1` matches
/// `layer1.0.conv1.weight`, but not `layer10`.
public struct Glob: Sendable, Equatable {
  private enum Piece: Equatable {
    case literal(UInt8)
    case anyOne
    case anyRun
    case oneOf([ClosedRange<UInt8>], negated: Bool)

    func matches(_ byte: UInt8) -> Bool {
      switch self {
      case .literal(let own): own == byte
      case .anyOne, .anyRun: true
      case .oneOf(let ranges, let negated): ranges.contains { $0.contains(byte) } != negated
      }
    }
  }

  /// The pattern as it was written.
  public let pattern: String
  private let pieces: [Piece]
  private let isLiteral: Bool

  /// Reads a pattern; any text is one, and a bracket that is not closed stands for itself.
  public init(_ pattern: String) {
    self.pattern = pattern
    var pieces: [Piece] = []
    var rest = Array(pattern.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "*"): pieces.append(.anyRun)
      case UInt8(ascii: "?"): pieces.append(.anyOne)
      case UInt8(ascii: "["):
        if let set = Self.popSet(&rest) { pieces.append(set) } else { pieces.append(.literal(byte)) }
      default: pieces.append(.literal(byte))
      }
    }
    self.pieces = pieces
    isLiteral = pieces.allSatisfy { if case .literal = $0 { true } else { false } }
  }

  /// The set whose opening bracket was just read; `nil`, reading nothing, where no bracket closes it.
  private static func popSet(_ rest: inout ArraySlice<UInt8>) -> Piece? {
    var body = rest
    let isNegated = body.first == UInt8(ascii: "!")
    if isNegated { body.removeFirst() }
    // A closing bracket in first place is a member of the set.
    guard let end = body.dropFirst().firstIndex(of: UInt8(ascii: "]")) else { return nil }
    rest = body[(end + 1)...]
    var members = body[..<end]
    var ranges: [ClosedRange<UInt8>] = []
    while let low = members.popFirst() {
      if members.count >= 2, members.first == UInt8(ascii: "-") {
        members.removeFirst()
        // An empty range, `[z-a]`, matches nothing.
        if let high = members.popFirst(), low <= high { ranges.append(low...high) }
      } else {
        ranges.append(low...low)
      }
    }
    return .oneOf(ranges, negated: isNegated)
  }

  /// Whether the whole name matches.
  ///
  /// - Complexity: O(name · pattern) at worst, never exponential.
  public func matches(_ name: String) -> Bool {
    if isLiteral { return name == pattern || name.hasPrefix(pattern + ".") }
    let bytes = Array(name.utf8)
    var position = 0
    var piece = 0
    // Where to go on when a later piece fails: only the last run has to be lengthened.
    var retry: (piece: Int, position: Int)?
    while position < bytes.count {
      if piece < pieces.count, pieces[piece] == .anyRun {
        retry = (piece, position)
        piece += 1
      } else if piece < pieces.count, pieces[piece].matches(bytes[position]) {
        piece += 1
        position += 1
      } else if let last = retry {
        retry = (last.piece, last.position + 1)
        piece = last.piece + 1
        position = last.position + 1
      } else {
        return false
      }
    }
    return pieces[piece...].allSatisfy { $0 == .anyRun }
  }
}
