import Foundation
import Programs
import TestSupport
import Testing

@testable import Checkpoints

/// Adapters that are written, beside those that PEFT wrote: see Fixtures/weights/adapters/make_adapters.py.
@Suite struct LowRankAdapterWritingTests {
  private func fixture(_ name: String) -> String { Repository.fixture("weights/adapters/\(name)") }

  /// The network of that script before it was adapted.
  private func base() throws -> Checkpoint {
    func layer(_ name: String, _ operation: String, _ kind: String, _ input: String) -> Node {
      Node(
        operatorName: operation,
        inputs: [
          NamedArgument(name: "input", value: .value(input)),
          NamedArgument(name: "weight", value: .value("\(name).weight")),
          NamedArgument(name: "bias", value: .value("\(name).bias")),
        ], outputs: [name], layer: name, layerKind: kind)
    }
    let tensors = try WeightsFile(contentsOf: fixture("base.safetensors")).tensors
    let program = Program(
      architecture: "Net", inputs: [Input(name: "x", shape: [-1, 1, 8, 8])],
      parameters: tensors.sorted { $0.key < $1.key }.map { TensorSpecification(name: $0.key, shape: $0.value.shape) },
      nodes: [
        layer("conv", "aten::conv2d", "Conv2d", "x"), layer("hidden", "aten::linear", "Linear", "conv"),
        layer("fc", "aten::linear", "Linear", "hidden"),
      ], outputs: ["fc"], head: "fc")
    return Checkpoint(program: program, task: "t", parameters: tensors)
  }

  /// That network with the adapter that PEFT keeps in `saved`, as a run would leave it.
  private func adapted(_ base: Checkpoint) throws -> Checkpoint {
    let files = try WeightsFile(contentsOf: fixture("saved/adapter_model.safetensors")).tensors
    func flat(_ name: String, _ shape: [Int]) throws -> TensorView {
      TensorView(try #require(files["base_model.model.\(name).weight"]).array(of: Float.self), shape: shape)
    }
    var result = base
    result.parameters.merge(try LowRankAdapter(contentsOf: fixture("saved")).merged(into: base.parameters)) { $1 }
    result.adapters = LowRankFactors(
      alpha: 3,
      pairs: [
        "conv.weight": .init(down: try flat("conv.lora_A", [2, 9]), up: try flat("conv.lora_B", [4, 2])),
        "hidden.weight": .init(down: try flat("hidden.lora_A", [2, 4]), up: try flat("hidden.lora_B", [6, 2])),
      ])
    return result
  }

  private func configuration(_ folder: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/adapter_config.json"))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func whatIsWrittenIsWhatPEFTWrites() throws {
    let folder = try TemporaryFolder()
    let base = try base()
    let tuned = try adapted(base)
    try tuned.write(to: folder.file("tuned.h5"))
    let read = try Checkpoint(contentsOf: folder.file("tuned.h5"))
    #expect(read.adapters == tuned.adapters)
    #expect(try Verification.check(folder.file("tuned.h5")).problems.isEmpty)

    let written = try LowRankAdapter.write(
      read, of: "tuned.h5", base: base, baseName: "org/net", to: folder.file("adapter"))
    #expect(written.changes.map(\.tensor) == ["conv.weight", "hidden.weight"])
    let (own, peft) = (folder.file("adapter/adapter_model.safetensors"), fixture("saved/adapter_model.safetensors"))
    #expect(try WeightsFile(contentsOf: own).tensors == WeightsFile(contentsOf: peft).tensors)
    let (ours, theirs) = (try configuration(folder.file("adapter")), try configuration(fixture("saved")))
    for (key, value) in ours where key != "base_model_name_or_path" && key != "target_modules" {
      #expect(theirs[key] as? NSObject == value as? NSObject, "\(key)")
    }
    #expect(ours["base_model_name_or_path"] as? String == "org/net")
    #expect(ours["target_modules"] as? [String] == ["conv", "hidden"])

    // And back: what the adapter makes of the base is the model it was made of.
    let merged = try LowRankAdapter(contentsOf: folder.file("adapter")).merged(into: base.parameters)
    for (name, tensor) in merged {
      let pairs = zip(tensor.array(of: Float.self), try #require(tuned.parameters[name]).array(of: Float.self))
      #expect(pairs.allSatisfy { abs($0 - $1) <= 1e-6 }, "\(name)")
    }
    #expect(merged.keys.sorted() == ["conv.weight", "fc.bias", "fc.weight", "hidden.weight"])
  }

  /// PEFT takes each name of a list for the end of a path.
  @Test func whereAnotherLayersPathEndsAlikeTheTargetsAreAnExpression() throws {
    let folder = try TemporaryFolder()
    var base = try base()
    base.program.nodes.append(
      Node(operatorName: "aten::relu", inputs: [], outputs: ["y"], layer: "block.hidden", layerKind: "ReLU"))
    try LowRankAdapter.write(try adapted(base), of: "tuned.h5", base: base, to: folder.file("adapter"))
    #expect(try configuration(folder.file("adapter"))["target_modules"] as? String == "conv|hidden")
  }

  @Test func whatPEFTCannotSayIsRefusedByName() throws {
    let folder = try TemporaryFolder()
    func refusal(_ change: (inout Checkpoint, inout Checkpoint) -> Void) throws -> String {
      var base = try base()
      var tuned = try adapted(base)
      change(&base, &tuned)
      let error = #expect(throws: CheckpointError.self) {
        try LowRankAdapter.write(tuned, of: "tuned.h5", base: base, to: folder.file("adapter"))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
      return "\(try #require(error))"
    }
    #expect(
      try refusal { $1.adapters = nil }
        == "tuned.h5: it keeps no low-rank factors: it was trained without adapters, or by a version that did not keep them"
    )
    // A kernel's own bias cannot be kept whole beside its adapter.
    #expect(
      try refusal { $1.parameters["conv.bias"] = TensorView([Float](repeating: 0, count: 4)) }
        == "tuned.h5: PEFT has no adapter for conv.bias (a whole layer called conv keeps PEFT from adapting conv)")
    #expect(
      try refusal { $1.program.nodes[0].inputs.append(NamedArgument(name: "groups", value: .int(2))) }
        == "tuned.h5: PEFT has no adapter for conv.weight (a convolution in groups)")
    #expect(
      try refusal { $1.program.nodes[0].inputs.append(NamedArgument(name: "dilation", value: .ints([1, 2]))) }
        == "tuned.h5: PEFT has no adapter for conv.weight (a dilated convolution)")
    #expect(
      try refusal { $1.program.nodes[1].layer = "attention" }
        == "tuned.h5: PEFT has no adapter for hidden.weight (attention computes with it, not a layer of its own)")
    // Factors of another base.
    #expect(
      try refusal { base, _ in
        base.parameters["hidden.weight"] = TensorView([Float](repeating: 1, count: 24), shape: [6, 4])
      }
        == "tuned.h5: hidden.weight is not what its factors make of the run's epoch 0, so no adapter gives it")
  }

  @Test func whatElseHasChangedGoesWithItWhole() throws {
    let folder = try TemporaryFolder()
    let base = try base()
    var tuned = try adapted(base)
    tuned.parameters["embedding.weight"] = TensorView([Float](repeating: 2, count: 20), shape: [5, 4])
    let written = try LowRankAdapter.write(tuned, of: "tuned.h5", base: base, to: folder.file("adapter"))
    #expect(written.whole.keys.sorted() == ["embedding.weight", "fc.bias", "fc.weight"])
    #expect(try configuration(folder.file("adapter"))["modules_to_save"] as? [String] == ["embedding", "fc"])
  }

  @Test func factorsThatDoNotFitTheirKernelAreRefused() throws {
    let folder = try TemporaryFolder()
    var tuned = try adapted(base())
    tuned.adapters?.pairs["conv.weight"]?.down = random([2, 8])
    #expect(
      throws: CheckpointError.shapeMismatch(
        tensor: "adapters/conv.weight.lora_A", file: folder.file("tuned.h5"), expected: [2, 9], found: [2, 8])
    ) { try tuned.write(to: folder.file("tuned.h5")) }
    tuned.adapters?.pairs = ["other.weight": .init(down: random([2, 9]), up: random([4, 2]))]
    #expect(
      throws: CheckpointError.unexpectedTensor(tensor: "adapters/other.weight", file: folder.file("tuned.h5"))
    ) { try tuned.write(to: folder.file("tuned.h5")) }
  }

  /// Of the patterns that fit a layer, PEFT takes the first of the file.
  @Test func theFirstPatternThatFitsALayerCounts() throws {
    let folder = try TemporaryFolder()
    try SafetensorsFile.write(
      ["A": random([2, 4]), "B": random([6, 2])].reduce(into: [:]) {
        $0["base_model.model.block.hidden.lora_\($1.key).weight"] = $1.value
      }, metadata: [:], to: folder.file("adapter_model.safetensors"))
    for (patterns, scale) in [(#""hidden": 7, "block.hidden": 9"#, 3.5), (#""block.hidden": 9, "hidden": 7"#, 4.5)] {
      try #"{"peft_type": "LORA", "lora_alpha": 2, "alpha_pattern": {\#(patterns)}, "rank_pattern": {"hidden": 2}}"#
        .write(
          toFile: folder.file("adapter_config.json"), atomically: true, encoding: .utf8)
      #expect(try LowRankAdapter(contentsOf: folder.path).changes.map(\.scale) == [scale])
    }
  }
}
