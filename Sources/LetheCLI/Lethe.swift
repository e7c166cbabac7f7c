import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import HDF5
import Models
import Programs
import Torch
import Training

/// The command `lethe`.
struct Lethe: ParsableCommand {
  static let version = "0.1.0"

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

      Exit status: 0 done, 64 wrong usage, 65 bad input data, 66 input missing, 70 our fault, 73 output cannot be \
      written, 130 interrupted; 2 where --max-forgetting was exceeded.
      """,
    version: version,
    subcommands: [
      NewCommand.self, ImportCommand.self, ExportCommand.self, InspectCommand.self, VerifyCommand.self,
      DataCommand.self, TrainCommand.self,
      FinetuneCommand.self, SweepCommand.self, EvaluateCommand.self, DriftCommand.self, CKACommand.self,
      InterpolateCommand.self,
      ProbeCommand.self, RewindCommand.self, DiagnoseCommand.self, TransferCommand.self, ReportCommand.self,
    ])
}

@main
enum Main {
  static func main() {
    // A reader of our output that goes away ends us quietly.
    signal(SIGPIPE, SIG_DFL)
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      var command = try Lethe.parseAsRoot(ConfigurationFile.expanding(arguments))
      try command.run()
    } catch {
      exit(report(error))
    }
  }

  /// Says what went wrong in one line and returns the exit status.
  private static func report(_ error: any Error) -> Int32 {
    if let status = exitStatus(of: error) {
      Console.error("\(error)")
      return status
    }
    if let code = error as? ExitCode { return code.rawValue }
    let code = Lethe.exitCode(for: error)
    if code == .success {
      print(Lethe.fullMessage(for: error))
      return 0
    }
    if code.rawValue == EX_USAGE {
      Console.error(Lethe.message(for: error).split(separator: "\n").first.map(String.init) ?? "wrong usage")
      Console.say("see: lethe \(subcommand) --help")
      return EX_USAGE
    }
    Console.error("\(error)")
    return EX_SOFTWARE
  }

  private static var subcommand: String {
    let names = Lethe.configuration.subcommands.compactMap { $0.configuration.commandName }
    return CommandLine.arguments.dropFirst().first { names.contains($0) } ?? ""
  }

  private static func exitStatus(of error: any Error) -> Int32? {
    switch error {
    case let error as HDF5Error: error.exitStatus
    case let error as CheckpointError: error.exitStatus
    case let error as ProgramError: error.exitStatus
    case let error as TorchError: error.exitStatus
    case let error as ModelError: error.exitStatus
    case let error as DatasetError: error.exitStatus
    case let error as TrainingError: error.exitStatus
    case let error as AnalysisError: error.exitStatus
    case let error as CommandError: error.exitStatus
    default: nil
    }
  }
}

/// A mistake in how the command was used that no library sees.
enum CommandError: Error, CustomStringConvertible {
  case usage(String)
  case badInput(String)
  case missing(String)
  case unwritable(path: String, reason: String)

  var description: String {
    switch self {
    case .usage(let message), .badInput(let message), .missing(let message): message
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    }
  }

  var exitStatus: Int32 {
    switch self {
    case .usage: EX_USAGE
    case .badInput: EX_DATAERR
    case .missing: EX_NOINPUT
    case .unwritable: EX_CANTCREAT
    }
  }
}
