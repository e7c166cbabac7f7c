import Foundation
import Programs
import TestSupport
import Testing
import Torch

/// Every operator of the libtorch at hand: which a program from a file may call, and that none of those can reach
/// further than its tensors.
@Suite struct AdmittedOperatorsTests {
  private struct Registered {
    let name: String
    let overload: String
    let schema: String

    /// Of `aten::add.Tensor(Tensor self, …) -> Tensor`.
    init?(_ schema: String) {
      guard let end = schema.firstIndex(of: "(") else { return nil }
      let parts = schema[..<end].split(separator: ".", maxSplits: 1).map(String.init)
      guard let name = parts.first else { return nil }
      (self.name, overload, self.schema) = (name, parts.count > 1 ? parts[1] : "", schema)
    }

    func operation() throws -> Operator {
      try Operator(guarded: name, overload: overload, textArguments: AdmittedOperators.textArguments(of: name))
    }
  }

  private static func registered() throws -> [Registered] {
    try Library.operatorSchemas().compactMap { Registered($0) }
  }

  @Test func everyOperatorIsAdmittedOrRefused() throws {
    let all = try Self.registered()
    #expect(all.count > 3000, "libtorch has registered what it has")
    var admitted: [Registered] = []
    var refused = (name: 0, schema: 0)
    for operation in all {
      guard AdmittedOperators.contains(operation.name, overload: operation.overload) else {
        refused.name += 1
        continue
      }
      do {
        _ = try operation.operation()
        admitted.append(operation)
      } catch { refused.schema += 1 }
    }
    print(
      "\(all.count) operators: \(admitted.count) admitted, \(refused.name) refused by name, \(refused.schema) by schema"
    )
    #expect(admitted.count > 700 && admitted.count < 900)
    for operation in admitted {
      let schema = operation.schema
      // Read from the schema's text, where the check itself reads types.
      for word in ["Storage", "Stream", "QScheme", "Dict(", "__torch__", "Dimname", "Any "] {
        #expect(!schema.contains(word), "\(schema)")
      }
      let arguments = schema.components(separatedBy: ") -> ")[0]
      #expect(!arguments.contains(/\*, .*\([a-z]!\)/), "an out= argument: \(schema)")
      let texts = schema.matches(of: /str\??(\[\])? ([a-z_A-Z]+)/).map { String($0.output.2) }
      #expect(Set(texts).isSubset(of: AdmittedOperators.textArguments(of: operation.name)), "\(schema)")
      for word in ["file", "storage", "sparse", "quant", "mkldnn", "cudnn", "backward", "nested", "resize", "pickle"] {
        #expect(!"\(operation.name).\(operation.overload)".contains(word), "\(schema)")
      }
      #expect(operation.name.hasPrefix("aten::"))
    }
  }

  @Test(arguments: [
    "aten::from_file", "aten::set_", "aten::resize_", "aten::_sparse_coo_tensor_unsafe", "aten::to_dense",
    "aten::ctc_loss",
    "aten::record_stream", "aten::pin_memory", "aten::native_batch_norm", "aten::_fft_r2c", "prim::device", "relu",
    "quantized::linear", "aten::shallow_copy_data_",
  ])
  func whatReachesFurtherIsRefused(name: String) {
    #expect(!AdmittedOperators.contains(name, overload: ""))
  }

  @Test func theListIsWhatItsScriptWrites() throws {
    guard let python = Python.path else { return }
    let script = "\(Repository.root)/Sources/Programs/Operators/Rule/make_operators.py"
    let output = try Python.run(
      """
      import runpy, sys
      sys.argv = [sys.argv[1], "--check"]
      import torch
      if torch.__version__.startswith("2.13."):
          runpy.run_path(sys.argv[0], run_name="__main__")
      """, script, executable: python)
    #expect(output.isEmpty, "\(output)")
  }

  @Test func whatExportsCallIsAdmitted() throws {
    for name in ExportedFixture.names {
      let (model, _) = try ExportedFixture.load(name)
      #expect(model.program.refusedCalls.isEmpty, "\(name)")
    }
    for architecture in Architecture.allCases {
      let options = ArchitectureOptions(inputShape: [3, 32, 32], classCount: 10, form: .cifar)
      #expect(try architecture.program(options: options).refusedCalls.isEmpty, "\(architecture)")
    }
  }
}
