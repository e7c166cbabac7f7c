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

  @Argument(help: ArgumentHelp("A run of lethe finetune.", valueName: "run"), completion: .path)
  var subjectRun: String?

  @OptionGroup var pair: JudgedOptions

  @Flag(help: "More and more layers, from the head down and from the input up, rather than each alone.")
  var cumulative = false

  @OptionGroup var destination: ChartDestination
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var processes: ProcessOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var shared: OutputOptions

  private var output: String? { destination.output }

  func run() throws { try ProcessSession.look(processes) { try rewind(with: $0) } }

  private func rewind(with group: ProcessGroup?) throws {
    let models = try pair.open(
      pair.subject(of: subjectRun), reading: reading, device: hardware.open(), by: self, in: group)
    let finding = try RewindMeasure(models).finding(cumulative ? [.fromHead, .fromInput] : [.alone])
    guard group?.leads ?? true else { return }
    if let output {
      try AtomicFile.write(Data(finding.chart(cumulative ? .fromHead : .alone).svg().utf8), to: output)
    }
    if shared.json { return Console.result(try FindingEncoder.encode(finding)) }
    for note in finding.matchedClasses?.notes ?? [] { Console.result(note) }
    for part in finding.parts {
      Console.result(part.order.rawValue)
      Console.table(finding.table(part.order), of: "layer", all: tables.all)
    }
    if let output { Console.result("chart: \(output)") }
  }
}
