import ArgumentParser
import Checkpoints
import Models
import Programs

/// What a built-in architecture leaves open.
struct ArchitectureArguments: ResultOptions {
  @Option(help: "Channels × height × width, as 1x28x28. Default 1x28x28; for a ResNet 3x224x224, or 3x32x32 (cifar).")
  var input: String?

  @Option(help: "Classes of the head.")
  var classes = 10

  @Option(help: "Widths of the hidden layers of mlp, as 256,128.")
  var hidden = "256"

  @Option(help: "A ResNet's stem: imagenet (7×7, stride 2, pooling) or cifar (3×3).")
  var form = "imagenet"

  @Option(help: "The seed fresh weights are drawn from.")
  var seed: UInt64 = 0

  /// The architecture of that name with fresh weights.
  func checkpoint(of kind: Architecture) throws -> Checkpoint {
    guard let form = ArchitectureOptions.Form(rawValue: form) else {
      throw CommandError.usage("--form must be imagenet or cifar, found '\(form)'")
    }
    let usual = kind == .mlp || kind == .cnn ? "1x28x28" : form == .cifar ? "3x32x32" : "3x224x224"
    let program = try kind.program(
      options: ArchitectureOptions(
        inputShape: try numbers(input ?? usual, separator: "x", option: "--input"), classCount: classes,
        hiddenSizes: try numbers(hidden, separator: ",", option: "--hidden"), form: form))
    let model = try Model(
      initializing: program, task: Checkpoint.untrainedTask, classNames: Checkpoint.numberedClasses(classes),
      seed: seed)
    return try model.checkpoint(epoch: 0)
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
