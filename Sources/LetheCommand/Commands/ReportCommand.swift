import Analysis
import ArgumentParser
import Checkpoints
import Files
import Findings
import Foundation
import HDF5
import Metrics
import Reports
import Training

struct ReportCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract:
      "Draw report.html, the SVGs and the CSVs again from one run, or several compared; those that differ only by their "
      + "seed are one result.")

  @Argument(help: "Runs.")
  var runs: [String]

  @Option(help: "The page's title.")
  var title: String?

  @Option(help: "Whose definition of forgetting a sequence of tasks is measured by: chaudhry, avalanche or mammoth.")
  var compat = AccuracyMatrix.Compatibility.chaudhry

  struct Destination: PlaceOptions {
    @Option(name: .shortAndLong, help: "The page to write; SVGs and CSVs go beside it. Default: RUN/report.html.")
    var output: String?
  }

  @OptionGroup var destination: Destination
  @OptionGroup var shared: OutputOptions

  private var output: String? { destination.output }

  func run() throws {
    guard runs.count == 1 || output != nil else {
      throw CommandError.usage("several runs in one report need -o FILE.html")
    }
    let opened = try runs.map { try Run.open($0) }
    if opened.count == 1, SequenceResult(opened[0]) != nil {
      return try SequenceSession.finish(opened[0], compatibility: compat, isJSON: shared.json, page: output)
    }
    let findings = opened.map(\.finding)
    let report = RunReport(runs: findings, title: title ?? findings.map(\.name).joined(separator: " and "))
    let page = output ?? "\(runs[0])/report.html"
    let folder = (page as NSString).deletingLastPathComponent
    let parent = folder.isEmpty ? "." : folder
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    let files = report.svgs() + report.csvs()
    let names = FileName.unique(files.map(\.fileName))
    for (name, file) in zip(names, files) {
      try AtomicFile.write(Data(file.content.utf8), to: "\(parent)/\(name)")
    }
    try AtomicFile.write(Data(report.html().utf8), to: page)
    if opened.count == 1, let diagnosis = opened[0].diagnosis {
      try DiagnosisPage(diagnosis).write(to: "\(parent)/diagnosis.html")
    }
    if shared.json {
      Console.result([
        "report": .string(page),
        "files": .array(names.map { .string("\(parent)/\($0)") }),
        "groups": .array(try report.groups.map { try FindingEncoder.encode($0) }),
      ])
      return
    }
    Console.result(report.verdict)
    if report.isOverSeeds {
      Console.table(report.seedTable())
      Console.result("")
    }
    Console.table(report.summaryTable())
    Console.result("report: \(page)")
  }
}
