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
      "Draw one run, or several compared, as one page with its numbers within; runs that differ only by their seed are one "
      + "result. The folder of a sweep or a transfer likewise.")

  @Argument(help: "Runs, or the folder of one sequence, sweep or transfer.", completion: .path)
  var runs: [String]

  @Option(help: "The page's title.")
  var title: String?

  @Option(help: "Whose definition of forgetting a sequence of tasks is measured by: chaudhry, avalanche or mammoth.")
  var compat = AccuracyMatrix.Compatibility.chaudhry

  struct Destination: PlaceOptions {
    @Option(name: .shortAndLong, help: "The page to write. Default: RUN/report.html.", completion: .path)
    var output: String?

    @Option(help: "A folder to write the charts as SVG and the numbers as CSV to, too.", completion: .path)
    var files: String?

    @Option(help: "png, pdf, tensorboard or several, as png,pdf: draw the charts of --files so too, in light colours.")
    var savePlots: String?
  }

  @OptionGroup var destination: Destination
  @OptionGroup var shared: OutputOptions

  private var output: String? { destination.output }

  func run() throws {
    guard runs.count == 1 || output != nil else {
      throw CommandError.usage("several runs in one report need -o FILE.html")
    }
    guard destination.savePlots == nil || destination.files != nil else {
      throw CommandError.usage("--save-plots draws the charts of --files: give --files FOLDER too")
    }
    if runs.count == 1, let finding = try FolderFinding(storedIn: runs[0]) { return try report(finding, of: runs[0]) }
    let opened = try runs.map { try Run.open($0) }
    if opened.count == 1, SequenceResult(opened[0]) != nil {
      return try SequenceSession.finish(
        opened[0], compatibility: compat, isJSON: shared.json, page: output, files: destination.files, plots: plots())
    }
    for run in opened { try run.requireEpoch() }
    let findings = opened.map(\.findingInOptions)
    let report = RunReport(runs: findings, title: title ?? findings.map(\.name).joined(separator: " and "))
    let page = output ?? "\(runs[0])/report.html"
    let folder = PageFolder(of: page)
    try FileManager.default.createDirectory(atPath: folder.path(of: ""), withIntermediateDirectories: true)
    let written =
      try destination.files.map {
        try FindingFile.write(report.svgs() + report.csvs(), to: $0, plots: plots())
      } ?? []
    if opened.count == 1, let diagnosis = opened[0].diagnosis {
      let own = PageLink("report of \(findings[0].name)", path: (page as NSString).lastPathComponent)
      try DiagnosisPage(diagnosis).write(to: folder.path(of: "diagnosis.html"), links: [own])
    }
    let links = zip(runs, findings).flatMap { path, finding in
      [("report", "report.html"), ("diagnosis", "diagnosis.html")].map { kind, name in
        PageLink("\(kind) of \(finding.name)", path: folder.relative(to: "\(path)/\(name)"))
      }
    }
    try AtomicFile.write(Data(report.html(links: folder.existing(links, besides: page)).utf8), to: page)
    if shared.json {
      Console.result([
        "report": .string(page),
        "files": .array(written.map { .string($0) }),
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

  private func plots() throws -> [PlotFormat] { try destination.savePlots.map(PlotRenderer.formats) ?? [] }

  private func report(_ finding: FolderFinding, of folder: String) throws {
    let page = output ?? "\(folder)/report.html"
    let written = try finding.write(to: page, from: folder, title: title, files: destination.files, plots: plots())
    if shared.json {
      return Console.result([
        "report": .string(page),
        "files": .array(written.map { .string($0) }),
        "finding": try FindingEncoder.encode(finding.reported),
      ])
    }
    finding.show()
    Console.result("report: \(page)")
  }
}

extension Run {
  /// What was found, with the configuration in the words of the options of the command that made it; as it is stored where
  /// a program did.
  var findingInOptions: RunFinding {
    var finding = finding
    guard let command = record.command, !command.options.isEmpty,
      let options = try? ConfigurationFile(yaml: command.options, origin: path)
    else { return finding }
    finding.configuration =
      [.init("command", command.arguments.map(\.shellQuoted).joined(separator: " "))]
      + options.settings.map { .init($0.name, $0.values.joined(separator: ", ")) }
    return finding
  }
}
