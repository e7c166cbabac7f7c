import Findings

/// What was found by several runs together: one page with its numbers within, and the same as files.
public protocol ReportedFinding: Encodable, Sendable {
  /// What the page begins with.
  var headline: String { get }
  /// The page, one file.
  ///
  /// - Parameter links: other pages, from this one's folder.
  func html(title: String, links: [PageLink]) -> String
  /// Its charts, each a picture that stands alone.
  func svgs() -> [(fileName: String, content: String)]
  /// Its numbers.
  func csvs() -> [(fileName: String, content: String)]
}

extension TransferResult: ReportedFinding {
  public var headline: String { advised }
  public func svgs() -> [(fileName: String, content: String)] { [("transfer.svg", chart().svg())] }
  public func csvs() -> [(fileName: String, content: String)] { [("transfer.csv", csv())] }
}

extension TransferComparison: ReportedFinding {
  public func svgs() -> [(fileName: String, content: String)] { [("transfer.svg", chart().svg())] }
  public func csvs() -> [(fileName: String, content: String)] { [("transfer.csv", csv())] }
}

extension TransferMap: ReportedFinding {
  public func svgs() -> [(fileName: String, content: String)] { [("map.svg", map().svg())] }
  public func csvs() -> [(fileName: String, content: String)] { [("map.csv", csv())] }
}

extension SweepResult: ReportedFinding {
  public var headline: String { verdict }
  public func svgs() -> [(fileName: String, content: String)] { [("frontier.svg", chart().svg())] }
  public func csvs() -> [(fileName: String, content: String)] { [("sweep.csv", csv())] }
}
