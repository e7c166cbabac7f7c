import ArgumentParser
import Files
import Findings
import Foundation
import Metrics
import Predictions
import Reports

struct CompareCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract:
      "What two files of predictions of the same examples say: what was lost, where, and which examples changed.",
    discussion: """
      The files are CSV, JSON objects (one a line, or a list), lm-evaluation-harness's samples, HDF5 with a dataset a \
      column, or detections as COCO has them, of any model whatever trained it:
        lethe compare before.csv after.csv \\
          --max-forgetting 2pp --junit forgetting.xml
        lethe compare before.json after.json \\
          --annotations instances.json
      """)

  @Argument(help: "The predictions before.", completion: .path)
  var before: String

  @Argument(help: "The predictions after, of the same examples.", completion: .path)
  var after: String

  @OptionGroup var predictions: PredictionOptions

  @Option(help: "Exit with status 2 where more than this was lost with 95 % confidence, as 2pp or 0.02.")
  var maxForgetting: String?

  @Option(help: "The same for each group, where that is established for all groups together.")
  var maxGroupForgetting: String?

  struct Destination: PlaceOptions {
    @Option(
      help: "Write the judgement here as JUnit's XML: a test case for all examples, one for each judged group.",
      completion: .path)
    var junit: String?

    @Option(help: "Write the examples that changed here, CSV.", completion: .path)
    var changed: String?

    @Option(name: .shortAndLong, help: "Write what was found here as a page, HTML.")
    var output: String?
  }

  @OptionGroup var destination: Destination
  @OptionGroup var tables: TableOptions
  @OptionGroup var shared: OutputOptions

  func run() throws {
    let budget = try maxForgetting.map { try ForgettingBudget($0) }
    let groupBudget = try maxGroupForgetting.map { try ForgettingBudget($0, option: "--max-group-forgetting") }
    guard destination.junit == nil || budget != nil || groupBudget != nil else {
      throw CommandError.usage("--junit needs something to judge by: give --max-forgetting, 0 for any loss")
    }
    var random = RandomSource(seed: 0)
    let found = try compared(using: &random)
    for own in [budget, groupBudget] { try own?.check(for: found.score) }
    if groupBudget != nil, found.groups.isEmpty {
      throw CommandError.usage("--max-group-forgetting: there are no groups; --group names a column of them")
    }
    let finding = found.judged(allowing: budget?.value, ofGroups: groupBudget?.value)
    if let junit = destination.junit { try AtomicFile.write(Data(finding.junit().utf8), to: junit) }
    if let changed = destination.changed { try AtomicFile.write(Data(finding.changedFile().utf8), to: changed) }
    if let output = destination.output {
      let names = [before, after].map { ($0 as NSString).lastPathComponent }
      let page = finding.html(title: names.joined(separator: " → "))
      try AtomicFile.write(Data(page.utf8), to: output)
    }
    if shared.json {
      Console.result(try FindingEncoder.encode(finding))
    } else {
      show(finding)
    }
    guard finding.judgement?.isExceeded == true else { return }
    for excess in finding.excesses { Console.error(excess) }
    throw ExitCode(2)
  }

  private func compared(using random: inout RandomSource) throws -> ComparisonFinding {
    if let annotations = predictions.annotations {
      return try ComparisonFinding(
        detectionsBefore: before, after: after, annotations: annotations, using: &random)
    }
    for file in [before, after] where try ComparisonFinding.isDetections(file) {
      throw PredictionError.annotationsMissing(file: file)
    }
    return try ComparisonFinding(before: before, after: after, columns: predictions.choice, using: &random)
  }

  private func show(_ finding: ComparisonFinding) {
    Console.result(finding.basis)
    Console.result(finding.verdict)
    if let note = finding.chanceNote { Console.result(note) }
    if !finding.further.isEmpty {
      Console.result("")
      Console.table(finding.furtherTable())
    }
    if !finding.groups.isEmpty {
      Console.result("")
      Console.table(finding.groupTable(), of: "group", all: tables.all)
      if let note = finding.groupNote { Console.result("(\(note))") }
    }
    if let note = finding.confidenceNote, let table = finding.confidenceTable() {
      Console.paragraph(note)
      Console.table(table)
    }
    let changed = finding.changedLines()
    if !changed.isEmpty { Console.result("") }
    for line in changed { Console.result(line) }
    if let path = destination.changed { Console.result("changed: \(path)") }
    if let path = destination.junit { Console.result("judgement: \(path)") }
    if let path = destination.output { Console.result("report: \(path)") }
  }
}
