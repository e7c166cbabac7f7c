import Foundation
import Testing

@testable import Programs

/// The rules by which a graph of `torch.export` becomes a program, on graphs written by hand.
@Suite struct ExportedGraphTests {
  /// A graph `x → linear(x, weight) → …`, whose parts the tests replace.
  private func graph(
    batch: String = #"{"as_expr": {"expr_str": "s77", "hint": {"as_int": 2}}}"#, extra: [String] = [],
    output: String = "linear", schema: Int = 8, specifications: [String] = []
  ) -> Data {
    let linear = node(
      "torch.ops.aten.linear.default",
      [
        #"{"name": "input", "arg": {"as_tensor": {"name": "x"}}, "kind": 1}"#,
        #"{"name": "weight", "arg": {"as_tensor": {"name": "p_fc_weight"}}, "kind": 1}"#,
      ],
      "linear", module: "fc,fc,torch.nn.modules.linear.Linear")
    let nodes = ([linear] + extra).joined(separator: ",")
    let inputs = [
      #"{"parameter": {"arg": {"name": "p_fc_weight"}, "parameter_name": "fc.weight"}}"#,
      #"{"user_input": {"arg": {"as_tensor": {"name": "x"}}}}"#,
    ]
    let text = """
      {"schema_version": {"major": \(schema), "minor": 20}, "torch_version": "2.13.0", "graph_module": {
        "graph": {"nodes": [\(nodes)], "tensor_values": {
          "x": {"dtype": 7, "sizes": [\(batch), {"as_int": 4}]},
          "p_fc_weight": {"dtype": 7, "sizes": [{"as_int": 3}, {"as_int": 4}]}}},
        "signature": {"input_specs": [\((inputs + specifications).joined(separator: ","))],
          "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "\(output)"}}}}]}}}
      """
    return Data(text.utf8)
  }

  private func node(_ target: String, _ inputs: [String], _ output: String?, module: String = "") -> String {
    let outputs = output.map { #"{"as_tensor": {"name": "\#($0)"}}"# } ?? ""
    let stack = "L__self__,,model.Net" + (module.isEmpty ? "" : ";\(module)")
    return """
      {"target": "\(target)", "inputs": [\(inputs.joined(separator: ","))], "outputs": [\(outputs)],
       "metadata": {"nn_module_stack": "\(stack)"}}
      """
  }

  private func tensor(_ name: String, _ value: String) -> String {
    #"{"name": "\#(name)", "arg": {"as_tensor": {"name": "\#(value)"}}, "kind": 1}"#
  }

  @Test func aGraphBecomesAProgramWithPyTorchsNames() throws {
    let program = try ExportedProgram(json: graph()).program()
    #expect(program.architecture == "Net")
    #expect(program.inputs == [Input(name: "x", shape: [-1, 4])])
    #expect(program.parameters.map(\.name) == ["fc.weight"])
    // PyTorch draws a linear layer's weight within 1/√fan-in = 1/√4.
    #expect(program.parameters[0].initialization == .uniform(bound: 0.5))
    #expect(program.nodes.map(\.layer) == ["fc"])
    #expect(program.nodes.map(\.layerKind) == ["Linear"])
    #expect(program.head == "fc")
  }

  @Test func aFixedBatchIsRefusedWithTheLineThatFreesIt() throws {
    let exported = try ExportedProgram(json: graph(batch: #"{"as_int": 2}"#))
    #expect(throws: ProgramError.fixedBatch(input: "x", size: 2)) { try exported.program() }
    #expect("\(ProgramError.fixedBatch(input: "x", size: 2))".contains(#"dynamic_shapes={"x": {0: "#))
  }

  @Test func anotherSchemaIsRefusedByItsNumber() {
    #expect(throws: ProgramError.unsupportedVersion(found: 9, supported: 8)) {
      try ExportedProgram(json: graph(schema: 9))
    }
  }

  @Test func assertionsAndWhatOnlyTheyReadAreLeftOut() throws {
    let size = """
      {"target": "torch.ops.aten.sym_size.int", "inputs": [\(tensor("self", "x")), \
      {"name": "dim", "arg": {"as_int": 0}, "kind": 1}], "outputs": [{"as_sym_int": {"as_name": "size"}}], "metadata": {}}
      """
    let compare = """
      {"target": "_operator.ge", "inputs": [{"name": "", "arg": {"as_sym_int": {"as_name": "size"}}, "kind": 1}, \
      {"name": "", "arg": {"as_int": 2}, "kind": 1}], "outputs": [{"as_sym_bool": {"as_name": "ge"}}], "metadata": {}}
      """
    let check = """
      {"target": "torch.ops.aten._assert_scalar.default", "inputs": [\
      {"name": "self", "arg": {"as_sym_bool": {"as_name": "ge"}}, "kind": 1}], "outputs": [], "metadata": {}}
      """
    let program = try ExportedProgram(json: graph(extra: [size, compare, check])).program()
    #expect(program.nodes.map(\.operatorName) == ["aten::linear"])
  }

  @Test func computedSizesAreReadByName() throws {
    let size = """
      {"target": "torch.ops.aten.sym_size.int", "inputs": [\(tensor("self", "x")), \
      {"name": "dim", "arg": {"as_int": 0}, "kind": 1}], "outputs": [{"as_sym_int": {"as_name": "size"}}], "metadata": {}}
      """
    let view = """
      {"target": "torch.ops.aten.view.default", "inputs": [\(tensor("self", "linear")), {"name": "size", \
      "arg": {"as_sym_ints": [{"as_name": "size"}, {"as_int": -1}]}, "kind": 1}], \
      "outputs": [{"as_tensor": {"name": "view"}}], "metadata": {}}
      """
    let program = try ExportedProgram(json: graph(extra: [size, view], output: "view")).program()
    #expect(program.nodes.last?.inputs.last?.value == .sizes([.value("size"), .int(-1)]))
    #expect(try Program(json: program.jsonData()) == program, "the JSON form keeps everything")
    #expect(program.head == "fc", "a view after the classifier does not hide it")
  }

  @Test func whatIsNotSupportedIsNamedWithItsLayer() throws {
    let graphCall = node(
      "torch.ops.higher_order.cond", [#"{"name": "pred", "arg": {"as_graph": {"name": "g"}}, "kind": 1}"#], "y",
      module: "gate,gate,model.Gate")
    let exported = try ExportedProgram(json: graph(extra: [graphCall], output: "y"))
    let error = #expect(throws: ProgramError.self) { try exported.program() }
    #expect("\(try #require(error))".contains("layer 'gate'"))
  }

  @Test func batchCountersOfTrainingGraphsAreTheExecutors() throws {
    let buffer = """
      {"buffer": {"arg": {"name": "b_n"}, "buffer_name": "bn.num_batches_tracked", "persistent": true}}
      """
    let count = node(
      "torch.ops.aten.add_.Tensor", [tensor("self", "b_n"), #"{"name": "other", "arg": {"as_int": 1}, "kind": 1}"#],
      "counted", module: "bn,bn,torch.nn.modules.batchnorm.BatchNorm2d")
    var text = String(decoding: graph(extra: [count], specifications: [buffer]), as: UTF8.self)
    text = text.replacing(#""tensor_values": {"#, with: #""tensor_values": {"b_n": {"dtype": 5, "sizes": []},"#)
    let program = try ExportedProgram(json: Data(text.utf8)).program()
    #expect(program.nodes.map(\.operatorName) == ["aten::linear"])
    #expect(program.buffers.map(\.elementType) == ["int64"])
  }

  @Test func valuesChangedInPlaceAreKnownThroughViews() throws {
    let view = node("torch.ops.aten.flatten.using_ints", [tensor("self", "linear")], "flat")
    let relu = node("torch.ops.aten.relu_.default", [tensor("self", "flat")], "out")
    let program = try ExportedProgram(json: graph(extra: [view, relu], output: "out")).program()
    #expect(program.mutatedValues == ["linear", "flat"])
  }

  @Test func aShapeBeyondAllMeasureIsRefused() throws {
    // 2⁶² × 8 elements fit no Int.
    let text = String(decoding: graph(), as: UTF8.self).replacing(
      #"[{"as_int": 3}, {"as_int": 4}]"#, with: #"[{"as_int": 3}, {"as_int": 4611686018427387904}, {"as_int": 8}]"#)
    let exported = try ExportedProgram(json: Data(text.utf8))
    #expect(throws: ProgramError.invalidShape(tensor: "fc.weight", shape: [3, 1 << 62, 8])) { try exported.program() }
  }

  @Test func textThatIsNoGraphIsRefusedInOneLine() {
    for text in ["", "{}", "[1]", #"{"schema_version": {"major": 8, "minor": 1}}"#] {
      let error = #expect(throws: ProgramError.self) { try ExportedProgram(json: Data(text.utf8)) }
      #expect(!(error?.description.contains("\n") ?? true))
    }
  }
}
