import Models
import Programs
import Testing
import Torch

@Suite struct HeadTests {
  private func images(_ shape: [Int]) throws -> Tensor {
    let count = shape.reduce(1, *)
    return try Tensor((0..<count).map { Float(($0 * 37) % 101) / 50 - 1 }, shape: shape)
  }

  @Test(arguments: [Architecture.mlp, .cnn, .resnet18])
  func anotherTasksHeadGivesWhatItGivesInPlace(_ architecture: Architecture) throws {
    var options = ArchitectureOptions(inputShape: [1, 12, 12], classCount: 3)
    if architecture == .mlp { options.hiddenSizes = [7] }
    if architecture == .resnet18 { options.form = .cifar }
    let program = try architecture.program(options: options)
    let model = try Model(initializing: program, task: "a", classNames: ["x", "y", "z"], seed: 3)
    try model.addHead(task: "b", classNames: ["v", "w"], labelMap: [0, 1], seed: 4)
    let input = ["input": try images([4, 1, 12, 12])]
    let run = try model.run(input, capturesHeadInput: true)
    let features = try #require(run.headInput)
    let head = try #require(model.heads["a"])
    let beside = try model.logits(of: features, head: head.tensors)
    #expect(beside.shape == [4, 3] && run.logits.shape == [4, 2])
    try model.activate(task: "a")
    #expect(try model.run(input).logits.isEqual(to: beside))
  }

  @Test func whatEntersTheHeadIsWhatItWasBeforeTheHeadChangesIt() throws {
    var builder = ProgramBuilder(architecture: "in place")
    let input = builder.input("input", shape: [2])
    let value = builder.call("aten::relu_", ["self": .value(input)], layer: "head.relu", kind: "ReLU")
    let logits = builder.linear(value, inputCount: 2, outputCount: 2, layer: "head.linear")
    let program = try builder.build(outputs: [logits], head: "head")
    let model = try Model(initializing: program, task: "t", classNames: ["a", "b"], seed: 0)
    let run = try model.run(["input": Tensor([Float(-1), 2], shape: [1, 2])], capturesHeadInput: true)
    #expect(try run.headInput?.array(of: Float.self) == [-1, 2])
  }

  @Test func aProgramWithoutHeadIsRefused() throws {
    var builder = ProgramBuilder(architecture: "headless")
    let input = builder.input("input", shape: [2])
    let output = builder.relu(input, layer: "relu")
    let program = try builder.build(outputs: [output])
    let model = try Model(initializing: program, task: "none", classNames: [], seed: 0)
    #expect(throws: ModelError.noClassifier(architecture: "headless")) {
      try model.run(["input": images([1, 2])], capturesHeadInput: true)
    }
  }

  @Test func aHeadThatReadsTwoValuesIsRefused() throws {
    var builder = ProgramBuilder(architecture: "entangled")
    let input = builder.input("input", shape: [2])
    let left = builder.relu(input, layer: "left")
    let hidden = builder.linear(left, inputCount: 2, outputCount: 2, layer: "body")
    let scores = builder.linear(hidden, inputCount: 2, outputCount: 2, layer: "fc")
    // The shortcut around the classifier brings in a second value.
    let sum = builder.add(scores, left, layer: "sum", kind: "Add")
    let program = try builder.build(outputs: [sum], head: "fc")
    let model = try Model(initializing: program, task: "t", classNames: ["a", "b"], seed: 0)
    #expect(throws: ModelError.entangledHead(layer: "fc")) {
      try model.run(["input": images([1, 2])], capturesHeadInput: true)
    }
  }
}
