import Checkpoints
import Models
import Programs
import Testing

@Suite struct FiniteWeightsTests {
  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func weightThatIsNoNumberIsNamed(value: Float) throws {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 2, 2], classCount: 3, hiddenSizes: [5]))
    let good = try Model(initializing: program, task: "t", classNames: ["a", "b", "c"], seed: 1).checkpoint(epoch: 0)
    _ = try Model(good)
    for name in good.parameters.keys {
      var bad = good
      let tensor = try #require(good.parameters[name])
      var values = tensor.array(of: Float.self)
      values[values.count - 1] = value
      bad.parameters[name] = TensorView(values, shape: tensor.shape)
      bad.heads["t"]?.tensors[name] = bad.heads["t"]?.tensors[name].map { _ in TensorView(values, shape: tensor.shape) }
      #expect(throws: ModelError.notFinite(tensor: name, task: "t")) { try Model(bad) }
    }
  }
}
