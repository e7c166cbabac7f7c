import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Files
import Findings
import Foundation
import HDF5
import Models
import Programs
import Reports
import Torch

struct ProbeCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Linear probes: what a classifier fitted anew on each layer's features still tells apart.",
    discussion: """
      L2-regularized multinomial logistic regression on standardized features, its strength chosen on a fifth of the \
      training examples. Of several checkpoints, the difference of the last from the first is representation forgetting \
      (Davari et al. 2022). The control is fitted to permuted labels. Of more than 100 classes so many are drawn, or as \
      many as --samples has ten examples of.

      Of tokens and pixels that have a class each, eight places of a training example are drawn and all of a test example \
      are judged; of several labels there is a regression each, of numbers least squares with an L2 penalty. They are \
      judged by the task's own score. Of a language model the probe says the next token, in nats a token, over at most \
      1,000 words.
      """)

  @ArgumentParser.Argument(help: "Checkpoints, or one run: its epoch 0 and its chosen one.", completion: .path)
  var checkpoints: [String]

  @Option(help: ArgumentHelp("\(DataOptions.forms)."), completion: .data)
  var data: String

  @Option(help: "Training examples to fit to, at most.")
  var samples = 1000

  @Option(
    parsing: .singleValue, help: "Layers that match GLOB; by default those with parameters. Repeatable.",
    completion: .layers)
  var layers: [String] = []

  @OptionGroup var kinds: TaskKindOptions
  @OptionGroup var destination: ChartDestination
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var processes: ProcessOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var shared: OutputOptions

  private var output: String? { destination.output }

  func run() throws { try ProcessSession.look(processes) { try probe(with: $0) } }

  private func probe(with group: ProcessGroup?) throws {
    try Bounds.check(samples, of: "--samples", atLeast: 10, atMost: Bounds.examples)
    let paths = try paths()
    let device = try hardware.open()
    let stored = try paths.map { try hardware.runnable($0) }
    let data = try reading.load(data, for: stored[0])
    try ProcessSession.agree(
      in: group, on: self,
      ["the checkpoints": stored.map { try $0.fingerprint }.joined(separator: " "), "the data": data.fingerprint])
    let models = try zip(paths, stored).map { (name: $0, model: try Model($1, device: device)) }
    let finding = try measure(models, data, with: group).finding(layers: layers)
    guard group?.leads ?? true else { return }
    if let output { try AtomicFile.write(Data(finding.chart().svg().utf8), to: output) }
    if shared.json { return Console.result(try FindingEncoder.encode(finding)) }
    Console.table(finding.table(), of: "layer", all: tables.all)
    Console.result(finding.controlWords)
    finding.classWords.map(Console.result)
    if let output { Console.result("chart: \(output)") }
  }

  private func measure(
    _ models: [(name: String, model: Model)], _ data: Datasets.Dataset, with group: ProcessGroup?
  ) throws -> ProbeMeasure {
    let named = try kinds.known()
    func kind() throws -> any TaskKind { try TaskKinds.kind(of: data, for: models[0].model, named: named) }
    guard data.train.targets != nil else {
      if named != nil { _ = try kind() }
      var examples = ProbeData(data, trainCount: samples)
      examples.processes = group
      return ProbeMeasure(models, on: examples)
    }
    var examples = try KindProbeData(
      data, kind: kind(), wordCount: models[0].model.wordCount(on: data), trainCount: samples)
    examples.processes = group
    return ProbeMeasure(models, on: examples)
  }

  private func paths() throws -> [String] {
    guard checkpoints.count == 1, let run = try? Run.open(checkpoints[0]), run.chosenEpoch > 0 else {
      return try checkpoints.map { try CheckpointPath($0).path }
    }
    return [run.checkpointPath(epoch: 0), run.checkpointPath(epoch: run.chosenEpoch)]
  }
}
