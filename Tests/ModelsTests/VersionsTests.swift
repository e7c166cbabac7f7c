import Programs
import TestSupport
import Testing
import Torch

@testable import Models

@Suite struct VersionsTests {
  /// Each block's tensors in another state, on top of another of the first block's: every version says what a run of its
  /// own says, to the last bit, and so does the model as it is.
  @Test(arguments: ExportedFixture.names) func everyVersionSaysWhatItSaysAlone(name: String) throws {
    let (model, expected) = try ExportedFixture.load(name)
    let inputs = try ExportedFixture.inputs(model, expected)
    func shrunk(_ names: [String]) throws -> [String: Tensor] {
      try Dictionary(
        uniqueKeysWithValues: names.compactMap { name in
          guard let tensor = model.parameters[name], tensor.type == .float32 else { return nil }
          return (name, try tensor.multiply(by: 0.9))
        })
    }
    try withoutGradients {
      let blocks = model.program.blocks
      let common = try shrunk(blocks[0].parameterNames)
      let versions = try blocks.map { try shrunk($0.parameterNames) } + [[:]]
      let own = try versions.map { version in
        try model.run(inputs, replacing: common.merging(version) { $1 }).logits.array(of: Float.self)
      }
      var found = [[Float]](repeating: [], count: versions.count)
      try model.run(inputs, replacing: common, versions: versions) { found[$0] = try $1.array(of: Float.self) }
      for version in versions.indices {
        #expect(found[version] == own[version], "\(name), version \(version)")
      }
      #expect(Set(own).count > 1, "\(name): the versions are all the same")
    }
  }

  /// A value that is changed in place, and a view of it: neither a version nor what they have in common sees another's.
  @Test func whatIsChangedInPlaceIsEachVersionsOwn() throws {
    var builder = ProgramBuilder(architecture: "in place")
    let input = builder.input("input", shape: [3])
    let hidden = builder.linear(input, inputCount: 3, outputCount: 3, layer: "first")
    let logits = builder.linear(hidden, inputCount: 3, outputCount: 2, layer: "second")
    var program = try builder.build(outputs: [logits], head: "second")
    let second = try #require(program.nodes.firstIndex { $0.layer == "second" })
    program.nodes.insert(
      Node(
        operatorName: "aten::add_", overload: "Tensor",
        inputs: [
          NamedArgument(name: "self", value: .value(hidden)), NamedArgument(name: "other", value: .value("first.bias")),
        ], outputs: ["moved"], layer: "first"), at: second)
    let model = try Model(initializing: program, task: "task", classNames: ["a", "b"], seed: 3)
    let inputs = ["input": try Tensor([1, -2, 3] as [Float], shape: [1, 3])]
    try withoutGradients {
      let versions = try [1.0, 2, 3].map { try ["first.bias": Tensor.filled([3], $0)] } + [[:]]
      let own = try versions.map { try model.run(inputs, replacing: $0).logits.array(of: Float.self) }
      var found = [[Float]](repeating: [], count: versions.count)
      try model.run(inputs, versions: versions) { found[$0] = try $1.array(of: Float.self) }
      #expect(found == own)
      // A head in another state is read after the change in place.
      let heads = try [1.0, 2].map { try ["second.bias": Tensor.filled([2], $0)] } + [[:]]
      let ownHeads = try heads.map { try model.run(inputs, replacing: $0).logits.array(of: Float.self) }
      try model.run(inputs, versions: heads) { found[$0] = try $1.array(of: Float.self) }
      #expect(Array(found[..<3]) == ownHeads)
    }
  }

  @Test func whatVersionsHaveInCommonIsComputedOnce() throws {
    let (model, expected) = try ExportedFixture.load("resnet")
    let inputs = try ExportedFixture.inputs(model, expected)
    let head = try #require(model.program.headParameterNames.first)
    let tensor = try #require(model.parameters[head])
    let counter = ForwardCount()
    try ForwardCount.$current.withValue(counter) {
      try withoutGradients {
        let version = [head: try tensor.multiply(by: 2)]
        try model.run(inputs, versions: [version, version, version]) { _, _ in }
      }
    }
    let exampleCount = try #require(inputs.values.first).shape[0]
    let first = try #require(model.program.nodes.first).layer
    let last = try #require(model.program.nodes.last).layer
    #expect(counter.examples[first] == exampleCount && counter.examples[last] == 3 * exampleCount)
  }
}

extension Tensor {
  fileprivate static func filled(_ shape: [Int], _ value: Double) throws -> Tensor {
    let tensor = try zeros(shape)
    try tensor.fill(value)
    return tensor
  }
}
