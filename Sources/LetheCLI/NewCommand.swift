import ArgumentParser
import Checkpoints
import Models
import Programs
import Reports
import Training

struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make a model of a built-in architecture with fresh weights.")

  @ArgumentParser.Argument(help: "mlp, cnn, resnet18, resnet34 or resnet50.")
  var architecture: String

  @Option(name: .shortAndLong, help: "The checkpoint to write.")
  var output: String

  @Option(help: "Channels × height × width, as 1x28x28. Default 1x28x28; for a ResNet 3x224x224, or 3x32x32 (cifar).")
  var input: String?

  @Option(help: "Classes of the head.")
  var classes = 10

  @Option(help: "Widths of the hidden layers of mlp, as 256,128.")
  var hidden = "256"

  @Option(help: "A ResNet's stem: imagenet (7×7, stride 2, pooling) or cifar (3×3).")
  var form = "imagenet"

  @Option(help: "The seed the weights are drawn from.")
  var seed: UInt64 = 0

  @OptionGroup var shared: OutputOptions

  func run() throws {
    try requireAbsent(output)
    let kind = try Architecture(named: architecture)
    guard let form = ArchitectureOptions.Form(rawValue: form) else {
      throw CommandError.usage("--form must be imagenet or cifar, found '\(form)'")
    }
    let usual = kind == .mlp || kind == .cnn ? "1x28x28" : form == .cifar ? "3x32x32" : "3x224x224"
    let program = try kind.program(
      options: ArchitectureOptions(
        inputShape: try numbers(input ?? usual, separator: "x", option: "--input"), classCount: classes,
        hiddenSizes: try numbers(hidden, separator: ",", option: "--hidden"), form: form))
    let model = try Model(
      initializing: program, task: Checkpoint.untrainedTask, classNames: (0..<classes).map { "class \($0)" },
      seed: seed)
    try model.checkpoint(epoch: 0).write(to: output)
    if shared.json {
      Console.result([
        "checkpoint": .string(output), "architecture": .string(architecture),
        "parameterCount": .int(program.parameterCount),
      ])
    } else {
      Console.result("\(output) · \(architecture) · \(Show.count(program.parameterCount)) parameters · seed \(seed)")
    }
  }

  private func numbers(_ text: String, separator: Character, option: String) throws -> [Int] {
    try text.split(separator: separator, omittingEmptySubsequences: false).map { part in
      guard let number = Int(part), number > 0 else {
        throw CommandError.usage("\(option): expected numbers separated by '\(separator)', found '\(text)'")
      }
      return number
    }
  }
}
