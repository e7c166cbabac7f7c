import Models
import Torch

/// What a model says of examples before it is trained, to compare with what it says later: kept, or, where that would
/// take much memory, said again by a copy of the model.
public enum AnswersBefore {
  /// ``OutputMeaning/reference(_:temperature:)`` of every example, `[examples, …]`.
  case stored(Tensor)
  /// The model as it was, the head that is asked in place.
  case model(Model)

  /// Bytes that kept answers take at most.
  public static let mostStored = 256 << 20

  /// Bytes that answers take where they are kept, of so many examples.
  ///
  /// - Parameter shape: of one example's outputs.
  public static func byteCount(of exampleCount: Int, shape: [Int]) -> Int {
    shape.reduce(4) { $0 * $1 } * exampleCount
  }

  /// The references of a batch's examples.
  ///
  /// - Parameters:
  ///   - indices: the examples' places in the split.
  ///   - inputs: likewise, as the network takes them.
  ///   - part: what of a copy's outputs is asked for; of stored answers it was taken before.
  public func callAsFunction(
    _ indices: [Int], inputs: [String: Tensor], as meaning: OutputMeaning, temperature: Double = 1,
    taking part: (Tensor) throws -> Tensor = { $0 }
  ) throws -> Tensor {
    switch self {
    case .stored(let answers):
      try answers.selecting(Tensor(indices.map(Int64.init), device: answers.device), along: 0)
    case .model(let model):
      try meaning.reference(part(model.run(inputs).logits.widened()), temperature: temperature)
    }
  }
}
