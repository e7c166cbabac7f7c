import Analysis
import ArgumentParser
import Checkpoints
import Files
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
      (Davari et al. 2022). The control is fitted to permuted labels.
      """)

  @ArgumentParser.Argument(help: "Checkpoints, or one run: its epoch 0 and its chosen one.")
  var checkpoints: [String]

  @Option(help: ArgumentHelp("\(DataOptions.forms)."))
  var data: String

  @Option(help: "Training examples to fit to, at most.")
  var samples = 1000

  @Option(parsing: .singleValue, help: "Layers that match GLOB; by default those with parameters. Repeatable.")
  var layers: [String] = []

  @OptionGroup var destination: ChartDestination
  @OptionGroup var reading: DataOptions
  @OptionGroup var hardware: DeviceOptions
  @OptionGroup var shared: OutputOptions

  private var output: String? { destination.output }

  func run() throws {
    guard samples >= 10 else { throw CommandError.usage("--samples must be at least 10, found \(samples)") }
    let paths = try paths()
    let device = try hardware.open()
    let models = try paths.map { try Model(Checkpoint(contentsOf: $0), device: device) }
    let data = try reading.load(data, for: models[0].program)
    let examples = ProbeData(data, trainCount: samples)
    let names =
      try layers.isEmpty
      ? models[0].comparableLayers : models[0].program.layers(matching: layers).map(\.name)
    let head = Set(models[0].program.headParameterNames)
    let wanted = names.filter { name in
      models[0].program.layer(named: name).map { head.isDisjoint(with: $0.parameterNames) } ?? true
    }
    let probes = try models.map { try $0.probes(of: wanted, on: examples) }
    let control = try wanted.last.flatMap { try models[0].control(on: $0, examples) } ?? .nan
    if let output {
      let chart = chart(probes, paths, control, data.name)
      try AtomicFile.write(Data(chart.svg().utf8), to: output)
    }
    if shared.json {
      Console.result([
        "data": .string(data.name), "control": .double(control),
        "layers": .array(
          probes[0].indices.map { row in
            [
              "layer": .string(probes[0][row].layer),
              "accuracy": .array(probes.map { .double($0[row].accuracy) }),
              "penalty": .array(probes.map { .double($0[row].penalty) }),
            ]
          }),
      ])
      return
    }
    var table = TextTable([.init("layer")] + paths.map { .number($0) } + (paths.count > 1 ? [.number("drop")] : []))
    for row in probes[0].indices {
      let values = probes.map { $0[row].accuracy }
      table.append(
        [probes[0][row].layer] + values.map(Show.percent)
          + (paths.count > 1 ? [Show.points(values[0] - values[values.count - 1])] : []))
    }
    Console.table(table)
    Console.result("control, fitted to permuted labels: \(Show.percent(control))")
    if let output { Console.result("chart: \(output)") }
  }

  private func chart(_ probes: [[LinearProbe]], _ paths: [String], _ control: Double, _ data: String) -> BarChart {
    let layers = probes[0].map(\.layer)
    let drops = layers.indices.map { probes[0][$0].accuracy - probes[probes.count - 1][$0].accuracy }
    let worst = layers.indices.max { drops[$0] < drops[$1] }
    let best = layers.indices.max { probes[0][$0].accuracy < probes[0][$1].accuracy }
    let finding =
      paths.count > 1
      ? worst.map { "A probe of \(layers[$0]) lost most: \(Show.points(drops[$0])) points" }
      : best.map { "\(layers[$0]) tells the classes apart best: \(Show.percent(probes[0][$0].accuracy))" }
    return BarChart(
      title: finding ?? "No layer was probed",
      subtitle: "accuracy of a linear classifier fitted to each layer's features, \(data); fitted to permuted labels: "
        + Show.percent(control), valueTitle: "accuracy (%)", decimals: 1, rows: layers,
      series: zip(paths, probes).map { path, own in
        BarChart.Series(name: path, values: own.map { .init(100 * $0.accuracy) })
      })
  }

  private func paths() throws -> [String] {
    guard checkpoints.count == 1, let run = try? Run.open(checkpoints[0]), run.chosenEpoch > 0 else {
      return try checkpoints.map { try CheckpointPath($0).path }
    }
    return [run.checkpointPath(epoch: 0), run.checkpointPath(epoch: run.chosenEpoch)]
  }
}
