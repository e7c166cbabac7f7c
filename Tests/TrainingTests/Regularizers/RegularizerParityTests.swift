import Checkpoints
import Datasets
import HDF5
import Models
import Programs
import TestSupport
import Testing
import Torch
import Training

/// Eight steps under each regularizer against PyTorch, which differentiates the penalties as loss terms, in float64.
/// `Fixtures/regularizers/make_regularizers.py` made the numbers.
@Suite struct RegularizerParityTests {
  private let fixture: RegularizerFixture

  init() throws { fixture = try RegularizerFixture() }

  @Test(arguments: [
    "l2", "l2-sp", "l1-sp", "gl-sp", "gl-sp-fisher", "l2-sp-fisher", "ewc-exact", "ewc-empirical", "ewc-batched", "mas",
    "lwf", "lwf-fixed", "lwf-t2", "kl", "kl-reverse", "kl-source", "kl-proxy", "delta", "delta-attention", "ldifs",
    "ldifs-plain", "bss", "replay", "replay-examples", "der++", "several", "asft",
  ])
  func eightStepsAgreeWithPyTorch(_ name: String) throws {
    let group = try fixture.root.group("cases/\(name)")
    let model = try fixture.model()
    var options = fixture.options
    let specification: String = try #require(try group.attribute("specification"))
    options.lossForm = try group.attribute("loss").flatMap(LossForm.init)
    options.regularizers = try specification.split(separator: " ").map { try .init(parsing: String($0)) }
    var source = try fixture.source()
    // One example eight times over, so that every draw is the same.
    if name == "der++" { source.examples = source.examples?.selecting(Array(repeating: 0, count: 8)) }
    let target = try fixture.target()
    let trainer = try Trainer(
      model, on: target, dataset: "target", options: options, sources: [source], proxy: source.examples)
    var penalties: [Double] = []
    for batch in try Batches(split: target, batchSize: 8) {
      penalties.append(try trainer.step(batch, epoch: 1).penalty)
    }
    let expected = try group.dataset("penalties").read(as: Double.self)
    let worst = try #require(largestDifference(penalties, expected))
    #expect(worst.value < 5e-6, "penalty of step \(worst.index) differs by \(worst.value)")
    try fixture.compare(model.parameters, with: group.group("final"))
    let head = try #require(model.heads["source"])
    try fixture.compare(head.tensors, with: group.group("source_head"))
  }

  @Test func thePathIntegralOfTheSourceAgreesWithPyTorch() throws {
    let model = try fixture.model()
    try model.activate(task: "source")
    var options = fixture.options
    options.regularizers = [try .init(parsing: "si:xi=0.1")]
    let source = try #require(try fixture.source().examples)
    let trainer = try Trainer(model, on: source, dataset: "source", options: options)
    for _ in 0..<8 {
      for batch in try Batches(split: source, batchSize: 8) { _ = try trainer.step(batch, epoch: 1) }
    }
    let found = try #require(try trainer.regularizers[0].importances())
    #expect(found.measure == "si")
    try fixture.compare(found.values, with: fixture.root.group("si"), within: 1e-6)

    // With these importances the next task is held back: Ω = c Σ Ω d², here after one step.
    model.importances["si"] = found.values
    try model.activate(task: "target")
    let start = try #require(model.parameters["layers.0.weight"]).array(of: Double.self)
    let biasStart = try #require(model.parameters["layers.0.bias"]).array(of: Double.self)
    options.regularizers = [try .init(parsing: "si:c=0.5,xi=0.1")]
    let next = try Trainer(model, on: try fixture.target(), dataset: "target", options: options)
    var penalties: [Double] = []
    var expected = 0.0
    for batch in try Batches(split: try fixture.target(), batchSize: 8) {
      penalties.append(try next.step(batch, epoch: 1).penalty)
      guard penalties.count == 1 else { break }
      for (name, before) in [("layers.0.weight", start), ("layers.0.bias", biasStart)] {
        let now = try #require(model.parameters[name]).array(of: Double.self)
        let omega = try #require(found.values[name]).array(of: Double.self)
        for index in before.indices {
          expected += 0.5 * omega[index] * (now[index] - before[index]) * (now[index] - before[index])
        }
      }
    }
    #expect(penalties[0] == 0)
    #expect(expected > 1e-6)
    #expect(abs(penalties[1] - expected) < 1e-6 * max(1, expected))
  }
}

/// The network and the data of `Fixtures/regularizers/regularizers.h5`.
struct RegularizerFixture {
  let root: Group

  init() throws { root = try File.open(Repository.fixture("regularizers/regularizers.h5")).root }

  var options: TrainingOptions {
    var options = TrainingOptions()
    options.batchSize = 8
    options.learningRate = 0.1
    options.momentum = 0
    return options
  }

  /// 12-8-3 with the head `target` in place, and the head `source` with 4 classes beside it.
  func model() throws -> Model {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [12, 1, 1], classCount: 3, hiddenSizes: [8]))
    let parameters = try tensors("initial")
    func head(_ tensors: [String: TensorView], _ count: Int) -> Head {
      Head(tensors: tensors, classNames: (0..<count).map(String.init), labelMap: Array(0..<count))
    }
    let own = parameters.filter { program.headParameterNames.contains($0.key) }
    return try Model(
      Checkpoint(
        program: program, task: "target", parameters: parameters,
        heads: ["target": head(own, 3), "source": head(try tensors("source_head"), 4)]))
  }

  func source() throws -> SourceTask {
    SourceTask(task: "source", dataset: "source", examples: try split("source", count: 8))
  }

  func target() throws -> Split { try split("target", count: 64) }

  private func split(_ name: String, count: Int) throws -> Split {
    let inputs = try root.dataset("\(name)_x").read(as: Float.self)
    let labels = try root.dataset("\(name)_y").read(as: Int64.self).map { Int32($0) }
    return Split(inputs: [InputArray(rows: TensorView(inputs, shape: [count, 12, 1, 1]))], labels: labels)
  }

  private func tensors(_ path: String) throws -> [String: TensorView] {
    let group = try root.group(path)
    return try Dictionary(
      uniqueKeysWithValues: group.names.map { name in
        let dataset = try group.dataset(name)
        return (name, TensorView(try dataset.read(as: Float.self), shape: try dataset.shape))
      })
  }

  func compare(
    _ found: [String: Tensor], with group: Group, within tolerance: Double = 3e-6,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for name in try group.names {
      let values = try #require(found[name], sourceLocation: sourceLocation).array(of: Double.self)
      let expected = try group.dataset(name).read(as: Float.self).map(Double.init)
      let worst = try #require(largestDifference(values, expected), sourceLocation: sourceLocation)
      #expect(
        worst.value < tolerance,
        "\(name)[\(worst.index)] is \(values[worst.index]), PyTorch has \(expected[worst.index])",
        sourceLocation: sourceLocation)
    }
  }
}
