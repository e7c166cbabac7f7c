import Foundation

/// A training setup that cannot work, or a run that left the finite numbers.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  case nothingToTrain(frozen: [String])
  /// `importance` is the largest weight of the pull, nil where nothing weighs it.
  case unstable(regularizer: String, strength: Double, learningRate: Double, importance: Double?)
  case badOption(String)
  case notFinite(loss: Double, epoch: Int, step: Int, learningRate: Double, firstBadParameter: String?)
  case regularizerDiverged(regularizer: String, penalty: Double, loss: Double, epoch: Int, step: Int)
  case frozenChanged(tensor: String, epoch: Int)
  case sameTask(String)
  case oneClass(dataset: String)
  case frozenHead(layer: String, task: String, parameter: String)
  /// A run that cannot go on from where it stopped.
  case badResume(String)
  case interrupted(epoch: Int)

  public var description: String {
    switch self {
    case .nothingToTrain(let frozen):
      "nothing left to train: \(frozen.joined(separator: ", ")) freeze every parameter"
    case .unstable(let regularizer, let strength, let learningRate, let importance):
      "\(regularizer) is unstable: learning rate × strength \(importance == nil ? "" : "× largest importance ")= "
        + "\(short(learningRate)) × \(short(strength)) \(importance.map { "× \(short($0)) " } ?? "")= "
        + "\(short(learningRate * strength * (importance ?? 1))), must stay below 2; the largest stable strength is "
        + short(2 / (learningRate * (importance ?? 1)))
    case .badOption(let message): message
    case .notFinite(let loss, let epoch, let step, let learningRate, let parameter):
      "loss is \(loss) at epoch \(epoch), step \(step)"
        + (parameter.map { ", first in '\($0)'" } ?? "")
        + "; likely a learning rate that is too high (\(short(learningRate))): try a tenth of it. "
        + "The last good epoch is kept"
    case .regularizerDiverged(let regularizer, let penalty, let loss, let epoch, let step):
      "regularizer '\(regularizer)' is too strong for this learning rate: at epoch \(epoch), step \(step) its penalty was "
        + "\(short(penalty)) and the task's loss \(short(loss)); try a tenth of its strength. The last good epoch is kept"
    case .frozenChanged(let tensor, let epoch): "frozen tensor '\(tensor)' changed in epoch \(epoch)"
    case .frozenHead(let layer, let task, let parameter):
      "the head '\(layer)' of task '\(task)' is new and has to be trained, but '\(parameter)' is frozen (--freeze, or a rate "
        + "of 0)"
    case .badResume(let reason): "the run cannot be resumed: \(reason)"
    case .oneClass(let dataset):
      "dataset '\(dataset)' has one class only; a classifier needs examples of two at least"
    case .sameTask(let name): "source and target are the same task, '\(name)'"
    case .interrupted(let epoch): "interrupted in epoch \(epoch); the run holds every epoch before it"
    }
  }

  public var exitStatus: Int32 {
    switch self {
    case .nothingToTrain, .unstable, .badOption, .sameTask, .frozenHead: 64
    case .notFinite, .regularizerDiverged, .badResume, .oneClass: 65
    case .frozenChanged: 70
    case .interrupted: 130
    }
  }
}

/// A number with four significant digits and no trailing zeros.
func short(_ value: Double) -> String { String(format: "%.4g", value) }
