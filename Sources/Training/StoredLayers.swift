import Checkpoints
import Datasets
import Evaluation
import Foundation
import HDF5
import Models
import Programs
import Torch

/// The lower part of a network that training leaves as it is: what it gives is computed once for each example and
/// stored, and what is above is trained and judged from there.
struct StoredLayers {
  /// What is above; its inputs are the stored values.
  let upper: Model
  /// Bytes that the stored values of an example take.
  let exampleByteCount: Int
  private let lower: Model
  private static let batchSize = 256
  /// Multiplications that must be saved for each stored byte: below, much memory would save little. A first convolution
  /// of 32 channels saves 2, and 60,000 images of 28 × 28 would take 5 GB behind it; with the second one and its pooling
  /// it is 300, and 2 GB.
  private static let leastMultiplicationsPerByte = 8

  /// Nil where there is nothing below that is worth its storage, or where its values are not one row an example, the
  /// same whatever the examples beside it.
  ///
  /// - Parameters:
  ///   - trained: names of the parameters that change.
  ///   - layers: those that run as in evaluation all along.
  ///   - split: examples to try the lower part on.
  init?(of model: Model, trained: Set<String>, evaluating layers: Set<String>, triedOn split: Split) throws {
    guard let division = try model.divided(trained: trained, evaluating: layers) else { return nil }
    lower = try Model(division.lower, sharing: model, preprocessing: model.preprocessing)
    // What cannot run on a few examples has not been tried: every step will say so, or do without.
    guard let trial = try? Self.trial(of: lower, on: split) else { return nil }
    let values = trial.values
    var program = division.upper
    for (index, name) in division.lower.outputs.enumerated() {
      guard let position = program.inputs.firstIndex(where: { $0.name == name }), let type = values[index].type else {
        return nil
      }
      program.inputs[position].elementType = type.name
      program.inputs[position].shape = [-1] + values[index].shape.dropFirst()
    }
    exampleByteCount = values.reduce(0) { $0 + $1.count / 3 * ($1.type?.byteCount ?? 0) }
    guard trial.multiplicationCount >= Self.leastMultiplicationsPerByte * 3 * exampleByteCount else { return nil }
    upper = try Model(program, sharing: model)
  }

  /// The stored values of a split's examples, in its order, with its labels. Nil where they are of other shapes than
  /// those that were tried.
  ///
  /// - Parameter onProgress: told how many more examples are done; may throw to stop.
  func values(of split: Split, dataset: String, onProgress: (Int) throws -> Void = { _ in }) throws -> Split? {
    try lower.checkInputs(of: split, dataset: dataset)
    let inputs = upper.program.inputs
    var bytes = [[UInt8]](repeating: [], count: inputs.count)
    for (index, input) in inputs.enumerated() {
      let size = input.shape.dropFirst().reduce(try DType(named: input.elementType).byteCount, *)
      bytes[index].reserveCapacity(size * split.count)
    }
    let position = Dictionary(uniqueKeysWithValues: lower.program.outputs.enumerated().map { ($1, $0) })
    for batch in try Batches(split: split, batchSize: Self.batchSize, device: lower.device) {
      let found = try Self.outputs(of: lower, on: batch)
      for (index, input) in inputs.enumerated() {
        guard let output = position[input.name], output < found.count,
          found[output].shape == [batch.indices.count] + input.shape.dropFirst()
        else { return nil }
        bytes[index] += try found[output].bytes()
      }
      try onProgress(batch.indices.count)
    }
    let stored = try inputs.indices.map { index in
      let input = inputs[index]
      guard let type = ElementType(rawValue: input.elementType) else {
        throw TorchError.failed(operation: "store", message: "unsupported element type \(input.elementType)")
      }
      let rows = TensorView(
        bytes: bytes[index], elementType: type, shape: [split.count] + input.shape.dropFirst())
      // Two owners of the bytes would double the memory when the next input is stored.
      bytes[index] = []
      return InputArray(name: input.name, rows: rows)
    }
    return try split.replacing(inputs: stored)
  }

  private static func outputs(of lower: Model, on batch: Batch) throws -> [Tensor] {
    try withoutGradients { try lower.run(try batch.modelInputs(for: lower)).outputs }
  }

  /// What three examples give and cost; nil unless two of them, in another order, give the same rows by themselves.
  private static func trial(
    of lower: Model, on split: Split
  ) throws -> (values: [Tensor], multiplicationCount: Int)? {
    guard split.count >= 3 else { return nil }
    func batch(_ order: [Int]) throws -> Batch? {
      try Batches(split: split, batchSize: order.count, order: order, device: lower.device).makeIterator().next()
    }
    guard let whole = try batch([0, 1, 2]), let pair = try batch([1, 0]) else { return nil }
    let (three, two) = (try outputs(of: lower, on: whole), try outputs(of: lower, on: pair))
    let count = lower.program.outputs.count
    guard three.count == count, two.count == count else { return nil }
    for (value, other) in zip(three, two) {
      guard let type = value.type, ElementType(rawValue: type.name) != nil, value.shape.first == 3,
        other.shape == [2] + value.shape.dropFirst()
      else { return nil }
      let width = value.count / 3
      let (rows, swapped) = (try value.array(of: Double.self), try other.array(of: Double.self))
      let scale = rows.reduce(0) { max($0, abs($1)) }
      // Sums over batches of other sizes may round otherwise.
      let tolerance = type.isFloatingPoint ? 1e-4 * scale : 0
      let isSame = zip(rows[0..<width], swapped[width...]).allSatisfy { abs($0 - $1) <= tolerance }
      guard isSame, zip(rows[width..<(2 * width)], swapped[..<width]).allSatisfy({ abs($0 - $1) <= tolerance }) else {
        return nil
      }
    }
    return (three, try lower.multiplicationCount(of: whole.modelInputs(for: lower)))
  }
}

extension StoredLayers {
  /// A quarter of the memory there is: the data, the weights and what a step computes want the rest. Where it is not
  /// enough, nothing is stored: what is swapped out is slower than computing it anew.
  static var memoryLimit: Int {
    let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    // A container's limit, where there is one.
    let group = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8)
    let allowed = group.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? physical
    return min(physical, allowed) / 4
  }
}
