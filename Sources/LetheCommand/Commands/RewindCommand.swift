import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Files
import Findings
import Foundation
import HDF5
import Reports
import Torch
import Training

struct RewindCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "rewind",
    abstract: "Source accuracy regained, and target accuracy lost, by putting layers back to what they were.",
    discussion: "Running statistics go with their layer. Zhang et al. 2019; Ramasesh et al. 2020.")

  @Argument(help: ArgumentHelp("A run of lethe finetune.", valueName: "run"))
  var subjectRun: String?

  @OptionGroup var pair: JudgedOptions

  @Flag(help: "More and more layers, from the head down and from the input up, rather than each alone.")
  var cumulative = false

  @OptionGroup var destination: ChartDestination
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var shared: OutputOptions

  private var output: String? { destination.output }

  func run() throws {
    let judged = try pair.open(pair.subject(of: subjectRun), reading: reading, device: hardware.open())
    let parts: [(title: String, rewinds: [Rewind])] =
      cumulative
      ? [
        ("from the head down", try judged.cumulativeRewinds(fromHead: true)),
        ("from the input up", try judged.cumulativeRewinds(fromHead: false)),
      ] : [("each alone", try judged.rewinds())]
    if let output {
      let chart = chart(parts[0], judged.source.name)
      try AtomicFile.write(Data(chart.svg().utf8), to: output)
    }
    if shared.json {
      Console.result(.object(parts.map { ($0.title, .array($0.rewinds.map(json))) }))
      return
    }
    for part in parts {
      Console.result(part.title)
      var table = TextTable([
        .init(cumulative ? "up to" : "layer"), .number("source regained"), .number("95 % interval"),
        .number("target lost"),
      ])
      for rewind in part.rewinds {
        table.append([
          rewind.layers.last ?? "", Show.points(rewind.gain),
          "\(Show.points(rewind.low)) to \(Show.points(rewind.high))",
          rewind.cost.isNaN ? "–" : Show.points(rewind.cost),
        ])
      }
      Console.table(table)
    }
    if let output { Console.result("chart: \(output)") }
  }

  private func chart(_ part: (title: String, rewinds: [Rewind]), _ source: String) -> BarChart {
    let best = part.rewinds.max { $0.gain < $1.gain }
    return BarChart.rewinds(
      part.rewinds.map { rewind in
        (
          rewind.layers.last ?? "", DiagnosisReport.Estimate(rewind.gain, low: rewind.low, high: rewind.high),
          rewind.cost
        )
      },
      title: best.map { "Restoring \($0.layers.joined(separator: ", ")) regains \(Show.points($0.gain)) points" } ?? "",
      subtitle: "points of accuracy when layers are put back, \(part.title); source: \(source)")
  }

  private func json(_ rewind: Rewind) -> JSONValue {
    [
      "layers": .array(rewind.layers.map { .string($0) }), "gain": .double(rewind.gain), "low": .double(rewind.low),
      "high": .double(rewind.high), "cost": .double(rewind.cost),
    ]
  }
}
