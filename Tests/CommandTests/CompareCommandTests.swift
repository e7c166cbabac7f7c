import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct CompareCommandTests {
  /// 200 examples of two classes; before all right, after `wrong` of the first class called the other.
  private func write(_ path: String, wrong: Int, from first: Int = 0) throws {
    let rows = (first..<200 + first).map { row in
      "\(row),\(row % 2 == 0 ? "cat" : "dog"),\(row % 2 == 0 && row / 2 >= wrong ? "cat" : "dog")"
    }
    try Data(("id,label,pred\n" + rows.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
  }

  private func files(wrong: Int) throws -> (folder: TemporaryFolder, before: String, after: String) {
    let folder = try TemporaryFolder()
    let (before, after) = (folder.file("before.csv"), folder.file("after.csv"))
    try write(before, wrong: 0)
    try write(after, wrong: wrong)
    return (folder, before, after)
  }

  @Test func whatWasLostIsSaidWithTheColumnsFirst() throws {
    let (folder, before, after) = try files(wrong: 30)
    let changed = folder.file("changed.csv")
    let found = InProcess("compare", before, after, "--changed", changed)
    #expect(found.status == 0 && found.errors.isEmpty, "\(found.errors)")
    let lines = found.output.split(separator: "\n")
    #expect(lines[0] == "200 examples by 'id' · right where 'pred' is 'label' · in 2 groups by 'label'")
    #expect(lines[1].hasPrefix("lost 15.0 points of accuracy: 100.0 → 85.0 % (95 % interval"))
    #expect(lines[1].hasSuffix("p < 0.001); 30 examples went wrong, 0 came right"))
    #expect(lines[2] == "always naming the commonest label is right on 50.0 %: 30.0 % of what was above that went")
    #expect(lines.contains { $0.hasPrefix("cat") && $0.hasSuffix("lost") })
    #expect(lines.allSatisfy { !$0.hasPrefix("dog") || !$0.hasSuffix("lost") })
    #expect(lines.contains { $0.hasPrefix("right before, wrong after: 0 (cat → dog), 2 (cat → dog)") })
    let csv = try String(contentsOfFile: changed, encoding: .utf8).components(separatedBy: "\r\n")
    #expect(csv.prefix(2) == ["id,label,before,after,change", "0,cat,cat,dog,lost"] && csv.count == 32)
  }

  @Test func aBudgetThatIsExceededIsStatusTwoAndAFailedTestCase() throws {
    let (folder, before, after) = try files(wrong: 30)
    let junit = folder.file("junit.xml")
    let found = InProcess(
      "compare", before, after, "--max-forgetting", "20pp", "--max-group-forgetting", "10pp", "--junit", junit, "--json"
    )
    #expect(found.status == 2)
    #expect(found.errors.hasPrefix("lethe: label 'cat': 30.0 points were lost, at least "))
    #expect(found.errors.hasSuffix("with 95 % confidence: more than is allowed, 10.0 points\n"))
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [String: Any])
    let whole = try #require(json["whole"] as? [String: Any])
    #expect(whole["lost"] as? Int == 30 && whole["change"] as? String == "loss")
    let document = XMLRead(try Data(contentsOf: URL(fileURLWithPath: junit)))
    #expect(document.isWhole)
    #expect(
      document.elements.filter { $0.name == "testcase" }.map { $0.attributes["name"] } == [
        "all examples", "label cat", "label dog",
      ])
    #expect(document.elements.count { $0.name == "failure" } == 1)
    let suite = try #require(document.elements.first { $0.name == "testsuite" }).attributes
    #expect(suite["tests"] == "3" && suite["failures"] == "1" && suite["skipped"] == "0")
    #expect(InProcess("compare", before, after, "--max-forgetting", "20pp").status == 0)
    #expect(InProcess("compare", before, before, "--max-forgetting", "0").status == 0)
    #expect(InProcess("compare", before, after, "--max-forgetting", "2pp").status == 2)
  }

  @Test func whatIsWrongIsALineAndAStatus() throws {
    let (folder, before, after) = try files(wrong: 1)
    func refused(
      _ status: Int32, _ words: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let command = try Command(array: ["compare"] + arguments)
      #expect(
        command.status == status && command.errorLines.first?.contains(words) == true && command.output.isEmpty,
        "\(command.errors)", sourceLocation: sourceLocation)
    }
    try refused(66, "no such file", before, folder.file("none.csv"))
    try refused(64, "--id: ", before, after, "--id", "number")
    try refused(64, "--junit needs something to judge by", before, after, "--junit", folder.file("j.xml"))
    try refused(64, "'2' would be 200 points", before, after, "--max-forgetting", "2")
    try refused(64, "--max-group-forgetting: '2' would be", before, after, "--max-group-forgetting", "2")
    try write(after, wrong: 1, from: 3)
    try refused(
      65,
      "not of the same examples: 3 examples only in \(before) (0, 1, 2); 3 examples only in \(after) (200, 201, 202)",
      before, after)
    let detections = Repository.fixture("detections/before.json")
    try refused(64, "give --annotations", detections, detections)
    try refused(
      65, "expected COCO's annotations", detections, detections, "--annotations",
      Repository.fixture("detections/expected.json"))
  }

  @Test func detectionsAreJudgedByTheirAnnotations() throws {
    let folder = Repository.fixture("detections")
    let found = InProcess(
      "compare", "\(folder)/before.json", "\(folder)/after.json", "--annotations", "\(folder)/instances.json")
    #expect(found.status == 0, "\(found.errors)")
    #expect(found.output.contains("lost 20.7 points of mean average precision: 36.3 → 15.6 % (95 % interval "))
    #expect(found.output.contains("AP75                     37.3 %    6.2 %   31.1"))
  }

  /// The loader names every library that is opened.
  @Test func itOpensNoLibtorch() throws {
    let (folder, before, after) = try files(wrong: 30)
    let found = try Command(["compare", before, after], environment: ["LD_DEBUG": "files"])
    #expect(found.status == 0 && found.output.contains("lost 15.0 points of accuracy"), "\(folder.path)")
    #expect(found.errors.contains("file=libm.so") && !found.errors.contains("libtorch"))
  }
}

/// The elements of a document, as a parser of XML reads them.
private final class XMLRead: NSObject, XMLParserDelegate {
  private(set) var elements: [(name: String, attributes: [String: String])] = []
  private(set) var isWhole = false

  init(_ data: Data) {
    super.init()
    let parser = XMLParser(data: data)
    parser.delegate = self
    isWhole = parser.parse()
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) { elements.append((name, attributes)) }
}
