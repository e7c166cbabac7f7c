import Analysis
import Checkpoints
import Datasets
import Evaluation
import Files
import Foundation
import HDF5
import Models
import Predictions
import Programs
import Torch
import Training

/// What the command ends with when something went wrong.
enum ExitStatus {
  /// Every status with what it means; help and the article “The command” have this table.
  static let meanings: [(status: String, meaning: String)] = [
    ("0", "done"),
    (
      "2",
      "more was lost than `--max-forgetting` or `--max-group-forgetting` allows, with 95 % confidence; all files are written"
    ),
    ("64", "wrong usage: an option, a combination of options, a name that is not there, a strength that is unstable"),
    (
      "65",
      "bad input data: a damaged file, a program with an operator that no file may call, data that do not fit the model, a "
        + "loss that is not finite"
    ),
    ("66", "an input is missing"),
    ("69", "a program that is needed is not there: a Python with the package `tokenizers`"),
    ("70", "our fault, or libtorch's"),
    ("71", "the machine has no more to give: file descriptors, memory"),
    ("73", "output cannot be written, or is there already; standard output too"),
    ("75", "another process writes the run; try again when it has ended"),
    ("76", "another of several processes that work together ended, or does not answer; a run can be resumed"),
    ("129, 130, 143", "interrupted by SIGHUP, Ctrl-C or SIGTERM; the run can be resumed"),
    ("141", "the reader of the output went away; not of commands that write a run, which go on"),
  ]

  /// Nil for errors that are not Lethe's own.
  static func of(_ error: any Error) -> Int32? { isExhaustion("\(error)") ? EX_OSERR : ofOwn(error) }

  private static func ofOwn(_ error: any Error) -> Int32? {
    switch error {
    case let error as CommandError: of(error)
    case let error as FileError: of(error)
    case let error as HDF5Error: if case .notFound = error { EX_NOINPUT } else { EX_DATAERR }
    case let error as CheckpointError: of(error)
    case let error as ProgramError: of(error)
    case let error as ProcessError: of(error)
    case let error as ProcessFault: error.status
    case let error as TorchError: of(error)
    case let error as ModelError: if case .unknownLayer = error { EX_USAGE } else { EX_DATAERR }
    case let error as DatasetError: of(error)
    case is EvaluationError: EX_DATAERR
    case let error as PredictionError: of(error)
    case let error as TrainingError: of(error)
    case let error as AnalysisError: if case .noStrength = error { EX_USAGE } else { EX_DATAERR }
    default: nil
    }
  }

  /// Whether the machine had no more to give, rather than something being wrong with a file.
  private static func isExhaustion(_ message: String) -> Bool {
    let system = [EMFILE, ENFILE, ENOMEM].map { String(cString: strerror($0)) }
    // As libtorch says it.
    return (system + ["can't allocate memory", "bad_alloc"]).contains {
      message.hasSuffix($0) || message.contains($0 + ":")
    }
  }

  private static func of(_ error: CommandError) -> Int32 {
    switch error {
    case .usage: EX_USAGE
    case .badInput: EX_DATAERR
    case .missing: EX_NOINPUT
    case .unwritable: EX_CANTCREAT
    case .interrupted: Interruption.exitStatus
    }
  }

  private static func of(_ error: TorchError) -> Int32 {
    switch error {
    case .unknownDevice: EX_USAGE
    case .outOfMemory: EX_OSERR
    default: EX_SOFTWARE
    }
  }

  private static func of(_ error: ProcessError) -> Int32 {
    switch error {
    case .badEnvironment, .differing: EX_USAGE
    case .noMeeting, .missing, .broken, .lost: EX_PROTOCOL
    case .failed(_, _, let status): status
    }
  }

  private static func of(_ error: FileError) -> Int32 {
    switch error {
    case .unreadable, .damaged: EX_DATAERR
    case .unwritable: EX_CANTCREAT
    }
  }

  private static func of(_ error: CheckpointError) -> Int32 {
    switch error {
    case .notFound: EX_NOINPUT
    case .exists: EX_CANTCREAT
    case .inUse: EX_TEMPFAIL
    default: EX_DATAERR
    }
  }

  private static func of(_ error: ProgramError) -> Int32 {
    switch error {
    case .noMatch, .unknownArchitecture, .invalidOption: EX_USAGE
    default: EX_DATAERR
    }
  }

  private static func of(_ error: DatasetError) -> Int32 {
    switch error {
    case .noPython, .noTokenizers: EX_UNAVAILABLE
    case .notFound, .noImage, .imageGone: EX_NOINPUT
    case .badSubset, .unknownClass, .cannotHoldOut, .badAugmentation, .cannotAugment, .resizeTooSmall,
      .resizeWithoutShape:
      EX_USAGE
    default: EX_DATAERR
    }
  }

  private static func of(_ error: PredictionError) -> Int32 {
    switch error {
    case .notFound: EX_NOINPUT
    case .noColumn, .noFilter, .annotationsMissing: EX_USAGE
    default: EX_DATAERR
    }
  }

  private static func of(_ error: TrainingError) -> Int32 {
    switch error {
    case .notFinite, .gradientsNotFinite, .regularizerDiverged, .badResume, .oneClass: EX_DATAERR
    case .frozenChanged: EX_SOFTWARE
    case .interrupted: Interruption.exitStatus
    default: EX_USAGE
    }
  }
}
