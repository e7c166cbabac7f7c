import Foundation
import TestSupport

/// A page of Markdown of the project.
struct Page {
  /// From the repository's root.
  let path: String
  let lines: [String]
  /// The language of each line's fenced block, "" where none is named; nil outside of blocks.
  private let languages: [String?]

  init(_ path: String) throws { self.init(path: path, text: try Repository.text(path)) }

  init(path: String, text: String) {
    self.path = path
    lines = text.components(separatedBy: "\n")
    var block: String?
    languages = lines.map { line in
      guard line.drop(while: { $0 == " " }).hasPrefix("```") else { return block }
      block = block == nil ? line.trimmingCharacters(in: CharacterSet(charactersIn: " `")) : nil
      return nil
    }
  }

  /// The README and its like, the lessons, and the articles beside the code.
  static let all: [String] = {
    func pages(in folder: String) -> [String] {
      (try? FileManager.default.contentsOfDirectory(atPath: "\(Repository.root)/\(folder)"))?
        .filter { $0.hasSuffix(".md") }.sorted().map { "\(folder)/\($0)" } ?? []
    }
    let modules = (try? FileManager.default.contentsOfDirectory(atPath: Repository.root + "/Sources"))?.sorted() ?? []
    return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Fixtures/README.md"] + pages(in: "Notebooks-md")
      + modules.flatMap { pages(in: "Sources/\($0)/\($0).docc") }
  }()

  /// As many lines as the page has: the shell's, with all others empty. Of what a terminal shows, what follows `$ `.
  var shellLines: [String] {
    var goesOn = false
    return lines.indices.map { index in
      guard let language = languages[index] else {
        goesOn = false
        return ""
      }
      let line = lines[index]
      let first = lines[firstLine(ofBlockAt: index)]
      if first.hasPrefix("$ ") {
        guard line.hasPrefix("$ ") || goesOn else { return "" }
        goesOn = line.hasSuffix("\\")
        return line.hasPrefix("$ ") ? String(line.dropFirst(2)) : line
      }
      return ["sh", "bash"].contains(language) || language.isEmpty && first.hasPrefix("lethe ") ? line : ""
    }
  }

  private func firstLine(ofBlockAt index: Int) -> Int {
    var first = index
    while first > 0, languages[first - 1] != nil { first -= 1 }
    return first
  }

  /// The text outside of blocks, by its line, counted from 1.
  var prose: [(line: Int, text: String)] {
    zip(lines.indices, languages).filter { $1 == nil }.map { ($0.0 + 1, lines[$0.0]) }
  }

  /// `code` within the text, by its line.
  var inlineCode: [(line: Int, code: String)] {
    prose.flatMap { line, text in text.matches(of: #/`([^`]+)`/#).map { (line, String($0.output.1)) } }
  }

  /// Where `[words](target)` leads, and `src="…"` and `href="…"`, by its line.
  var links: [(line: Int, target: String)] {
    prose.flatMap { line, text -> [(line: Int, target: String)] in
      let words = text.replacing(#/`[^`]*`/#, with: "")
      return words.matches(of: #/\]\(([^()\s]+)\)/#).map { (line, String($0.output.1)) }
        + words.matches(of: #/(?:src|href)="([^"]+)"/#).map { (line, String($0.output.1)) }
    }
  }

  /// What may follow `#` in a link to this page: headings as GitHub names them, and `id`s.
  var anchors: Set<String> {
    var seen: [String: Int] = [:]
    var anchors: Set<String> = []
    for (_, text) in prose {
      anchors.formUnion(text.matches(of: #/<a (?:id|name)="([^"]+)"/#).map { String($0.output.1) })
      guard let heading = text.wholeMatch(of: #/#{1,6} +(.+?) */#)?.output.1 else { continue }
      let words = heading.replacing(#/\]\([^)]*\)/#, with: "]").lowercased()
      let slug = String(
        words.compactMap { character in
          if character == " " { return "-" }
          return character.isLetter || character.isNumber || "-_".contains(character) ? character : nil
        })
      anchors.insert(seen[slug].map { "\(slug)-\($0)" } ?? slug)
      seen[slug, default: 0] += 1
    }
    return anchors
  }
}
