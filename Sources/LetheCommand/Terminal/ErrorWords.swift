import Analysis
import Checkpoints
import Datasets
import Evaluation
import HDF5
import Models
import Predictions
import Programs
import Torch
import Training

/// What the command says of errors: the libraries' own words, and which option helps.
enum ErrorWords {
  static func text(of error: any Error) -> String {
    switch error {
    case EvaluationError.inputMismatch(_, _, _, _, canBeFitted: true):
      "\(error); --fit resizes images and repeats a single channel"
    case EvaluationError.classCountMismatch(_, let head, let dataset) where dataset > head: "\(error)"
    case EvaluationError.classCountMismatch, EvaluationError.unknownClass, EvaluationError.ambiguousClass:
      "\(error); --classes FILE says which output each class is"
    case EvaluationError.statedClassCount, EvaluationError.statedNameCount, EvaluationError.noSuchOutput:
      "--classes: \(error)"
    case DatasetError.unreadableImage: "\(error); --skip-unreadable leaves such images out"
    case DatasetError.resizeTooSmall: "\(error); --resize takes another, or none"
    case DatasetError.resizeWithoutShape: "\(error): give --image-size too"
    case DatasetError.differingSizes: "\(error): give --image-size"
    case DatasetError.noPython: "\(error): give --python PATH"
    case DatasetError.noTokenizers: "\(error); --python PATH takes another"
    case DatasetError.cannotHoldOut:
      "\(error); --validation takes another fraction, or test to choose on the test set"
    case AnalysisError.tooFewForDirections: "\(error) (more --samples, or --pool mean)"
    case AnalysisError.noTokens: "--pool \(error)"
    case AnalysisError.checkpointAsFeatures(let path):
      "\(path): a checkpoint; give --data, the examples to compare it on"
    case CheckpointError.unclear(_, .state, _): "\(error); --state says which"
    case CheckpointError.unclear(_, .output, _): "\(error); --task-output of import says which"
    case ModelError.noClassifier, ModelError.missingHead(_, available: []):
      "\(error); --head-layers of import says which layers a task owns"
    case CheckpointError.notRun(let path): BegunFolder.standing(of: path).map { "\(path): \($0)" } ?? "\(error)"
    case CheckpointError.inUse: "\(error); wait for it, or end it"
    case ProgramError.refusedOperator(let name, _):
      "\(error); --allow-operator \(name.split(separator: ".")[0]) lets it, for a file you trust"
    case PredictionError.noColumn(_, let role, _, _): "--\(role.rawValue): \(error)"
    case PredictionError.nothingToJudge: "\(error); --score, or --label and --prediction, name others"
    case PredictionError.duplicates, PredictionError.unmatched, PredictionError.differingCounts:
      "\(error); --id names the column of the examples"
    case PredictionError.noFilter: "--filter: \(error)"
    case PredictionError.annotationsMissing: "\(error): give --annotations"
    case ProcessError.lost: "\(error); a run that was begun holds its finished epochs, and --resume goes on with it"
    case ProcessError.missing, ProcessError.noMeeting: "\(error); --process-timeout waits longer"
    case let error as TrainingError: text(of: error)
    case TorchError.outOfMemory:
      "\(error); training takes less with a smaller --batch-size and --accumulate, with --precision bfloat16 or "
        + "--gradient-checkpointing, and --device cpu takes the machine's own memory"
    case CheckpointError.notFound(let path), HDF5Error.notFound(let path), PredictionError.notFound(let path):
      HubModel(path).map { "\(error); \($0.advice)" }
        ?? "\(error)" + (FamiliarNames.advice(onArchitecture: path) ?? FamiliarNames.advice(onPath: path))
    case DatasetError.notFound(let path, _):
      "\(error)" + FamiliarNames.advice(onPath: path, besides: [FashionMNIST.name])
    default: "\(error)"
    }
  }
}
