import Datasets
import Torch

/// Some of a head's outputs: those that a loss is over.
///
/// Outputs of classes that no example has are then not pushed down: Zeno et al., "Task agnostic continual learning using online
/// variational Bayes", 2018, call it the labels trick.
public struct ClassSubset {
  /// The outputs, ascending: int64 `[classes]`.
  private let outputs: Tensor
  /// Of every output its place among them, 0 where it is none: int64 `[outputs]`.
  private let places: Tensor

  /// - Parameters:
  ///   - outputs: ascending, each once.
  ///   - count: how many outputs the head has.
  public init(_ outputs: [Int], of count: Int, device: Device) throws {
    var places = [Int64](repeating: 0, count: count)
    for (place, output) in outputs.enumerated() { places[output] = Int64(place) }
    self.outputs = try Tensor(outputs.map(Int64.init), device: device)
    self.places = try Tensor(places, device: device)
  }

  /// The logits of these outputs, `[rows, classes, …]`, and the labels among them, `[rows, …]`; −100 stays.
  func taking(_ logits: Tensor, _ labels: Tensor) throws -> (logits: Tensor, labels: Tensor) {
    let isNone = try labels.equals(Int(Dataset.ignoredLabel))
    let known = try labels.filled(where: isNone, with: 0).reshaped([-1])
    let own = try places.selecting(known, along: 0).reshaped(labels.shape)
    return (try taking(columns: logits), try own.filled(where: isNone, with: Double(Dataset.ignoredLabel)))
  }

  /// What stands in these outputs' places, of `[rows, outputs, …]`.
  func taking(columns: Tensor) throws -> Tensor { try columns.selecting(outputs, along: 1) }

  /// The weights of these outputs.
  func taking(weights: Tensor?) throws -> Tensor? { try weights?.selecting(outputs, along: 0) }
}
