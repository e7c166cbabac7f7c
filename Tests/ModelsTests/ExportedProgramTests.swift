import Checkpoints
import HDF5
import Models
import Programs
import TestSupport
import Testing
import Torch

/// Programs that `torch.export` wrote against what PyTorch computed; `Fixtures/programs/make_programs.py` made both.
@Suite struct ExportedProgramTests {
  @Test(arguments: ExportedFixture.names) func evaluationAgreesWithPyTorch(name: String) throws {
    let (model, expected) = try ExportedFixture.load(name)
    let logits = try withoutGradients { try model.run(ExportedFixture.inputs(model, expected)).logits }
    try expectClose(logits, expected.dataset("evaluation/logits"), "logits")
  }

  @Test(arguments: ExportedFixture.names) func trainingAgreesWithPyTorch(name: String) throws {
    let (model, expected) = try ExportedFixture.load(name)
    let names = model.program.parameters.map(\.name)
    let weights = try names.map { try #require(model.parameters[$0]) }
    for weight in weights { try weight.setRequiresGradient(true) }
    let labels = try Tensor(try expected.dataset("labels").read(as: Int64.self))
    let loss = try model.run(ExportedFixture.inputs(model, expected), mode: .training()).logits.crossEntropy(
      with: labels)
    try expectClose(loss, expected.dataset("training/loss"), "loss")
    // A gradient is as exact as the largest of its network: those that are zero but for rounding stay so.
    let stored = try names.map { try expected.dataset("training/gradients/\($0)") }
    let scale = try stored.flatMap { try $0.read(as: Float.self) }.map { abs(Double($0)) }.max() ?? 0
    for (index, gradient) in try loss.gradients(of: weights).enumerated() {
      let zero = try Tensor.zeros(weights[index].shape, type: .float32)
      try expectClose(gradient ?? zero, stored[index], "gradient of \(names[index])", scale: scale)
    }
    guard try expected.contains("training/buffers") else { return }
    for name in try expected.group("training/buffers").names {
      let buffer = try #require(model.buffers[name])
      try expectClose(buffer, expected.dataset("training/buffers/\(name)"), "buffer \(name)")
    }
  }

  /// A graph exported in training mode has batch statistics, dropout and stochastic depth switched on.
  @Test func aProgramExportedInTrainingModeEvaluatesAsThatModelDoes() throws {
    let (model, expected) = try ExportedFixture.load("efficientnet-train")
    let inputs = try ExportedFixture.inputs(model, expected)
    let logits = try withoutGradients { try model.run(inputs).logits }
    try expectClose(logits, expected.dataset("evaluation/logits"), "logits")
    let first = try withoutGradients { try model.run(inputs, mode: .training()).logits.array(of: Float.self) }
    let second = try withoutGradients { try model.run(inputs, mode: .training()).logits.array(of: Float.self) }
    #expect(first != second, "dropout and stochastic depth draw anew in training")
  }

  @Test func layersAreModulePathsAndTheClassifierIsFound() throws {
    let heads = [
      "resnet": "fc", "efficientnet": "classifier.1", "mobilenet_v3": "classifier.3", "convnext": "classifier.2",
      "vgg": "classifier.6", "densenet": "classifier", "vit": "heads.head", "swin": "head", "bert": "classifier",
      "distilbert": "classifier", "lstm": "classifier", "versions-2.13": "head",
    ]
    for (name, head) in heads {
      let (model, _) = try ExportedFixture.load(name)
      #expect(model.program.head == head, "\(name)")
      #expect(try #require(model.program.layers.last).name == head, "\(name)")
    }
    let layers = try ExportedFixture.load("resnet").0.program.layers.map(\.name)
    for layer in ["conv1", "layer1.0.conv1", "layer2.0.downsample.0", "layer4.0.relu"] {
      #expect(layers.contains(layer))
    }
  }

  /// Behind `bn1` stands an in-place ReLU: what is captured must be what the normalization gave.
  @Test func featuresAreCapturedBeforeLaterCallsChangeThemInPlace() throws {
    let (model, expected) = try ExportedFixture.load("resnet")
    let features = try withoutGradients {
      try model.run(ExportedFixture.inputs(model, expected), capture: ["bn1", "relu"]).features
    }
    let normalized = try #require(features["bn1"]).array(of: Float.self)
    let activated = try #require(features["relu"]).array(of: Float.self)
    #expect(normalized.contains { $0 < 0 })
    #expect(activated == normalized.map { max($0, 0) })
  }

  /// What enters the classifier, through the classifier alone, is what the whole program gives.
  @Test(arguments: ExportedFixture.names) func theClassifierRunsAlone(name: String) throws {
    let (model, expected) = try ExportedFixture.load(name)
    try withoutGradients {
      let run = try model.run(ExportedFixture.inputs(model, expected), capturesHeadInput: true)
      let head = try #require(model.heads["source"])
      let alone = try model.logits(of: try #require(run.headInput), head: head.tensors)
      #expect(try alone.isEqual(to: run.logits))
    }
  }

  private func expectClose(
    _ found: Tensor, _ expected: HDF5.Dataset, _ what: String, scale: Double? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let numbers = try expected.read(as: Float.self).map(Double.init)
    let worst = try #require(
      largestDifference(try found.array(of: Double.self), numbers), "\(what): \(found.count) for \(numbers.count)",
      sourceLocation: sourceLocation)
    let scale = scale ?? numbers.map(abs).max() ?? 0
    #expect(
      worst.value <= 1e-5 * scale, "\(what): differ by \(worst.value) at \(worst.index), scale \(scale)",
      sourceLocation: sourceLocation)
  }
}
