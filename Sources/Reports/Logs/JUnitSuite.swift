/// Judgements as JUnit's XML, which continuous integration shows.
public struct JUnitSuite: Sendable {
  /// What became of what is judged.
  public enum Outcome: Sendable {
    case passed
    case failed(type: String, message: String)
    /// Not judged, and why.
    case skipped(String)
  }

  /// One thing that is judged.
  public struct Case: Sendable {
    /// What it stands under, with dots.
    public var className: String
    /// What it is called.
    public var name: String
    /// What became of it.
    public var outcome: Outcome

    /// - Parameters: see the properties.
    public init(className: String, name: String, outcome: Outcome) {
      (self.className, self.name, self.outcome) = (className, name, outcome)
    }
  }

  /// What judges.
  public var tool: String
  /// What is judged.
  public var name: String
  /// All that is judged, in order.
  public var cases: [Case]

  /// - Parameters: see the properties.
  public init(tool: String, name: String, cases: [Case]) {
    (self.tool, self.name, self.cases) = (tool, name, cases)
  }

  /// The file.
  public var xml: String {
    func attribute(_ name: String, _ value: String) -> String { " \(name)=\"\(escapedMarkup(value))\"" }
    func count(_ matches: (Outcome) -> Bool) -> String { "\(cases.count { matches($0.outcome) })" }
    let counts =
      attribute("tests", "\(cases.count)")
      + attribute("failures", count { if case .failed = $0 { true } else { false } }) + attribute("errors", "0")
      + attribute("skipped", count { if case .skipped = $0 { true } else { false } }) + attribute("time", "0")
    let lines = cases.map { entry in
      let opening =
        "    <testcase" + attribute("classname", entry.className) + attribute("name", entry.name)
        + attribute("time", "0")
      return switch entry.outcome {
      case .passed: "\(opening)/>\n"
      case .failed(let type, let message):
        "\(opening)><failure" + attribute("type", type) + attribute("message", message) + "/></testcase>\n"
      case .skipped(let message): "\(opening)><skipped" + attribute("message", message) + "/></testcase>\n"
      }
    }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites\(attribute("name", tool))\(counts)>
        <testsuite\(attribute("name", name))\(counts)>
      \(lines.joined())  </testsuite>
      </testsuites>

      """
  }
}
