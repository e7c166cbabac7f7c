/// A name that may be one of a hub of models or data: `org/name`, or whatever stands behind a hub's prefix.
public struct HubName {
  /// Without the prefix.
  public let name: String
  /// Its last part.
  public var lastPart: String { name.split(separator: "/").last.map(String.init) ?? name }

  /// - Parameters:
  ///   - prefixes: the longest first; with one of them anything is a name.
  ///   - extensionLength: of what follows a last dot, where the whole is taken for a file.
  /// - Returns: nil for what looks like a path.
  public init?(_ text: String, prefixes: [String], extensionLength: ClosedRange<Int>) {
    if let prefix = prefixes.first(where: text.hasPrefix) {
      name = String(text.dropFirst(prefix.count))
      return
    }
    guard text.wholeMatch(of: /[\w.-]+\/[\w.-]+/) != nil, !text.hasPrefix(".") else { return nil }
    if let dot = text.lastIndex(of: ".") {
      let ending = text[text.index(after: dot)...]
      guard ending.wholeMatch(of: /\w+/) == nil || !extensionLength.contains(ending.count) else { return nil }
    }
    name = text
  }
}
