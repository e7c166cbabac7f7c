import Foundation
import Programs

/// The program of a checkpoint.
enum ProgramText: Reader {
  static let name = "program"

  static func read(_ data: Data) throws {
    let program = try Program(json: data)
    _ = (program.refusedCalls, program.blocks, program.layers)
    let text = try program.jsonData()
    // As text: a NaN is not itself.
    guard try Program(json: text).jsonData() == text else { preconditionFailure("another program: \(program)") }
  }

  static func seeds() throws -> [Data] {
    let hostile = try Fixture.data("hostile/programs.json").map { try JSONSerialization.jsonObject(with: $0) }
    let programs = (hostile.first as? [[String: Any]] ?? []).compactMap { $0["program"] }
    return [small]
      + (try stride(from: 0, to: programs.count, by: 10).map {
        try JSONSerialization.data(withJSONObject: programs[$0], options: .sortedKeys)
      })
  }

  private static let small = Data(
    """
    {"version":1,"architecture":"small","inputs":[{"name":"x","elementType":"float32","shape":[-1,3]}],\
    "parameters":[{"name":"fc.weight","shape":[2,3],"elementType":"float32","initialization":{"uniform":0.5}},\
    {"name":"fc.bias","shape":[2],"elementType":"float32","initialization":{"constant":0}}],"buffers":[],\
    "nodes":[{"operator":"aten::linear","inputs":[{"name":"input","value":{"value":"x"}},\
    {"name":"weight","value":{"value":"fc.weight"}},{"name":"bias","value":{"value":"fc.bias"}}],"outputs":["y"],\
    "layer":"fc","kind":"Linear"},{"operator":"aten::reshape","inputs":[{"name":"self","value":{"value":"y"}},\
    {"name":"shape","value":{"sizes":[-1,2]}}],"outputs":["z"]}],"outputs":["z"],"head":"fc"}
    """.utf8)
}

/// The graph of an exported program.
enum GraphText: Reader {
  static let name = "graph"

  static func read(_ data: Data) throws {
    let program = try ExportedProgram(json: data).program()
    _ = (program.refusedCalls, program.blocks)
    _ = try program.jsonData()
  }

  static func seeds() -> [Data] { [small] }

  /// A linear layer, as `torch.export` of PyTorch 2.13 describes it.
  static let small = Data(
    """
    {"schema_version":{"major":8,"minor":15},"torch_version":"2.13.0","graph_module":{"graph":{"nodes":[\
    {"target":"torch.ops.aten.linear.default","inputs":[{"name":"input","arg":{"as_tensor":{"name":"x"}}},\
    {"name":"weight","arg":{"as_tensor":{"name":"p_w"}}},{"name":"bias","arg":{"as_none":true}}],\
    "outputs":[{"as_tensor":{"name":"linear"}}],"metadata":{"nn_module_stack":"L,,m.Net;F,fc,torch.nn.Linear"}},\
    {"target":"torch.ops.aten.view.default","inputs":[{"name":"self","arg":{"as_tensor":{"name":"linear"}}},\
    {"name":"size","arg":{"as_sym_ints":[{"as_int":-1},{"as_int":2}]}}],"outputs":[{"as_tensor":{"name":"view"}}],\
    "metadata":{}}],"tensor_values":{"x":{"dtype":7,"sizes":[{"as_name":"s0"},{"as_int":3}]},\
    "p_w":{"dtype":7,"sizes":[{"as_int":2},{"as_int":3}]}}},"signature":{"input_specs":[\
    {"parameter":{"arg":{"name":"p_w"},"parameter_name":"fc.weight"}},\
    {"user_input":{"arg":{"as_tensor":{"name":"x"}}}}],\
    "output_specs":[{"user_output":{"arg":{"as_tensor":{"name":"view"}}}}]}}}
    """.utf8)
}
