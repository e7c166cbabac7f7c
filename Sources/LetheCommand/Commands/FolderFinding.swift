import Files
import Findings
import Foundation
import Reports

/// What the runs of a folder came to together: what `sweep` and `transfer` find, and `report` draws again.
enum FolderFinding {
  case sweep(SweepResult)
  case transfer(TransferResult)
  /// Of several targets.
  case comparison(TransferComparison)
  case map(TransferMap)

  /// What is stored in a folder that is no run itself; nil where there is nothing.
  ///
  /// - Throws: ``CommandError/badInput(_:)`` for a file that is none of these.
  init?(storedIn folder: String) throws {
    let path = "\(folder)/\(FindingFile.name)"
    guard !FileManager.default.fileExists(atPath: "\(folder)/run.h5"), FileManager.default.fileExists(atPath: path)
    else { return nil }
    do {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let members = try FindingDecoder.decode(JSONValue.self, from: text)
      if members["sweep"] != nil {
        self = .sweep(try FindingDecoder.decode(from: members))
      } else if members["curves"] != nil {
        self = .transfer(try FindingDecoder.decode(from: members))
      } else if members["cases"] != nil {
        self = .map(try FindingDecoder.decode(from: members))
      } else {
        self = .comparison(try FindingDecoder.decode(from: members))
      }
      guard isWhole else { throw CommandError.badInput(path) }
    } catch {
      throw CommandError.badInput("\(path): expected what sweep or transfer found, but it cannot be read as that")
    }
  }

  /// Whether lists that belong together are of one length, as tables and charts take for granted.
  private var isWhole: Bool {
    switch self {
    case .sweep: true
    case .transfer(let result): result.isWhole
    case .comparison(let result):
      result.targets.allSatisfy { $0.isWhole && $0.cuts.count == result.targets.first?.cuts.count }
    case .map(let result): Set(result.rows.map(\.cells.count)).count <= 1
    }
  }

  /// What made it.
  var kind: String {
    switch self {
    case .sweep: "sweep"
    case .transfer, .comparison: "transfer"
    case .map: "transfer map"
    }
  }

  var reported: any ReportedFinding {
    switch self {
    case .sweep(let result): result
    case .transfer(let result): result
    case .comparison(let result): result
    case .map(let result): result
    }
  }

  /// The pages of the parts, from a page's folder.
  ///
  /// - Parameter folder: that of the runs.
  func links(from page: PageFolder, to folder: String) -> [PageLink] {
    guard case .comparison(let result) = self else { return [] }
    return result.targets.map { target in
      PageLink(target.target, path: page.relative(to: "\(folder)/\(FileName.safe(target.target))/report.html"))
    }
  }

  /// Writes the page, and its charts and numbers where a folder is given for them.
  ///
  /// - Parameter origin: the folder of the runs.
  /// - Returns: the paths of the files beside the page.
  @discardableResult
  func write(
    to page: String, from origin: String, title: String? = nil, files folder: String?, plots: [PlotFormat] = []
  ) throws -> [String] {
    let place = PageFolder(of: page)
    try FileManager.default.createDirectory(atPath: place.path(of: ""), withIntermediateDirectories: true)
    let html = reported.html(
      title: title ?? URL(fileURLWithPath: origin).lastPathComponent,
      links: place.existing(links(from: place, to: origin), besides: page))
    try AtomicFile.write(Data(html.utf8), to: page)
    return try folder.map { try FindingFile.write(reported.svgs() + reported.csvs(), to: $0, plots: plots) } ?? []
  }

  /// What the terminal says of it.
  func show() {
    switch self {
    case .sweep(let result): result.show()
    case .transfer(let result): result.show()
    case .comparison(let result):
      Console.paragraph(result.headline)
      Console.table(result.table())
    case .map(let result): result.show()
    }
  }
}

extension SweepResult {
  fileprivate func show() {
    Console.result("")
    Console.table(table())
    for failure in failures { Console.result(failure) }
    Console.result("")
    Console.result(verdict)
    if let command { Console.result("next: \(command)") }
  }
}

extension TransferResult {
  fileprivate var isWhole: Bool { scores.allSatisfy { $0.values.count == cuts.count } }

  fileprivate func show() {
    Console.result("")
    Console.table(table())
    if !scores.isEmpty {
      Console.paragraph("What cheaper scores would have said")
      Console.table(scoreTable())
      for line in scoreNotes { Console.result(line) }
    }
    if !trials.isEmpty {
      Console.result("")
      Console.table(trialTable())
    }
    Console.result("")
    for sentence in sentences { Console.result(sentence) }
    Console.result(advised)
    if let command { Console.result("next: \(command)") }
  }
}

extension TransferMap {
  fileprivate func show() {
    for row in rowsBySimilarity {
      Console.paragraph("\(row.target)")
      Console.table(table(row))
    }
    Console.result("")
    if let cases = caseTable() {
      Console.table(cases)
      Console.result("")
    }
    for sentence in sentences { Console.result(sentence) }
  }
}
