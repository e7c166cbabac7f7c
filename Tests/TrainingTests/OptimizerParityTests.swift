import Checkpoints
import Datasets
import HDF5
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Training

/// Twenty steps against PyTorch's optimizers; `Fixtures/parity/make_parity.py` made the numbers.
@Suite struct OptimizerParityTests {
  @Test(arguments: ["sgd_momentum_l2sp", "sgd", "sgd_nesterov", "sgd_weight_decay", "adam", "adamw"])
  func twentyStepsAgreeWithPyTorch(_ name: String) throws {
    let root = try File.open(Repository.fixture("parity/l2sp.h5")).root
    let model = try initialModel(root)
    var options = TrainingOptions()
    options.batchSize = 16
    options.momentum = name.contains("momentum") || name.contains("nesterov") || name.contains("decay") ? 0.9 : 0
    options.learningRate = name.hasPrefix("adam") ? 0.001 : 0.05
    options.optimizer = OptimizerKind(rawValue: name) ?? .sgd
    options.usesNesterov = name == "sgd_nesterov"
    options.weightDecay = name == "sgd_weight_decay" ? 5e-4 : name == "adamw" ? 0.01 : 0
    if name == "sgd_momentum_l2sp" { options.regularizers = [try .init(parsing: "l2-sp:alpha=0.1,beta=0.01")] }

    let split = try examples(root)
    let trainer = try Trainer(model, on: split, dataset: name, options: options)
    var losses: [Double] = []
    for batch in try Batches(split: split, batchSize: 16) {
      let step = try trainer.step(batch, epoch: 1)
      if losses.isEmpty, name == "sgd_momentum_l2sp" {
        // At the start only the head's pull toward zero costs anything.
        let head = try root.dataset("initial/layers.2.weight").read(as: Float.self)
        let expected = 0.005 * head.reduce(0) { $0 + Double($1) * Double($1) }
        #expect(abs(step.penalty - expected) < 1e-6)
      }
      losses.append(step.loss)
    }
    let expectedLosses = try root.dataset("\(name)/losses").read(as: Double.self)
    let worstLoss = try #require(largestDifference(losses, expectedLosses))
    #expect(worstLoss.value < 1e-5, "loss at step \(worstLoss.index) differs by \(worstLoss.value)")
    try expect(model, toBe: "\(name)/final", in: root, within: 2e-6)
  }

  /// Steps that overflow are left out, and the scale goes down, as `torch.amp.GradScaler` has it.
  @Test func twentyStepsInFloat16AgreeWithPyTorch() throws {
    let root = try File.open(Repository.fixture("parity/float16.h5")).root
    let model = try initialModel(root)
    var options = TrainingOptions()
    (options.batchSize, options.learningRate, options.precision) = (16, 1e-4, .float16)
    let split = try examples(root)
    let trainer = try Trainer(model, on: split, dataset: "float16", options: options)
    var (losses, scales): ([Double], [Double]) = ([], [])
    for batch in try Batches(split: split, batchSize: 16) {
      losses.append(try trainer.step(batch, epoch: 1).loss)
      scales.append(try #require(trainer.progress.lossScale).value)
    }
    #expect(try scales == root.dataset("scales").read(as: Double.self))
    #expect(trainer.progress.lossScale?.skippedSteps == 5)
    #expect(trainer.progress.stepCount == 20)
    let expected = try root.dataset("losses").read(as: Double.self)
    for (found, expected) in zip(losses, expected) { #expect(abs(found - expected) < 1e-3 * max(1, expected)) }
    try expect(model, toBe: "final", in: root, within: 1e-5)
  }

  private func expect(_ model: Model, toBe group: String, in root: Group, within tolerance: Double) throws {
    for parameter in model.program.parameters.map(\.name) {
      let found = try #require(model.parameters[parameter]).array(of: Double.self)
      let expected = try root.dataset("\(group)/\(parameter)").read(as: Float.self).map(Double.init)
      let worst = try #require(largestDifference(found, expected))
      #expect(worst.value < tolerance, "\(parameter)[\(worst.index)] differs by \(worst.value)")
    }
  }

  private func examples(_ root: Group) throws -> Split {
    let inputs = try root.dataset("inputs").read(as: Float.self)
    let labels = try root.dataset("labels").read(as: Int64.self).map { Int32($0) }
    return Split(inputs: [InputArray(rows: TensorView(inputs, shape: [320, 64, 1, 1]))], labels: labels)
  }

  private func initialModel(_ root: Group) throws -> Model {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [64, 1, 1], classCount: 5, hiddenSizes: [32]))
    var parameters: [String: TensorView] = [:]
    for specification in program.parameters {
      let values = try root.dataset("initial/\(specification.name)").read(as: Float.self)
      parameters[specification.name] = TensorView(values, shape: specification.shape)
    }
    let head = parameters.filter { program.headParameterNames.contains($0.key) }
    return try Model(
      Checkpoint(
        program: program, task: "t", epoch: 0, parent: nil, parameters: parameters, buffers: [:],
        heads: ["t": Head(tensors: head, classNames: (0..<5).map(String.init), labelMap: Array(0..<5))],
        preprocessing: nil))
  }
}
