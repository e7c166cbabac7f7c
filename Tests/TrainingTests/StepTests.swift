import Datasets
import Models
import Testing
import Torch

@testable import Training

/// What a step is made of: batches, precision, limits, decays, averages.
@Suite struct StepTests {
  @Test func accumulatedBatchesAreOneLargeBatch() throws {
    let network = try SmallNetwork.perceptron()
    let (large, small) = (try network.model(), try network.model())
    _ = try network.trainer(large) { $0.batchSize = 16 }.runEpoch(1)
    let trainer = try network.trainer(small) {
      $0.batchSize = 4
      $0.accumulation = 4
    }
    #expect(trainer.stepsPerEpoch == 2)
    _ = try trainer.runEpoch(1)
    let difference = largestDifference(try large.values(), try small.values())
    #expect(difference < 1e-6, "\(difference)")
  }

  /// The parameters after an epoch in steps of 16 examples, each one batch or several.
  private func afterAnEpoch(batchSize: Int, _ regularizer: String) throws -> [String: [Float]] {
    let fixture = try RegularizerFixture()
    var options = fixture.options
    options.batchSize = batchSize
    options.accumulation = 16 / batchSize
    options.regularizers = [try RegularizerSpecification(parsing: regularizer)]
    // Batches differ in their classes, so in the task's mass.
    options.classWeights = .given([1, 5, 20])
    let model = try fixture.model()
    let trainer = try Trainer(
      model, on: fixture.target(), dataset: "target", options: options, sources: [fixture.source()])
    _ = try trainer.runEpoch(1)
    return try model.values()
  }

  @Test(arguments: ["delta:alpha=0.05", "lwf:lambda=4", "lwf:lambda=4,head=fixed"])
  func regularizersOfAccumulatedBatchesAreThoseOfOne(_ regularizer: String) throws {
    let whole = try afterAnEpoch(batchSize: 16, regularizer)
    let parts = try afterAnEpoch(batchSize: 4, regularizer)
    #expect(largestDifference(whole, parts) < 1e-5)
    let without = try afterAnEpoch(batchSize: 16, regularizer.hasPrefix("delta") ? "delta:alpha=0" : "lwf:lambda=0")
    #expect(largestDifference(whole, without) > 1e-3)
  }

  @Test func aShortLastGroupIsWeighedByItsExamples() throws {
    // 30 examples: a group of 7 + 7 + 7 and one of 7 + 2; the second is a batch of 9.
    let network = try SmallNetwork.perceptron(count: 30)
    let (large, small) = (try network.model(), try network.model())
    _ = try network.trainer(large) { $0.batchSize = 21 }.runEpoch(1)
    let statistics = try network.trainer(small) {
      $0.batchSize = 7
      $0.accumulation = 3
    }.runEpoch(1)
    #expect(largestDifference(try large.values(), try small.values()) < 1e-6)
    #expect(statistics.loss > 0.2 && statistics.loss < 2)
  }

  /// Gradients (3, 4) and (12): norm 13; to 6.5 they are halved.
  @Test func gradientsAreScaledDownTogether() throws {
    let gradients = [try Tensor([3, 4] as [Float]), try Tensor([12] as [Float])]
    #expect(abs(try clip(gradients, toNorm: 20) - 13) < 1e-6)
    #expect(try gradients[0].array(of: Float.self) == [3, 4])
    #expect(abs(try clip(gradients, toNorm: 6.5) - 13) < 1e-6)
    let values = try gradients[0].array(of: Float.self) + gradients[1].array(of: Float.self)
    for (value, expected) in zip(values, [1.5, 2, 6] as [Float]) { #expect(abs(value - expected) < 1e-6) }
  }

  /// As above, with the norm left where the gradients are.
  @Test func gradientsAreScaledDownWithoutReadingTheirNorm() throws {
    for (limit, expected) in [(20.0, [3, 4, 12]), (6.5, [1.5, 2, 6])] as [(Double, [Float])] {
      let gradients = [try Tensor([3, 4] as [Float]), try Tensor([12] as [Float])]
      try clipOnDevice(gradients, toNorm: limit)
      let values = try gradients.flatMap { try $0.array(of: Float.self) }
      for (value, expected) in zip(values, expected) { #expect(abs(value - expected) < 1e-6) }
    }
    // Where one is no number, the others stay, as they do where the norm is read.
    let gradients = [try Tensor([3, .nan] as [Float]), try Tensor([12] as [Float])]
    try clipOnDevice(gradients, toNorm: 1)
    #expect(try gradients[1].array(of: Float.self) == [12])
  }

  /// What a GPU is told before the loss is known: 1 where it turned out not to be finite.
  @Test(arguments: [OptimizerKind.sgd, .adam, .adamw]) func aMarkedStepMovesNothing(_ kind: OptimizerKind) throws {
    let network = try SmallNetwork.perceptron()
    let model = try network.model()
    let trainer = try network.trainer(model) {
      $0.optimizer = kind
      $0.momentum = 0.9
    }
    _ = try trainer.runEpoch(1)
    func state() throws -> [String: [Float]] {
      try trainer.optimizer.state.mapValues { try $0.array(of: Float.self) }.merging(try model.values()) { $1 }
    }
    let before = try state()
    let gradients = try trainer.trainable.tensors.map { weight in
      let gradient = try Tensor.zeros(weight.shape)
      try gradient.fill(.nan)
      return gradient
    }
    try trainer.optimizer.step(
      gradients, factor: 1, stage: 0, skippedWhere: Tensor([1] as [Float], shape: []))
    #expect(try state() == before)
    for gradient in gradients { try withoutGradients { try gradient.fill(0.5) } }
    try trainer.optimizer.step(
      gradients, factor: 1, stage: 0, skippedWhere: Tensor([0] as [Float], shape: []))
    let moved = try state()
    #expect(moved.keys == before.keys && moved.allSatisfy { $1 != before[$0] })
  }

  @Test func averagesFollowTheFormula() throws {
    let network = try SmallNetwork.perceptron()
    let model = try network.model()
    let trainer = try network.trainer(model) { $0.averagingDecay = 0.75 }
    var expected = try model.values()
    // d = min(0.75, (1 + t) / (10 + t)): 2/11 and 3/12.
    var decays: [Float] = [2.0 / 11, 0.25]
    for batch in try Batches(split: network.split, batchSize: 16) {
      try trainer.step(batch, epoch: 1)
      let now = try model.values()
      let decay = decays.removeFirst()
      for (name, values) in now {
        expected[name] = zip(expected[name] ?? [], values).map { decay * $0 + (1 - decay) * $1 }
      }
    }
    let raw = try model.values()
    let averaged = try trainer.whileJudged { try model.values() }
    #expect(largestDifference(averaged, expected) < 1e-6)
    #expect(largestDifference(averaged, raw) > 1e-4)
    #expect(try model.values() == raw)
  }

  @Test func theAverageOfAFewStepsIsNotWhereItBegan() throws {
    // A weight that is 0 before the first step and 1 from then on: 1 − Π d is what the average has of the 1.
    // With d = (1 + t) / (10 + t) over 32 steps: Π = 2 · 3 · … · 33 / (11 · 12 · … · 42) = 33! · 10! / 42! ≈ 2.2e-9;
    // a constant 0.999 would leave 0.999³² = 97 % at 0.
    let network = try SmallNetwork.perceptron()
    let model = try network.model()
    let trainer = try network.trainer(model) { $0.averagingDecay = 0.999 }
    let bias = try #require(model.parameters["layers.0.bias"])
    try withoutGradients { try bias.fill(0) }
    let average = try WeightAverage(trainer.trainable, of: model, decay: 0.999)
    try withoutGradients { try bias.fill(1) }
    for step in 1...32 { try average.afterStep(step) }
    let found = try average.whileInPlace { try bias.array(of: Float.self) }
    #expect(found.allSatisfy { abs($0 - 1) < 1e-6 }, "\(found)")
    // Far into a run it is the decay that was asked for.
    try withoutGradients { try bias.fill(0) }
    try average.afterStep(100_000)
    #expect(try average.whileInPlace { try bias.array(of: Float.self) }.allSatisfy { abs($0 - 0.999) < 1e-6 })
  }

  @Test func weightDecaysFollowTheirGlobs() throws {
    let network = try SmallNetwork.perceptron()
    let (with, without) = (try network.model(), try network.model())
    let batch = try #require(try Batches(split: network.split, batchSize: 16).makeIterator().next())
    try network.trainer(with) {
      $0.weightDecay = 0.5
      $0.decayRules = [GlobRule(pattern: "*.bias", value: 0)]
    }.step(batch, epoch: 1)
    let before = try network.model().values()
    try network.trainer(without) { _ in }.step(batch, epoch: 1)
    let (decayed, plain) = (try with.values(), try without.values())
    #expect(decayed["layers.2.bias"] == plain["layers.2.bias"])
    // One step of SGD: w − lr·(g + 0.5·w) against w − lr·g, lr 0.1.
    let name = "layers.2.weight"
    for (index, value) in (decayed[name] ?? []).enumerated() {
      let expected = try #require(plain[name])[index] - 0.05 * (try #require(before[name])[index])
      #expect(abs(value - expected) < 1e-6)
    }
  }

  @Test(arguments: [Precision.bfloat16, .float16])
  func halfAsManyBitsLeaveWeightsInFloat32AndStayClose(_ half: Precision) throws {
    let network = try SmallNetwork.perceptron(count: 128)
    let (full, mixed) = (try network.model(), try network.model())
    let losses = try [(full, Precision.float32), (mixed, half)].map { model, precision in
      let trainer = try network.trainer(model) { $0.precision = precision }
      return try (1...3).map { try trainer.runEpoch($0).loss }
    }
    #expect(try #require(mixed.parameters["layers.0.weight"]).type == .float32)
    for (first, second) in zip(losses[0], losses[1]) {
      #expect(first != second && abs(first - second) < 0.02, "\(losses)")
    }
  }
}
