import Foundation
import TestSupport
import Testing

/// Links from page to page; those of DocC are checked by `make docs`.
@Suite struct DocumentedLinkTests {
  @Test(arguments: Page.all) func linksLeadSomewhere(path: String) throws {
    for (line, target) in try Page(path).links {
      if let fault = try Self.fault(in: target, of: path) { Issue.record("\(path):\(line): \(target): \(fault)") }
    }
  }

  @Test func whatLeadsNowhereIsFound() throws {
    let page = Page(
      path: "page.md",
      text: """
        # `One` thing, or [two](README.md)
        [a](README.md#start) and [b](none.md), <img src="Notebooks-md/images/forgetting.svg">
        # One thing, or two
        `[c](d.md)`
        ```
        [e](f.md)
        ```
        """)
    #expect(
      page.links.map(\.target) == ["README.md", "README.md#start", "none.md", "Notebooks-md/images/forgetting.svg"])
    #expect(page.links.map(\.line) == [1, 2, 2, 2])
    #expect(page.anchors == ["one-thing-or-two", "one-thing-or-two-1"])
    let faults = try page.links.map { try Self.fault(in: $0.target, of: "README.md") }
    #expect(faults == [nil, nil, "there is no such file", nil])
    #expect(try Self.fault(in: "../CHANGELOG.md#none", of: "Sources/page.md") == "there is no such heading")
    #expect(try Self.fault(in: "https://example.org/none.md", of: "README.md") == nil)
  }

  /// Nil where it leads to a file or folder, and to a heading of it where it names one.
  private static func fault(in target: String, of path: String) throws -> String? {
    if target.contains(#/^[a-z]+:/#) { return nil }
    let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let folder = URL(fileURLWithPath: "/" + path).deletingLastPathComponent()
    let file = parts[0].isEmpty ? path : String(folder.appendingPathComponent(parts[0]).standardized.path.dropFirst())
    guard FileManager.default.fileExists(atPath: "\(Repository.root)/\(file)") else { return "there is no such file" }
    guard parts.count > 1 else { return nil }
    return try Page(file).anchors.contains(parts[1]) ? nil : "there is no such heading"
  }
}
