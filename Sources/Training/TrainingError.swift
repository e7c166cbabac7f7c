import Foundation

/// A training setup that cannot work, or a run that left the finite numbers.
public enum TrainingError: Error, Equatable {
  // MARK: What was asked for
  case invalidOption(TrainingOptions.Key, allowed: String, found: String)
  /// A text that is no value of an option; `reason` is empty where the form says it all.
  case unreadableOption(TrainingOptions.Key, reason: String, expected: String, found: String)
  case contradiction(TrainingOptions.Key, TrainingOptions.Key, reason: String)
  /// So many epochs that the run has none left for what is to follow.
  case outlastsRun(TrainingOptions.Key, epochs: Double, epochCount: Int)
  /// A rule that cannot do what it is for.
  case idleStopRule(String, reason: String)
  /// What `value` of an option needs, the run was not given.
  case missingData(TrainingOptions.Key, value: String, Need)
  /// More processes than a batch has examples.
  case tooManyProcesses(Int, batchSize: Int)
  /// Weights that are to be sharded over several processes, in a process by itself.
  case nothingToShardOver
  case nothingToTrain(frozen: [String])
  case nothingToAdapt(layers: String?)
  case frozenHead(layer: String, task: String, parameter: String)
  case sameTask(String)
  case tooFewTasks(count: Int)
  case duplicateTask(name: String)
  case sharedHeadMismatch(task: String, classCount: Int, first: String, firstClassCount: Int)
  /// Tasks of a sequence that have no unit in common, or no head; `what` is what they would share.
  case unlikeTasks(String, kind: String, first: String, firstKind: String, what: String)

  /// An option that is for classes, of another kind of task.
  case classesOnly(TrainingOptions.Key, kind: String)
  /// A head that is to grow, of a kind of task whose labels are not one class an example.
  case headCannotGrow(kind: String, reason: String)
  /// A new head for a kind of task whose data do not say what it should be.
  case headCannotBeNew(kind: String)
  /// A head to keep where the checkpoint has none that was trained.
  case noHeadToKeep

  // MARK: Regularizers
  /// A regularizer that is not for this kind of task; `advice` is a setting that is, or empty.
  case kindNotSupported(regularizer: String, kind: String, advice: String)
  case unknownRegularizer(name: String, nearest: [String], known: [String])
  case invalidRegularizer(String, reason: String)
  case notDecouplable(regularizer: String, able: [String])
  /// It reads whole weights, of a training whose processes have parts of them; `able` do with these.
  case needsWholeWeights(regularizer: String, able: [String])
  /// It pulls on weights that adapters leave as they are.
  case pullsOnAdapted(regularizer: String)
  /// The checkpoint does not hold what an earlier training under this regularizer would have measured.
  case missingImportances(regularizer: String)
  /// `importance` is the largest weight of the pull, nil where nothing weighs it.
  case unstable(regularizer: String, strength: Double, learningRate: Double, importance: Double?)

  // MARK: What happened
  case notFinite(loss: Double, epoch: Int, step: Int, learningRate: Double, firstBadParameter: String?)
  /// Of a network in float16, whatever its loss is scaled by.
  case gradientsNotFinite(epoch: Int, step: Int)
  case regularizerDiverged(regularizer: String, penalty: Double, loss: Double, epoch: Int, step: Int)
  case frozenChanged(tensor: String, epoch: Int)
  case oneClass(dataset: String)
  /// A run that cannot go on from where it stopped.
  case badResume(String)
  case interrupted(epoch: Int)

  /// Whether a run was ended from outside.
  public static func isInterruption(_ error: any Error) -> Bool {
    if case .interrupted? = error as? TrainingError { true } else { false }
  }

  /// What a run has to be given of other tasks.
  public enum Need: String, Sendable {
    case source = "source data"
    case proxy = "proxy data"
    case sourceHead = "the source task's head"
    case sourceExamples = "examples of the source task"
    case proxyExamples = "examples that stand in for the source's"
  }
}

extension TrainingError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidOption(let key, let allowed, let found): "\(key) must be \(allowed), found \(found)"
    case .unreadableOption(let key, let reason, let expected, let found):
      "\(key): \(reason.isEmpty ? "" : "\(reason); ")expected \(expected), found '\(found)'"
    case .contradiction(let first, let second, let reason): "\(first) \(reason); \(second) contradicts it"
    case .outlastsRun(let key, let epochs, let epochCount):
      "\(key), \(short(epochs)), leaves nothing of epochCount, \(epochCount)"
    case .idleStopRule(let rule, let reason): "stopRule '\(rule)': \(reason)"
    case .missingData(.regularizers, let value, let need): "regularizer '\(value)' needs \(need.rawValue)"
    case .missingData(let key, let value, let need): "\(key): '\(value)' needs \(need.rawValue)"
    case .tooManyProcesses(let count, let batchSize):
      "\(count) processes share a batch of \(batchSize): each needs an example of it"
    case .nothingToShardOver:
      "weights are sharded over several processes, and this is one by itself: start several with torchrun"
    case .nothingToTrain(let frozen):
      "nothing left to train: \(frozen.joined(separator: ", ")) freeze every parameter"
    case .nothingToAdapt(let layers):
      "adapters: \(layers.map { "'\($0)' has" } ?? "the model has") no linear or convolution layer but the head"
    case .frozenHead(let layer, let task, let parameter):
      "the head '\(layer)' of task '\(task)' is new and has to be trained, but '\(parameter)' is frozen or has rate 0"
    case .sameTask(let name): "source and target are the same task, '\(name)'"
    case .tooFewTasks: "a sequence needs two tasks or more"
    case .duplicateTask(let name): "the task name '\(name)' stands twice"
    case .sharedHeadMismatch(let task, let classCount, let first, let firstClassCount):
      "a shared head does not fit: task '\(task)' has \(classCount) classes, '\(first)' \(firstClassCount)"
    case .unlikeTasks(let task, let kind, let first, let firstKind, let what):
      "task '\(task)' is \(kind), '\(first)' \(firstKind): tasks of a sequence have \(what) in common"
    case .notFinite(let loss, let epoch, let step, let learningRate, let parameter):
      "loss is \(loss.isNaN ? "not a number" : "infinite") at epoch \(epoch), step \(step)"
        + (parameter.map { ", first in '\($0)'" } ?? "")
        + "; likely a learning rate that is too high (\(short(learningRate))): try a tenth of it. "
        + "The last good epoch is kept"
    case .gradientsNotFinite(let epoch, let step):
      "in float16 the gradients at epoch \(epoch), step \(step) are not finite, whatever the loss is scaled by. "
        + "The last good epoch is kept"
    case .frozenChanged(let tensor, let epoch): "frozen tensor '\(tensor)' changed in epoch \(epoch)"
    case .oneClass(let dataset):
      "dataset '\(dataset)' has one class only; a classifier needs examples of two at least"
    case .classesOnly(let key, let kind): "\(key) is for classes, not for \(kind)"
    case .headCannotGrow(let kind, let reason): "no outputs can be added to the head, the task is \(kind): \(reason)"
    case .headCannotBeNew(let kind):
      "a \(kind) keeps its head: the data do not say what a new one should be"
    case .noHeadToKeep: "there is no head to keep: the checkpoint has none that was trained"
    case .badResume(let reason): "the run cannot be resumed: \(reason)"
    case .interrupted(0): "interrupted before the first epoch; the run holds what was asked for"
    case .interrupted(let epoch): "interrupted in epoch \(epoch); the run holds every epoch before it"
    default: regularizerDescription
    }
  }

  private var regularizerDescription: String {
    switch self {
    case .kindNotSupported(let name, let kind, let advice):
      "regularizer '\(name)' is not for \(kind)" + (advice.isEmpty ? "" : "; \(advice) is")
    case .unknownRegularizer(let name, let nearest, let known):
      "unknown regularizer '\(name)'; \(nearest.isEmpty ? "" : "did you mean \(nearest.joined(separator: ", "))? ")"
        + "known: \(known.joined(separator: ", "))"
    case .invalidRegularizer(let name, let reason): "regularizer '\(name)': \(reason)"
    case .notDecouplable(let name, let able):
      "regularizer '\(name)' cannot be applied in the step (isDecoupled); \(able.joined(separator: ", ")) can"
    case .needsWholeWeights(let name, let able):
      "regularizer '\(name)' reads whole weights, of which each process has parts alone where they are sharded; "
        + "\(able.joined(separator: ", ")) do with parts"
    case .pullsOnAdapted(let name): "regularizer '\(name)' pulls on the weights themselves, which adapters leave alone"
    case .missingImportances(let name):
      "regularizer '\(name)' needs the path of the source's own training, which this checkpoint does not have: "
        + "train the source under '\(name)'"
    case .unstable(let name, let strength, let learningRate, let importance):
      "\(name) is unstable: learning rate × strength \(importance == nil ? "" : "× largest importance ")= "
        + "\(short(learningRate)) × \(short(strength)) \(importance.map { "× \(short($0)) " } ?? "")= "
        + "\(short(learningRate * strength * (importance ?? 1))), must stay below 2; the largest stable strength is "
        + short(2 / (learningRate * (importance ?? 1)))
    case .regularizerDiverged(let name, let penalty, let loss, let epoch, let step):
      "regularizer '\(name)' is too strong for this learning rate: at epoch \(epoch), step \(step) its penalty was "
        + "\(short(penalty)) and the task's loss \(short(loss)); try a tenth of its strength. The last good epoch is kept"
    default: ""
    }
  }
}

/// A number with four significant digits and no trailing zeros.
func short(_ value: Double) -> String { String(format: "%.4g", value) }
