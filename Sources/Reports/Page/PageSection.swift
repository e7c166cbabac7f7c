import Foundation

/// A part of a page, with an anchor that others can link to.
struct PageSection {
  /// Nil for what stands before the first heading.
  let heading: String?
  /// Markup.
  let content: String
  /// What its heading stands for where that changes with what was found: `what-helps`.
  let anchor: String

  /// - Parameter anchor: by default the heading's words.
  init(_ heading: String?, _ content: String, anchor: String? = nil) {
    self.heading = heading
    self.content = content
    self.anchor = anchor ?? Self.slug(heading ?? "")
  }

  /// Lowercase words with hyphens: `Which classes` is `which-classes`.
  static func slug(_ text: String) -> String {
    let words = text.lowercased().split { !($0.isLetter || $0.isNumber) }.joined(separator: "-")
    return words.isEmpty ? "section" : words
  }

  var markup: String {
    guard let heading else { return content }
    return """
      <section id="\(escapedMarkup(anchor))">
      <h2><a href="#\(escapedMarkup(anchor))">\(PageElements.prose(heading))</a></h2>
      \(content)
      </section>
      """
  }

  /// The same sections, no two with one anchor.
  static func distinct(_ sections: [PageSection]) -> [PageSection] {
    var seen: [String: Int] = [:]
    return sections.map { section in
      seen[section.anchor, default: 0] += 1
      let count = seen[section.anchor] ?? 1
      let anchor = count == 1 ? section.anchor : "\(section.anchor)-\(count)"
      return PageSection(section.heading, section.content, anchor: anchor)
    }
  }
}

/// Another page that a page leads to.
public struct PageLink: Sendable, Equatable {
  /// What it is, as a reader knows it: `diagnosis of plain`.
  public var name: String
  /// Its path from this page's folder.
  public var path: String

  /// A page by its path from this page's folder.
  public init(_ name: String, path: String) {
    self.name = name
    self.path = path
  }

  var markup: String {
    let allowed = CharacterSet.urlPathAllowed.subtracting(CharacterSet(charactersIn: ":"))
    let address = path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path
    return "<a href=\"\(escapedMarkup(address))\">\(escapedMarkup(name))</a>"
  }
}
