import Checkpoints
import Datasets
import Evaluation
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Training

@Suite struct LowRankAdaptersTests {
  @Test func theFirstStepIsTheChainRules() throws {
    // With B = 0: dL/dA = s·Bᵀ·G = 0, dL/dB = s·G·Aᵀ, G the gradient by the kernel; s = α/r = 3.
    let network = try SmallNetwork.perceptron()
    let batch = try #require(try Batches(split: network.split, batchSize: 16).makeIterator().next())
    let plain = try network.model()
    let name = "layers.2.weight"
    let weight = try #require(plain.parameters[name])
    try weight.setRequiresGradient(true)
    let loss = try plain.run(try batch.modelInputs(for: plain), mode: .training()).logits
      .crossEntropy(with: try batch.labels)
    let slope = try #require(try loss.gradients(of: [weight])[0])

    let model = try network.model()
    let trainer = try network.trainer(model) {
      $0.adapters = LowRankOptions(rank: 2, alpha: 6, layers: "layers.2")
      $0.momentum = 0
    }
    let down = try #require(tensor(name + ".lora_A", of: trainer))
    let up = try #require(tensor(name + ".lora_B", of: trainer))
    let before = try down.detached().cloned()
    #expect(before.shape == [2, 8] && up.shape == [6, 2])
    try trainer.step(batch, epoch: 1)
    #expect(try down.detached().isEqual(to: before))
    let expected = try slope.matrixProduct(before.transposed().contiguous()).multiply(by: -0.1 * 3)
      .array(of: Float.self)
    for (value, wanted) in zip(try up.detached().array(of: Float.self), expected) {
      #expect(abs(value - wanted) < 1e-6)
    }
  }

  @Test func onlyTheAdaptedKernelsAndTheHeadChange() throws {
    let network = try SmallNetwork.perceptron()
    let model = try network.model()
    let before = try model.values()
    let trainer = try network.trainer(model) { $0.adapters = LowRankOptions(rank: 2, layers: "layers.0") }
    for epoch in 1...2 { _ = try trainer.runEpoch(epoch) }
    let after = try trainer.whileJudged { try model.values() }
    let changed = before.keys.filter { before[$0] != after[$0] }.sorted()
    #expect(changed == ["layers.0.weight", "layers.4.bias", "layers.4.weight"])
    // What is stored gives what was trained: merged weights alone give the adapted network's logits.
    let batch = try #require(try Batches(split: network.split, batchSize: 32).makeIterator().next())
    let inputs = try batch.modelInputs(for: model)
    let merged = try model.run(inputs).logits.array(of: Float.self)
    let adapted = try model.run(inputs, replacing: try #require(trainer.trainable.adapters).weights()).logits
      .detached().array(of: Float.self)
    #expect(zip(merged, adapted).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func convolutionsAreAdaptedOverTheirWholeKernels() throws {
    let program = try Architecture.cnn.program(options: ArchitectureOptions(inputShape: [1, 8, 8], classCount: 2))
    let names = try LowRankOptions().parameterNames(of: program)
    #expect(names == ["features.0.weight", "features.2.weight", "classifier.0.weight"])
    let model = try Model(initializing: program, task: "t", classNames: ["a", "b"], seed: 1)
    let adapters = try LowRankAdapters(LowRankOptions(rank: 4), on: names, of: model, seed: 1)
    let shapes = Dictionary(uniqueKeysWithValues: adapters.factors.map { ($0.name, $0.tensor.shape) })
    let kernel = try #require(model.parameters["features.2.weight"]).shape
    #expect(shapes["features.2.weight.lora_A"] == [4, kernel[1] * kernel[2] * kernel[3]])
    #expect(shapes["features.2.weight.lora_B"] == [kernel[0], 4])
  }

  /// ‖found − expected‖ / ‖expected‖.
  private func distance(_ found: Tensor, _ expected: Tensor) throws -> Double {
    let (own, other) = (try found.detached().to(.float64), try expected.detached().to(.float64))
    return try (own.subtract(other).squared().sum().item() / other.squared().sum().item()).squareRoot()
  }

  /// What layers give is changed in the place of their kernels: outputs and gradients are the same.
  @Test func aChangeOfWhatALayerGivesIsThatOfItsKernel() throws {
    let data = try Datasets.Dataset.load(Repository.fixture("kinds/lm.h5"))
    let gpt = try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/lm.pt2"), task: "lm"))
    // The words' embedding is the head too.
    #expect(!gpt.program.kernelsOfLinearLayers.contains("model.lm_head.weight"))
    let network = try SmallNetwork.perceptron()
    for (model, split, count) in [(gpt, data.train, 8), (try network.model(), network.split, 2)] {
      let names = try LowRankOptions().parameterNames(of: model.program)
      let adapters = try LowRankAdapters(LowRankOptions(rank: 3, alpha: 5), on: names, of: model, seed: 2)
      let factors = adapters.factors.map(\.tensor)
      for (index, factor) in factors.enumerated() {
        try factor.fillNormal(standardDeviation: 0.3, using: Generator(seed: UInt64(index)))
        try factor.setRequiresGradient(true)
      }
      let substitutes = try adapters.substitutes()
      #expect(substitutes.changes.count == count && substitutes.kernels.count == count)
      #expect(substitutes.kernels.values.allSatisfy { !$0.requiresGradient })
      let batch = try #require(try Batches(split: split, batchSize: 6).makeIterator().next())
      let inputs = try batch.modelInputs(for: model)
      let merged = try model.run(inputs, mode: .training(), replacing: adapters.weights()).logits
      let changed = try model.run(
        inputs, mode: .training(), replacing: substitutes.kernels, changing: substitutes.changes
      ).logits
      #expect(try distance(changed, merged) < 1e-5)
      #expect(try distance(changed, model.run(inputs, mode: .training()).logits) > 0.01)
      let expected = try merged.squared().sum().gradients(of: factors)
      for (index, found) in try changed.squared().sum().gradients(of: factors).enumerated() {
        let distance = try distance(#require(found), #require(expected[index]))
        #expect(distance < 1e-5, "\(adapters.factors[index].name)")
      }
    }
  }

  /// A convolution has no such short form: its kernel is changed.
  @Test func convolutionsHaveTheirKernelsChanged() throws {
    let program = try Architecture.cnn.program(options: ArchitectureOptions(inputShape: [1, 8, 8], classCount: 2))
    let model = try Model(initializing: program, task: "t", classNames: ["a", "b"], seed: 1)
    let adapters = try LowRankAdapters(
      LowRankOptions(rank: 4), on: LowRankOptions().parameterNames(of: program), of: model, seed: 1)
    let substitutes = try adapters.substitutes()
    #expect(substitutes.changes.keys.sorted() == ["classifier.0.weight"])
    #expect(substitutes.kernels.keys.sorted() == ["classifier.0.weight", "features.0.weight", "features.2.weight"])
  }

  /// GPT-2's kernels are stored as `[inputs, outputs]`: 16 features make 48 of queries, keys and values.
  @Test func kernelsStoredTheOtherWayAreAdaptedTransposed() throws {
    let model = try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/lm.pt2"), task: "lm"))
    let names = try LowRankOptions().parameterNames(of: model.program)
    #expect(names.count == 8)
    let name = try #require(names.first { $0.hasSuffix("h.0.attn.c_attn.weight") })
    let kernel = try #require(model.parameters[name])
    #expect(kernel.shape == [16, 48])
    let base = try kernel.detached().cloned()
    let adapters = try LowRankAdapters(LowRankOptions(rank: 2, alpha: 6), on: [name], of: model, seed: 1)
    let (down, up) = (adapters.factors[0].tensor, adapters.factors[1].tensor)
    #expect(down.shape == [2, 16] && up.shape == [48, 2])
    try up.fillUniform(-1...1, using: Generator(seed: 2))
    let (a, b) = (try down.array(of: Float.self), try up.array(of: Float.self))
    let (before, after) = (
      try base.array(of: Float.self),
      try #require(adapters.weights()[name]).detached().contiguous().array(of: Float.self)
    )
    for (input, output) in [(0, 0), (3, 40), (15, 47)] {
      let change: Float = b[output * 2] * a[input] + b[output * 2 + 1] * a[16 + input]
      #expect(abs(after[input * 48 + output] - before[input * 48 + output] - 3 * change) < 1e-5)
    }
  }

  @Test(arguments: ["rank=0", "rank", "alpha=-1", "width=2", "rank=2.5"])
  func whatIsNoAdapterIsRefused(_ text: String) {
    let error = #expect(throws: TrainingError.self) { try LowRankOptions(parsing: text) }
    #expect(error?.description.contains("found '\(text)'") == true)
  }

  @Test func aPullOnWeightsThatStayIsRefused() throws {
    let network = try SmallNetwork.perceptron()
    #expect(throws: TrainingError.pullsOnAdapted(regularizer: "l2-sp")) {
      try network.trainer(network.model()) {
        $0.adapters = LowRankOptions()
        $0.regularizers = [try RegularizerSpecification("l2-sp")]
      }
    }
  }

  private func tensor(_ name: String, of trainer: Trainer) -> Tensor? {
    trainer.trainable.names.firstIndex(of: name).map { trainer.trainable.tensors[$0] }
  }
}
