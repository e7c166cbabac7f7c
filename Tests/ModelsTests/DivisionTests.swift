import Programs
import TestSupport
import Testing
import Torch

@testable import Models

@Suite struct DivisionTests {
  /// Cut between any two of its blocks, a network gives what it gives in one, and the lower part's values are copies
  /// that lost their strides, as stored ones have.
  @Test(arguments: ExportedFixture.names) func theTwoPartsGiveWhatTheWholeGives(name: String) throws {
    let (model, expected) = try ExportedFixture.load(name)
    let inputs = try ExportedFixture.inputs(model, expected)
    let whole = try withoutGradients { try model.run(inputs).logits.array(of: Double.self) }
    let scale = whole.map(abs).max() ?? 0
    let program = model.program
    let blocks = program.blocks
    let layers = Set(program.nodes.map(\.layer))
    for cut in blocks.indices.dropFirst() {
      let trained = Set(blocks[cut...].flatMap(\.parameterNames))
      let division = try #require(try model.divided(trained: trained, evaluating: layers), "\(name) at \(cut)")
      #expect(trained.isDisjoint(with: division.lower.parameters.map(\.name)))
      try division.lower.validate()
      try division.upper.validate()
      let (lower, upper) = (try Model(division.lower, sharing: model), try Model(division.upper, sharing: model))
      try withoutGradients {
        let values = try lower.run(inputs).outputs.map { try Tensor.copying($0.view()) }
        #expect(values.count == division.upper.inputs.count)
        // One cut of that model is within its attention, whose values have the length first: no row an example.
        let hasRows = values.allSatisfy { $0.shape.first == 6 }
        #expect(hasRows || name.hasPrefix("versions"), "\(name) at \(cut): \(values.map(\.shape))")
        let named = Dictionary(uniqueKeysWithValues: zip(division.lower.outputs, values))
        let found = try upper.run(named).logits.array(of: Double.self)
        let worst = try #require(largestDifference(found, whole))
        #expect(worst.value <= 1e-5 * scale, "\(name) at \(blocks[cut].name): \(worst) of \(scale)")
      }
    }
  }

  @Test func whatVariesInTrainingStaysAboveUnlessItsLayerIsFrozen() throws {
    let (model, _) = try ExportedFixture.load("vit")
    let head = Set(model.program.headParameterNames)
    let layers = Set(model.program.nodes.map(\.layer))
    let frozen = try #require(try model.divided(trained: head, evaluating: layers))
    #expect(frozen.upper.nodes.map(\.operatorName) == ["aten::linear"])
    // The first dropout is behind the position embedding: what is before it is all that is the same each time.
    let free = try #require(try model.divided(trained: head, evaluating: []))
    #expect(free.upper.nodes.contains { $0.operatorName == "aten::scaled_dot_product_attention" })
    #expect(free.lower.nodes.contains { $0.operatorName == "aten::conv2d" })
    #expect(!free.lower.nodes.contains { $0.operatorName == "aten::dropout" })
  }

  @Test func drawingCallsVaryWhateverTheMode() throws {
    func varies(_ name: String, overload: String = "", isTraining: Bool = false) throws -> Bool {
      try ResolvedCall.varies(
        Node(operatorName: name, overload: overload, inputs: [], outputs: ["y"]), isTraining: isTraining)
    }
    #expect(try varies("aten::randn"))
    #expect(try varies("aten::rand_like"))
    #expect(try varies("aten::normal_"))
    #expect(try varies("aten::bernoulli_", overload: "Tensor"))
    #expect(try !varies("aten::bernoulli_", overload: "float"))
    #expect(try varies("aten::bernoulli_", overload: "float", isTraining: true))
    // Without running statistics it takes its batch's in evaluation too.
    #expect(try varies("aten::batch_norm"))
    let running = Node(
      operatorName: "aten::batch_norm", inputs: [NamedArgument(name: "running_mean", value: .value("mean"))],
      outputs: ["y"])
    #expect(try ResolvedCall.varies(running, isTraining: true) && !ResolvedCall.varies(running, isTraining: false))
    #expect(try !varies("aten::linear", isTraining: true))
    #expect(try !varies("_operator::mul", isTraining: true))
  }

  @Test func aHeadPutInPlaceInOnePartIsInPlaceInAll() throws {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 2, 2], classCount: 2, hiddenSizes: [3]))
    let model = try Model(initializing: program, task: "a", classNames: ["x", "y"], seed: 1)
    let division = try #require(try model.divided(trained: Set(program.headParameterNames), evaluating: []))
    let upper = try Model(division.upper, sharing: model)
    try upper.addHead(task: "b", classNames: ["u", "v", "w"], labelMap: [0, 1, 2], seed: 2)
    #expect(model.task == "b" && model.heads.keys.sorted() == ["a", "b"])
    let input = ["input": try Tensor([Float(1), 2, 3, 4], shape: [1, 1, 2, 2])]
    #expect(try model.run(input).logits.shape == [1, 3])
    try model.activate(task: "a")
    #expect(upper.task == "a")
  }

  @Test func multiplicationsAreThoseWorkedByHand() throws {
    var builder = ProgramBuilder(architecture: "counted")
    var value = builder.input("input", shape: [2, 5, 5])
    value = builder.convolution(value, inputChannels: 2, outputChannels: 3, kernel: 3, layer: "conv")
    value = builder.relu(value, layer: "relu")
    value = builder.flatten(value, layer: "flatten")
    value = builder.linear(value, inputCount: 27, outputCount: 4, layer: "fc")
    let model = try Model(
      initializing: builder.build(outputs: [value], head: "fc"), task: "t", classNames: ["a", "b", "c", "d"], seed: 0)
    // Two examples: 9 positions of 3 · 2 · 3 · 3 = 54 weights, then one of 27 · 4 = 108.
    let count = try model.multiplicationCount(of: ["input": .zeros([2, 2, 5, 5])])
    #expect(count == 2 * (9 * 54 + 108))
  }

  @Test func examplesAreCountedForEachLayerWhileTheCounterIsCurrent() throws {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 1, 2], classCount: 2, hiddenSizes: []))
    let model = try Model(initializing: program, task: "t", classNames: ["a", "b"], seed: 0)
    let counter = ForwardCount()
    try ForwardCount.$current.withValue(counter) {
      for count in [3, 4] { _ = try model.run(["input": .zeros([count, 1, 1, 2])]) }
    }
    _ = try model.run(["input": .zeros([5, 1, 1, 2])])
    #expect(Set(counter.examples.values) == [7] && counter.examples.count == program.layers.count)
  }
}
