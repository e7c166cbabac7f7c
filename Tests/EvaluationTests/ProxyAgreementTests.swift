import Checkpoints
import Datasets
import Findings
import Foundation
import HDF5
import Metrics
import Models
import Programs
import TestSupport
import Testing
import Torch

@testable import Evaluation

@Suite struct ProxyAgreementTests {
  /// A linear classifier of 2 classes over 2 features, whose weights are given.
  private func model(weights: [Float], bias: [Float]) throws -> Model {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 1, 2], classCount: 2, hiddenSizes: []))
    let names = program.parameters.map(\.name)
    return try Model(
      Checkpoint(
        program: program, task: "t",
        parameters: [names[0]: TensorView(weights, shape: [2, 2]), names[1]: TensorView(bias)],
        heads: ["t": Head(tensors: [:], classNames: ["a", "b"], labelMap: [0, 1])]))
  }

  @Test func agreementAndDivergenceAreThoseWorkedByHand() throws {
    // Logits are the inputs themselves; then class 0's logit gains ln 4.
    let model = try model(weights: [1, 0, 0, 1], bias: [0, 0])
    let rows = TensorView([0, 0, 0, 1] as [Float], shape: [2, 1, 1, 2])
    let split = Split(inputs: [InputArray(rows: rows)], labels: [0, 0])
    let meter = try ProxyMeter(of: model, task: "t", on: split, dataset: "d")
    let same = try meter.measure(model)
    #expect(same == ProxyAgreement(agreement: 1, divergence: 0, count: 2))
    let bias = try #require(model.parameters[model.program.parameters[1].name])
    try bias.copyInPlace(from: Tensor([Float(1.3862944), 0]))
    let moved = try meter.measure(model)
    // (0, 0): p₀ = (½, ½), p = (⅘, ⅕): KL = ½ ln(⅝) + ½ ln(5/2) = 0.223144; both say class 0 (the first of equals).
    // (0, 1): p₀ = (1, e)/(1+e), p = (4, e)/(4+e): KL = p₀₀ ln(p₀₀/p₀) + …; class 1 became class 0.
    let e = 2.718281828459045
    let (p0, q0) = ([1 / (1 + e), e / (1 + e)], [4 / (4 + e), e / (4 + e)])
    let second = zip(p0, q0).reduce(0.0) { $0 + $1.0 * log($1.0 / $1.1) }
    #expect(moved.agreement == 0.5)
    #expect(abs(moved.divergence - (0.2231435513 + second) / 2) < 1e-6)
  }

  private func fixture(_ name: String) throws -> (model: Model, data: Datasets.Dataset, kind: any TaskKind) {
    let model = try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: name))
    let data = try Datasets.Dataset.load(Repository.fixture("kinds/\(name).h5"))
    return (model, data, try TaskKinds.kind(of: data, for: model))
  }

  /// All weights multiplied by 1.25, over the test examples' places that count; by PyTorch, whether answers are kept or asked
  /// of a copy of the model.
  @Test(
    arguments: [
      ("lm", 0.9376053962900506, 0.001296075312279263, "tokens"),
      ("tags", 0.7913533834586466, 0.014041719819673724, "tokens"),
      ("pixels", 0.8819754464285714, 0.0036360511204956937, "pixels"),
    ], [AnswersBefore.mostStored, 0])
  func tokensAndPixelsAgreeWhereTheyCount(
    expected: (name: String, agreement: Double, divergence: Double, places: String), mostStored: Int
  ) throws {
    let (model, data, kind) = try fixture(expected.name)
    let meter = try ProxyMeter(
      of: model, task: expected.name, on: data.test, dataset: "d", kind: kind, mostStored: mostStored)
    let same = try meter.measure(model)
    #expect(same == ProxyAgreement(agreement: 1, divergence: 0, count: 64, places: expected.places))
    var moved: Set<ObjectIdentifier> = []
    for tensor in model.parameters.values where moved.insert(ObjectIdentifier(tensor)).inserted {
      try withoutGradients { try tensor.copyInPlace(from: tensor.multiply(by: 1.25)) }
    }
    let found = try meter.measure(model)
    #expect(abs(found.agreement - expected.agreement) < 1e-12, "\(found.agreement)")
    #expect(abs(found.divergence - expected.divergence) < 1e-6, "\(found.divergence)")
  }

  /// All weights multiplied by 1.25 again, over the first 16 test examples, one at a time: the mean is that of all, of the
  /// examples' own means weighed by the places that count; labels and numbers diverge too.
  @Test(arguments: [("tags", "tokens"), ("many", "labels"), ("numbers", nil)] as [(String, String?)])
  func theIntervalIsOverWholeExamples(_ name: String, _ places: String?) throws {
    let (model, data, kind) = try fixture(name)
    func meter(_ split: Split) throws -> DivergenceMeter {
      try DivergenceMeter(of: model, task: name, on: split, dataset: "d", kind: kind, labelKind: kind)
    }
    let sample = data.test.selecting(Array(0..<16))
    let whole = try meter(sample)
    let each = try (0..<16).map { try meter(data.test.selecting([$0])) }
    let start = try whole.measure(model)
    #expect(start.value == 0 && start.low == 0 && start.high == 0)
    var moved: Set<ObjectIdentifier> = []
    for tensor in model.parameters.values where moved.insert(ObjectIdentifier(tensor)).inserted {
      try withoutGradients { try tensor.copyInPlace(from: tensor.multiply(by: 1.25)) }
    }
    let found = try whole.measure(model)
    let sums = try each.map { try $0.sums(model) }
    let interval = RatioInterval(
      sums: sums.flatMap(\.divergences), counts: sums.flatMap(\.counts), within: 0 ... .infinity)
    #expect(abs(found.value - interval.value) < 1e-4 * found.value && found.value > 0)
    #expect(abs(found.low - interval.low) < 1e-4 * found.value && abs(found.high - interval.high) < 1e-4 * found.value)
    #expect(found.low < found.value && found.value < found.high)
    #expect(found.count == 16 && found.places == places && found.unit == (name == "numbers" ? .squares : .nats))
  }

  /// Labels agree where yes and no are what they were; numbers are near or far. Both have the gauge's divergence.
  @Test(arguments: ["many", "numbers"]) func labelsAndNumbersHaveADivergence(name: String) throws {
    let (model, data, kind) = try fixture(name)
    let meter = try ProxyMeter(of: model, task: name, on: data.test, dataset: "d", kind: kind)
    let gauge = try DivergenceMeter(of: model, task: name, on: data.test, dataset: "d", kind: kind, labelKind: kind)
    func outputs() throws -> [Double] {
      let batch = try #require(try Batches(split: data.test, batchSize: 64).makeIterator().next())
      return try withoutGradients {
        try model.run(try batch.modelInputs(for: model)).logits.to(.float64).array(of: Double.self)
      }
    }
    let before = try outputs()
    let same = try meter.measure(model)
    #expect(same.divergence == 0 && (name == "many" ? same.agreement == 1 : same.agreement.isNaN))
    var moved: Set<ObjectIdentifier> = []
    for tensor in model.parameters.values where moved.insert(ObjectIdentifier(tensor)).inserted {
      try withoutGradients { try tensor.copyInPlace(from: tensor.multiply(by: -0.5)) }
    }
    let (now, found) = (try outputs(), try meter.measure(model))
    #expect(try gauge.measure(model).value == found.divergence)
    if name == "many" {
      let agreed = zip(before, now).reduce(0.0) { $0 + (($1.0 >= 0) == ($1.1 >= 0) ? 1 : 0) }
      #expect(found.agreement == agreed / Double(now.count) && found.agreement < 1)
      #expect(found.unit == .nats && found.places == "labels")
    } else {
      let squares = zip(before, now).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      #expect(abs(found.divergence - squares / Double(now.count)) < 1e-9 * squares && found.divergence > 0)
      #expect(found.agreement.isNaN && found.unit == .squares && found.places == nil)
    }
  }
}
