import Analysis
import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Files
import HDF5
import Models
import Programs
import Testing
import Torch
import Training

@testable import LetheCommand

@Suite struct ExitStatusTests {
  /// 64 wrong usage, 65 bad input, 66 input missing, 70 our fault, 73 output cannot be written, 130 interrupted.
  private static let statuses: [(Int32, [any Error])] = [
    (
      64,
      [
        CommandError.usage(""), ProgramError.noMatch(pattern: "a", nearest: []),
        ProgramError.unknownArchitecture(name: "a", nearest: []),
        ProgramError.invalidOption(architecture: "a", option: "b", expected: "c", found: "d"),
        TorchError.unknownDevice("tpu", reason: ""), ModelError.unknownLayer(name: "a", nearest: []),
        DatasetError.badSubset(specification: "a", reason: ""),
        DatasetError.unknownClass("a", dataset: "b", available: []),
        DatasetError.badAugmentation(value: "a", expected: "b", found: "c"),
        DatasetError.cannotAugment(input: "x", expected: "a", found: "b"),
        TrainingError.invalidOption(.batchSize, allowed: "at least 1", found: "0"),
        TrainingError.unreadableOption(.adapters, reason: "", expected: "a", found: "b"),
        TrainingError.contradiction(.adapters, .trainsHeadOnly, reason: ""),
        TrainingError.outlastsRun(.warmupEpochs, epochs: 9, epochCount: 4),
        TrainingError.missingData(.selection, value: "source", .source),
        TrainingError.nothingToTrain(frozen: ["*"]), TrainingError.nothingToAdapt(layers: nil),
        TrainingError.frozenHead(layer: "a", task: "b", parameter: "c"), TrainingError.sameTask("a"),
        TrainingError.tooFewTasks(count: 1), TrainingError.duplicateTask(name: "a"),
        TrainingError.sharedHeadMismatch(task: "a", classCount: 2, first: "b", firstClassCount: 3),
        TrainingError.unknownRegularizer(name: "a", nearest: [], known: []),
        TrainingError.invalidRegularizer("a", reason: ""), TrainingError.notDecouplable(regularizer: "a", able: []),
        TrainingError.pullsOnAdapted(regularizer: "a"), TrainingError.missingImportances(regularizer: "a"),
        TrainingError.unstable(regularizer: "a", strength: 1, learningRate: 2, importance: nil),
        AnalysisError.noStrength(method: "none"),
        DatasetError.resizeTooSmall(resize: 1, height: 2, width: 2),
        DatasetError.resizeWithoutShape(resize: 1, file: "a"),
      ]
    ),
    (
      65,
      [
        CommandError.badInput(""), FileError.unreadable(path: "a", reason: ""),
        FileError.damaged(path: "a", expected: "b", found: "c"), HDF5Error.notHDF5(path: "a"),
        HDF5Error.unsupportedType(name: "a", file: "b", found: "c"),
        CheckpointError.malformed(path: "a", reason: ""),
        CheckpointError.checksumMismatch(tensor: "a", file: "b", expected: "c", found: "d"),
        ProgramError.malformed(reason: ""), ProgramError.invalidInitialization(tensor: "a", value: .nan),
        ModelError.missingHead(task: "a", available: []), ModelError.notFinite(tensor: "a", task: "b"),
        DatasetError.malformed(file: "a", reason: ""),
        DatasetError.unreadableImage(file: "a", reason: ""), DatasetError.imageChanged(file: "a"),
        DatasetError.differingSizes(file: "a", found: "1×1", others: "2×2"),
        EvaluationError.classCountMismatch(task: "a", head: 1, dataset: 2),
        TrainingError.notFinite(loss: .nan, epoch: 1, step: 1, learningRate: 1, firstBadParameter: nil),
        TrainingError.regularizerDiverged(regularizer: "a", penalty: 1, loss: 1, epoch: 1, step: 1),
        TrainingError.badResume(""), TrainingError.oneClass(dataset: "a"),
        AnalysisError.tooFewSamples(count: 1, minimum: 4), AnalysisError.checkpointAsFeatures(path: "a"),
        AnalysisError.tooFewForDirections(layer: "a", count: 1, directions: 1),
      ]
    ),
    (
      66,
      [
        CommandError.missing(""), DatasetError.imageGone(file: "a"), DatasetError.noImage(file: "a"),
        HDF5Error.notFound(path: "a"), CheckpointError.notFound(path: "a"),
        DatasetError.notFound(path: "a", advice: ""),
      ]
    ),
    (
      70,
      [
        TorchError.failed(operation: "a", message: ""), TorchError.unavailable(reason: "", installation: .wheel),
        TrainingError.frozenChanged(tensor: "a", epoch: 1),
      ]
    ),
    (
      73,
      [
        CommandError.unwritable(path: "a", reason: ""), FileError.unwritable(path: "a", reason: ""),
        CheckpointError.exists(path: "a"),
      ]
    ),
    (130, [TrainingError.interrupted(epoch: 1)]),
  ]

  @Test func everyErrorHasItsStatus() {
    for (status, errors) in Self.statuses {
      for error in errors { #expect(ExitStatus.of(error) == status, "\(type(of: error)): \(error)") }
    }
  }

  @Test func errorsOfOthersHaveNone() {
    struct Stray: Error {}
    #expect(ExitStatus.of(Stray()) == nil && ExitStatus.of(ValidationError("wrong")) == nil)
  }
}
