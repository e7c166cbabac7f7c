/// Names that any file system takes.
public enum FileName {
  /// The longest name made, in bytes.
  private static let longest = 120

  /// A name for a file or folder, made of any text: ASCII letters, digits, `=`, `.` and `-` stay, all else becomes `_`.
  ///
  /// A long text is cut, with a checksum of all of it at the end; a first `.` or `-` is preceded by `_`, since names that
  /// begin so are hidden or taken for options. Different texts may give the same name: see ``unique(_:)``.
  public static func safe(_ text: String) -> String {
    var name = String(
      text.map { $0.isASCII && ($0.isLetter || $0.isNumber || "=.-".contains($0)) ? $0 : "_" })
    if name.isEmpty || name.hasPrefix(".") || name.hasPrefix("-") { name = "_" + name }
    guard name.utf8.count > longest else { return name }
    return "\(name.prefix(longest - 17))-\(Checksum.xxh3(text))"
  }

  /// Whether a name that a file gives is that of a neighbour in its folder, and leads nowhere else.
  public static func isSibling(_ name: String) -> Bool {
    !name.isEmpty && !name.contains("/") && !name.contains("\0") && name != "." && name != ".."
  }

  /// Safe names for several texts, no two the same even where upper and lower case do not count: those that stand twice
  /// get a number, `run-2`, before their extension.
  public static func unique(_ texts: [String]) -> [String] {
    var used = Set<String>()
    return texts.map { text in
      let name = safe(text)
      let dot = name.lastIndex(of: ".").flatMap { $0 > name.startIndex ? $0 : nil } ?? name.endIndex
      var candidate = name
      var number = 2
      while !used.insert(candidate.lowercased()).inserted {
        candidate = "\(name[..<dot])-\(number)\(name[dot...])"
        number += 1
      }
      return candidate
    }
  }
}
