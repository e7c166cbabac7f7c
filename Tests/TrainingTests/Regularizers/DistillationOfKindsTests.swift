import Checkpoints
import Datasets
import Evaluation
import Foundation
import Models
import TestSupport
import Testing
import Torch

@testable import Training

/// What a model said before held to, in tasks that are no classification.
@Suite struct DistillationOfKindsTests {
  private func base(_ name: String) throws -> Checkpoint {
    try Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: name)
  }

  private func data(_ name: String) throws -> Datasets.Dataset { try .load(Repository.fixture("kinds/\(name).h5")) }

  private func options(rate: Double, batchSize: Int = 6) throws -> TrainingOptions {
    var options = TrainingOptions()
    options.batchSize = batchSize
    options.learningRate = rate
    options.momentum = 0
    options.regularizers = [try RegularizerSpecification("lwf", ["lambda": "4"])]
    return options
  }

  /// Eight steps of gradient descent on batches in order, as PyTorch takes them: see make_distillation.py.
  @Test(arguments: ["lm", "tags", "pixels", "many", "numbers"], ["lwf", "reverse", "asft"])
  func eachStepIsPyTorchs(name: String, method: String) throws {
    guard method != "asft" || !["many", "numbers"].contains(name) else { return }
    let text = try Data(contentsOf: URL(fileURLWithPath: Repository.fixture("kinds/distillation.json")))
    let all = try #require(try JSONSerialization.jsonObject(with: text) as? [String: [String: Any]])
    let expected = try #require(all["\(name)/\(method)"])
    let losses = try #require(expected["losses"] as? [Double])
    let penalties = try #require(expected["penalties"] as? [Double])
    let (model, data) = (try Model(base(name)), try data(name))
    let kind = try TaskKinds.kind(of: data, for: model)
    var options = try options(rate: try #require(expected["rate"] as? Double))
    options.regularizers = [try .init(parsing: try #require(expected["regularizer"] as? String))]
    options.lossForm = (expected["loss"] as? String).flatMap(LossForm.init)
    let trainer = try Trainer(
      model, on: data.train, dataset: name, options: options,
      kind: kind, sources: [SourceTask(task: name, dataset: name, examples: nil, kind: kind)])
    #expect(trainer.regularizers.count == 1)
    var step = 0
    for batch in try Batches(split: data.train, batchSize: 6) where step < losses.count {
      let found = try trainer.step(batch, epoch: 1)
      #expect(abs(found.loss - losses[step]) < 1e-5 * max(1, losses[step]), "step \(step): \(found.loss)")
      #expect(
        abs(found.penalty - penalties[step]) < 1e-5 * max(1, penalties[step]), "step \(step): \(found.penalty)")
      step += 1
    }
    #expect(step == losses.count)
  }

  /// What is too much to store is asked of a copy of the model before, and is the same.
  @Test(arguments: ["lm", "pixels"])
  func aCopyOfTheModelBeforeSaysWhatIsStored(name: String) throws {
    let (model, data) = (try Model(base(name)), try data(name))
    let kind = try TaskKinds.kind(of: data, for: model)
    let options = try options(rate: 0.5)
    let trainable = try TrainableParameters(of: model, options: options, sourceHeads: [])
    let surroundings = RegularizerContext.Surroundings(
      model: model, trainable: trainable, options: options, target: data.train, targetKind: kind,
      source: SourceTask(task: name, dataset: name, examples: nil, kind: kind), proxy: nil,
      recorder: TaskMemory.Recorder(),
      isHeadKept: true, stepsPerEpoch: 10, onEstimate: { _, _, _ in })
    let context = RegularizerContext(
      surroundings, settings: RegularizerSettings(kind: "lwf", values: options.regularizers[0].settings), filter: "all",
      isDecoupled: false)
    let stored = try HeldAnswers(context)
    let asked = try HeldAnswers(context, mostStored: 0)
    #expect(stored.isIndependentOfInputs && !asked.isIndependentOfInputs)
    #expect(!stored.readsHeadInput)
    #expect(
      asked.summary(stepsPerEpoch: 1)
        == stored.summary(stepsPerEpoch: 1)
        + "; a copy of the model before is asked at every step, as its answers are too many to store")
    for tensor in trainable.tensors { try withoutGradients { try tensor.copyInPlace(from: tensor.multiply(by: 1.5)) } }
    let batch = try #require(try Batches(split: data.train, batchSize: 6, order: [7, 1, 30, 4]).makeIterator().next())
    let inputs = try batch.modelInputs(for: model)
    let step = TrainingStep(
      model: model, batch: batch, inputs: inputs, outputs: try model.run(inputs).logits, features: [:], headInput: nil,
      replayed: nil)
    let first = try #require(try stored.loss(of: step)).item()
    let second = try #require(try asked.loss(of: step)).item()
    #expect(first > 1e-3 && abs(first - second) < 1e-5 * first, "\(first), \(second)")
  }

  /// Head each: the source's is held on the target's inputs, and learns with the rest.
  @Test(arguments: ["tags", "pixels", "many", "numbers"])
  func aHeadOfItsOwnIsHeldToo(name: String) throws {
    func forgetting(_ strength: String) throws -> Double {
      let folder = try TemporaryFolder()
      let data = try data(name)
      var options = try options(rate: name == "numbers" ? 0.001 : 0.2)
      options.epochCount = 2
      options.regularizers = [try RegularizerSpecification("lwf", ["lambda": strength])]
      let run = TrainingRun(
        options: options, path: folder.file("run"),
        target: try Datasets.Dataset(
          name: "other", classNames: data.classNames, taskKind: data.taskKind, train: data.test, test: data.train),
        source: data, device: .cpu)
      _ = try run.run(from: base(name), basePath: "") { _ in }
      let (before, after) = try (0...2 as ClosedRange).filter { $0 != 1 }.map { epoch -> Tensor in
        let model = try Model(Checkpoint(contentsOf: Run.open(folder.file("run")).checkpointPath(epoch: epoch)))
        try model.activate(task: name)
        let batch = try #require(try Batches(split: data.test, batchSize: 64).makeIterator().next())
        return try withoutGradients { try model.run(batch.modelInputs(for: model)).logits }
      }.paired
      return try withoutGradients { try before.squaredError(from: after).item() }
    }
    let (without, with) = (try forgetting("0"), try forgetting(name == "numbers" ? "100" : "10"))
    #expect(with < 0.7 * without, "\(with), \(without)")
  }

  /// Yes and no have no probability of a class, nor have numbers.
  @Test(arguments: ["many", "numbers"])
  func onlyAnswersThatAreClassesCanBeWeighed(name: String) throws {
    let (model, data) = (try Model(base(name)), try data(name))
    let kind = try TaskKinds.kind(of: data, for: model)
    var options = try options(rate: 0.1)
    options.lossForm = .dynamic
    let error = #expect(throws: TrainingError.self) {
      try Trainer(model, on: data.train, dataset: name, options: options, kind: kind)
    }
    #expect(error?.description.contains("lossForm") == true)
    options.labelSmoothing = 0.1
    let contradiction = #expect(throws: TrainingError.self) { try options.validate() }
    #expect(
      contradiction?.description == "lossForm weighs answers by their own probability; labelSmoothing contradicts it")
  }
}

extension Array {
  fileprivate var paired: (Element, Element) { (self[0], self[1]) }
}

/// The expectation over the model's own labels of tasks whose examples have several answers: see make_fisher.py.
@Suite struct FisherOfKindsTests {
  @Test(arguments: ["tags", "pixels", "many"])
  func theFisherInformationIsPyTorchs(name: String) throws {
    let text = try Data(contentsOf: URL(fileURLWithPath: Repository.fixture("kinds/fisher.json")))
    let all = try #require(try JSONSerialization.jsonObject(with: text) as? [String: [String: Double]])
    let expected = try #require(all[name])
    let model = try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/\(name).pt2"), task: name))
    let data = try Datasets.Dataset.load(Repository.fixture("kinds/\(name).h5"))
    let names = model.parameters.keys.sorted()
    #expect(names == expected.keys.sorted())
    let parameters = names.compactMap { model.parameters[$0] }
    for parameter in parameters { try parameter.setRequiresGradient(true) }
    let estimate = try ImportanceEstimate(
      .exact, of: parameters, in: model, on: data.train.selecting([0, 1, 2, 3]),
      kind: TaskKinds.kind(of: data, for: model))
    for (name, values) in zip(names, estimate.values) {
      let (found, wanted) = (try values.to(.float64).sum().item(), try #require(expected[name]))
      // The least likely classes, together less than 1/10,000, are left out.
      #expect(abs(found - wanted) <= 2e-4 * abs(wanted) + 1e-9, "\(name): \(found), \(wanted)")
    }
  }

  /// Over the test examples of a single output for yes or no: see make_binary.py.
  @Test func theFisherInformationOfYesAndNoIsPyTorchs() throws {
    struct Expected: Decodable { var fisher: [String: Double] }
    let text = try Data(contentsOf: URL(fileURLWithPath: Repository.fixture("kinds/binary.json")))
    let expected = try JSONDecoder().decode(Expected.self, from: text).fisher
    let model = try Model(Checkpoint(exportedProgram: Repository.fixture("kinds/binary.pt2"), task: "binary"))
    let data = try Datasets.Dataset.load(Repository.fixture("kinds/binary.h5"))
    let names = model.parameters.keys.sorted()
    #expect(names == expected.keys.sorted())
    let parameters = names.compactMap { model.parameters[$0] }
    for parameter in parameters { try parameter.setRequiresGradient(true) }
    let estimate = try ImportanceEstimate(
      .exact, of: parameters, in: model, on: data.test, kind: TaskKinds.kind(of: data, for: model))
    for (name, values) in zip(names, estimate.values) {
      let (found, wanted) = (try values.to(.float64).sum().item(), try #require(expected[name]))
      #expect(abs(found - wanted) <= 1e-5 * wanted, "\(name): \(found), \(wanted)")
    }
  }
}
