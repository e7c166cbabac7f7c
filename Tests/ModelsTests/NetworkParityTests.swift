import Checkpoints
import Foundation
import HDF5
import Models
import Programs
import TestSupport
import Testing
import Torch

/// Programs against PyTorch's modules; `Fixtures/parity/make_parity.py` made the numbers.
@Suite struct NetworkParityTests {
  @Test func convolutionalNetworkAgreesWithPyTorch() throws {
    let options = ArchitectureOptions(inputShape: [1, 12, 12], classCount: 5)
    try compare(try Architecture.cnn.program(options: options), with: "cnn.h5")
  }

  @Test func residualNetworkAgreesWithPyTorch() throws {
    let options = ArchitectureOptions(inputShape: [3, 16, 16], classCount: 10, form: .cifar)
    try compare(try Architecture.resnet18.program(options: options), with: "resnet18.h5")
  }

  private func compare(_ program: Program, with fixture: String) throws {
    let root = try File.open(Repository.fixture("parity/\(fixture)")).root
    let model = try waveModel(program)
    let stored = try root.dataset("inputs")
    let inputs = ["input": try Tensor(try stored.read(as: Float.self), shape: try stored.shape)]
    let evaluated = try withoutGradients { try model.run(inputs).logits.array(of: Double.self) }
    let expected = try root.dataset("evaluation/outputs").read(as: Float.self).map(Double.init)
    try expectClose(evaluated, expected, "outputs")
    // So many examples that convolutions are evaluated with their channels last.
    let many = ["input": try Tensor.concatenated([Tensor](repeating: try #require(inputs["input"]), count: 8))]
    let manyEvaluated = try withoutGradients { try model.run(many).logits.array(of: Double.self) }
    try expectClose(manyEvaluated, [[Double]](repeating: expected, count: 8).flatMap { $0 }, "outputs, channels last")

    let labels = try Tensor(try root.dataset("labels").read(as: Int64.self))
    let names = try root.readStrings("parameters/names")
    let weights = try names.map { try #require(model.parameters[$0]) }
    for weight in weights { try weight.setRequiresGradient(true) }
    let logits = try model.run(inputs, mode: .training()).logits
    let loss = try logits.crossEntropy(with: labels)
    try expectClose(
      [try loss.item()], [try root.dataset("training/loss").read(as: Double.self)[0]], "loss")
    let norms = try loss.gradients(of: weights).map { gradient -> Double in
      try #require(gradient).array(of: Double.self).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    try expectClose(norms, try root.dataset("parameters/gradient_norms").read(as: Double.self), "gradients")
    guard try root.contains("buffers") else { return }
    let buffers = try root.readStrings("buffers/names").map { name -> Double in
      try #require(model.buffers[name]).array(of: Double.self).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    try expectClose(buffers, try root.dataset("buffers/norms").read(as: Double.self), "running statistics")
  }

  private func expectClose(_ found: [Double], _ expected: [Double], _ what: String) throws {
    let worst = try #require(
      largestDifference(found, expected), "\(what): \(found.count) for \(expected.count) numbers")
    let scale = expected.map(abs).max() ?? 0
    #expect(worst.value <= 1e-4 * scale, "\(what): differ by \(worst.value) at \(worst.index), scale \(scale)")
  }

  /// The weights that `make_parity.py` gives by formula.
  private func waveModel(_ program: Program) throws -> Model {
    var parameters: [String: TensorView] = [:]
    for (k, specification) in program.parameters.enumerated() {
      let fanIn = specification.shape.dropFirst().reduce(1, *)
      let isScale = specification.shape.count == 1 && specification.name.hasSuffix("weight")
      let values = (0..<specification.elementCount).map { index -> Float in
        let wave = sin(Double((index * index * (k + 1) + 31 * k) % 10007))
        return Float(
          specification.shape.count >= 2 ? wave / Double(fanIn).squareRoot() : 0.1 * wave + (isScale ? 1 : 0))
      }
      parameters[specification.name] = TensorView(values, shape: specification.shape)
    }
    let fresh = try Model(initializing: program, task: "t", classNames: ["a"], seed: 0).checkpoint(epoch: 0)
    let head = Head(
      tensors: parameters.filter { program.headParameterNames.contains($0.key) }, classNames: ["a"], labelMap: [0])
    return try Model(
      Checkpoint(
        program: program, task: "t", epoch: 0, parent: nil, parameters: parameters, buffers: fresh.buffers,
        heads: ["t": head], preprocessing: nil))
  }
}
