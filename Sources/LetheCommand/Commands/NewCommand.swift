import ArgumentParser
import Checkpoints
import Models
import Programs
import Reports
import Training

struct NewCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make a model of a built-in architecture with fresh weights.")

  @ArgumentParser.Argument(help: "mlp, cnn, resnet18, resnet34 or resnet50.", completion: .architectures)
  var architecture: String

  @OptionGroup var destination: CheckpointDestination
  @OptionGroup var options: ArchitectureArguments

  @OptionGroup var shared: OutputOptions

  func run() throws {
    let output = try destination.place()
    let checkpoint = try options.checkpoint(of: Architecture(named: architecture))
    try checkpoint.write(to: output)
    let count = checkpoint.program.parameterCount
    if shared.json {
      Console.result([
        "checkpoint": .string(output), "architecture": .string(architecture),
        "parameterCount": .int(count),
      ])
    } else {
      Console.result("\(output) · \(architecture) · \(NumberText.grouped(count)) parameters · seed \(options.seed)")
    }
  }
}
