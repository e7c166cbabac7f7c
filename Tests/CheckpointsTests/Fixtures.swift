import Foundation
import HDF5
import Programs

@testable import Checkpoints

/// A small network with random weights, drawn anew at each call.
func makeCheckpoint(task: String = "source", classCount: Int = 3) throws -> Checkpoint {
  var program = try Architecture.mlp.program(
    options: ArchitectureOptions(inputShape: [1, 2, 2], classCount: classCount, hiddenSizes: [5]))
  program.buffers = [TensorSpecification(name: "steps", shape: [], elementType: "int64")]
  var parameters: [String: TensorView] = [:]
  for specification in program.parameters { parameters[specification.name] = random(specification.shape) }
  let head = Head(
    tensors: parameters.filter { program.headParameterNames.contains($0.key) },
    classNames: (0..<classCount).map { "class \($0)" }, labelMap: (0..<classCount).map { $0 + 5 })
  return Checkpoint(
    program: program, task: task, epoch: 0, parent: nil, parameters: parameters,
    buffers: ["steps": TensorView([Int64(7)], shape: [])], heads: [task: head],
    preprocessing: Preprocessing(mean: [0.1], standardDeviation: [0.3]))
}

func random(_ shape: [Int]) -> TensorView {
  TensorView((0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1) }, shape: shape)
}

/// Turns one bit of a file.
func damage(_ path: String, at offset: Int) throws {
  var data = try Data(contentsOf: URL(fileURLWithPath: path))
  data[offset] ^= 0x10
  try data.write(to: URL(fileURLWithPath: path))
}
