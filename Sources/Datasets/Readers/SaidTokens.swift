import Checkpoints
import HDF5

extension Dataset {
  /// What is left out of every loss and score, as in PyTorch.
  public static let ignoredLabel: Int64 = -100

  /// The labels of text without labels: its own tokens, ``ignoredLabel`` where `attention_mask` is 0.
  ///
  /// - Throws: ``DatasetError/malformed(file:reason:)`` where no input is text.
  static func saidTokens(of inputs: [InputArray], file: String, split: String) throws -> InputArray {
    let maskName = "attention_mask"
    let integers = inputs.filter {
      !$0.elementType.isFloatingPoint && $0.shape.count == 1 && $0.name != maskName && $0.elementType != .bool
    }
    guard let text = integers.first(where: { $0.name == "input_ids" }) ?? (integers.count == 1 ? integers[0] : nil),
      let stored = text.storage
    else {
      throw DatasetError.malformed(
        file: file, reason: "no \(split)/labels, and no integer input of one axis an example that could be text")
    }
    guard let mask = inputs.first(where: { $0.name == maskName }) else {
      return InputArray(name: "labels", rows: stored)
    }
    guard mask.shape == text.shape, mask.rowCount == text.rowCount, let storedMask = mask.storage else {
      throw DatasetError.shapeMismatch(
        file: file, array: "\(split)/inputs/\(maskName)", expected: "shape \(text.shape), as \(text.name)",
        found: "shape \(mask.shape)")
    }
    let (words, seen) = (stored.integers, storedMask.integers)
    let labels = zip(words, seen).map { $1 == 0 ? ignoredLabel : $0 }
    return InputArray(name: "labels", rows: TensorView(labels, shape: stored.shape))
  }
}
