import ArgumentParser
import Checkpoints

/// The command `lethe`.
struct Lethe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lethe",
    abstract: "Shows what fine-tuning made a network forget, layer by layer, and trains so that less is lost.",
    discussion: """
      A first run, on Fashion-MNIST: shirts and shoes as two tasks.
        lethe new cnn --input 1x28x28 --classes 5 -o base.h5
        lethe train base.h5 --data fashion-mnist:0-4 -o source
        lethe finetune source -o run --source fashion-mnist:0-4 \\
          --target fashion-mnist:5-9 --regularizer l2-sp
        lethe diagnose run
        lethe report run
      """,
    version: FileFormat.letheVersion,
    groupedSubcommands: [
      CommandGroup(name: "A first look", subcommands: [DemoCommand.self]),
      CommandGroup(
        name: "Models and data",
        subcommands: [
          NewCommand.self, ImportCommand.self, ExportCommand.self, InspectCommand.self, VerifyCommand.self,
          DataCommand.self,
        ]),
      CommandGroup(
        name: "Training",
        subcommands: [
          TrainCommand.self, FinetuneCommand.self, WatchCommand.self, SweepCommand.self, TransferCommand.self,
        ]),
      CommandGroup(
        name: "How good it is", subcommands: [EvaluateCommand.self, PredictCommand.self, CompareCommand.self]),
      CommandGroup(
        name: "What was forgotten, where and why",
        subcommands: [
          DiagnoseCommand.self, DriftCommand.self, CKACommand.self, ProbeCommand.self, RewindCommand.self,
          InterpolateCommand.self, ReportCommand.self,
        ]),
    ])
}
