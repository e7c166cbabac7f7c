import Files
import Foundation
import Reports

/// The folder that a page is written to, and what it can lead to from there.
struct PageFolder {
  private let folder: String

  init(of page: String) {
    let parent = (page as NSString).deletingLastPathComponent
    folder = parent.isEmpty ? "." : parent
  }

  /// Where a file beside the page stands.
  func path(of name: String) -> String { "\(folder)/\(name)" }

  /// Those of some links whose pages are there, but for the page itself.
  func existing(_ links: [PageLink], besides page: String) -> [PageLink] {
    links.filter { link in
      let target = path(of: link.path)
      return FileManager.default.fileExists(atPath: target) && standardized(target) != standardized(page)
    }
  }

  /// The path from the folder to a file, both relative to the working directory or absolute.
  func relative(to path: String) -> String {
    RelativePath.from(standardized(folder), to: standardized(path))
  }

  private func standardized(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
  }
}
