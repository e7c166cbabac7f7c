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
        lethe finetune source --source fashion-mnist:0-4 --target fashion-mnist:5-9 \\
          --regularizer l2-sp:alpha=0.1,beta=0.01 -o run
        lethe diagnose run
        lethe report run

      Exit status: 0 done, 64 wrong usage, 65 bad input data, 66 input missing, 70 our fault, 71 out of memory or \
      descriptors, 73 output cannot be written, 75 run in use, 129, 130 and 143 interrupted; 2 where --max-forgetting was \
      exceeded.
      """,
    version: FileFormat.letheVersion,
    subcommands: [
      NewCommand.self, ImportCommand.self, ExportCommand.self, InspectCommand.self, VerifyCommand.self,
      DataCommand.self, TrainCommand.self,
      FinetuneCommand.self, WatchCommand.self, SweepCommand.self, EvaluateCommand.self, PredictCommand.self,
      DriftCommand.self,
      CKACommand.self,
      InterpolateCommand.self,
      ProbeCommand.self, RewindCommand.self, DiagnoseCommand.self, CompareCommand.self, TransferCommand.self,
      ReportCommand.self, DemoCommand.self,
    ])
}
