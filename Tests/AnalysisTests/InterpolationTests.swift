import Analysis
import Checkpoints
import Programs
import Testing

@Suite struct InterpolationTests {
  /// One linear layer, a head of two classes and two buffers, all elements equal.
  private func checkpoint(_ value: Float, count: Int64, task: String = "a", heads: [String: Float]) throws -> Checkpoint
  {
    var builder = ProgramBuilder(architecture: "line")
    let input = builder.input("input", shape: [2])
    let hidden = builder.linear(input, inputCount: 2, outputCount: 2, layer: "body")
    let logits = builder.linear(hidden, inputCount: 2, outputCount: 2, layer: "fc")
    var program = try builder.build(outputs: [logits], head: "fc")
    program.buffers = [
      TensorSpecification(name: "mean", shape: [2]),
      TensorSpecification(name: "count", shape: [], elementType: "int64"),
    ]
    func tensors(_ layer: String, _ value: Float) -> [String: TensorView] {
      [
        "\(layer).weight": TensorView([value, value, value, value], shape: [2, 2]),
        "\(layer).bias": TensorView([value, value], shape: [2]),
      ]
    }
    let stored = heads.mapValues { Head(tensors: tensors("fc", $0), classNames: ["x", "y"], labelMap: [0, 1]) }
    return Checkpoint(
      program: program, task: task, parameters: tensors("body", value).merging(stored[task]?.tensors ?? [:]) { $1 },
      buffers: ["mean": TensorView([value, value], shape: [2]), "count": TensorView([count], shape: [])], heads: stored)
  }

  private func first(_ tensor: TensorView?) throws -> Float { try #require(tensor).array(of: Float.self)[0] }

  @Test func everyFloatLiesOnTheLineAndIntegersAreOfTheNearerEnd() throws {
    let before = try checkpoint(2, count: 10, heads: ["a": 1, "b": 8])
    let after = try checkpoint(6, count: 30, task: "b", heads: ["a": 3, "b": 4])
    let line = try Interpolation(before: before, after: after)
    let quarter = try line.checkpoint(at: 0.25)
    // 0.75·2 + 0.25·6 = 3; the heads 0.75·1 + 0.25·3 = 1.5 and 0.75·8 + 0.25·4 = 7.
    #expect(try first(quarter.parameters["body.weight"]) == 3)
    #expect(try first(quarter.buffers["mean"]) == 3)
    #expect(try first(quarter.heads["a"]?.tensors["fc.bias"]) == 1.5)
    #expect(try first(quarter.parameters["fc.weight"]) == 7)
    #expect(quarter.buffers["count"]?.array(of: Int64.self) == [10])
    #expect(try line.checkpoint(at: 0.75).buffers["count"]?.array(of: Int64.self) == [30])
    #expect(quarter.task == "b")
    try quarter.validate(file: "quarter")
  }

  @Test func theEndsAreTheCheckpointsBitByBit() throws {
    let before = try checkpoint(0.1, count: 1, heads: ["a": 0.7])
    let after = try checkpoint(0.3, count: 2, heads: ["a": 1e-8])
    let line = try Interpolation(before: before, after: after)
    for (share, end) in [(0.0, before), (1.0, after)] {
      let found = try line.checkpoint(at: share)
      for (name, tensor) in end.parameters.merging(end.buffers, uniquingKeysWith: { $1 }) {
        let own = try #require(found.parameters[name] ?? found.buffers[name])
        #expect(own.isIdentical(to: tensor), "\(name) at \(share)")
      }
    }
  }

  @Test func headsAreKeptWhenAskedAndThoseOfOneSideStay() throws {
    let before = try checkpoint(2, count: 1, heads: ["a": 1, "old": 5])
    let after = try checkpoint(4, count: 1, task: "b", heads: ["a": 3, "b": 9])
    let kept = try Interpolation(before: before, after: after, keepsHeads: true).checkpoint(at: 0.5)
    #expect(try first(kept.heads["a"]?.tensors["fc.weight"]) == 3)
    #expect(try first(kept.parameters["body.weight"]) == 3)
    let moved = try Interpolation(before: before, after: after).checkpoint(at: 0.5)
    #expect(try first(moved.heads["a"]?.tensors["fc.weight"]) == 2)
    #expect(try first(moved.heads["b"]?.tensors["fc.weight"]) == 9)
    #expect(try first(moved.heads["old"]?.tensors["fc.weight"]) == 5)
  }

  @Test func otherTensorsAreRefusedByName() throws {
    let before = try checkpoint(2, count: 1, heads: ["a": 1])
    var after = before
    after.parameters["body.weight"] = TensorView([1, 2, 3] as [Float], shape: [1, 3])
    let error = try #require(
      #expect(throws: AnalysisError.self) { try Interpolation(before: before, after: after) })
    #expect(error.description.contains("'body.weight' has shape [2, 2] before and [1, 3] after"))
  }
}
