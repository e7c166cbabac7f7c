/// What is wrong with a dataset, or with the way it was asked for.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  case notFound(path: String, advice: String)
  /// Data in a form that is not read: what they are, and a line of Python that brings them.
  case foreign(path: String, String, python: String)
  case unrecognized(path: String, expected: String)
  case malformed(file: String, reason: String)
  case countMismatch(file: String, array: String, expected: Int, found: Int)
  case shapeMismatch(file: String, array: String, expected: String, found: String)
  case labelOutOfRange(file: String, split: String, index: Int, label: Int, classCount: Int)
  case noExamples(dataset: String, split: String)
  case badSubset(specification: String, reason: String)
  case unreadableImage(file: String, reason: String)
  /// A path to an image that leads nowhere.
  case noImage(file: String)
  /// An image that was there when its folder was listed.
  case imageGone(file: String)
  /// An image whose length or time of change is not what it was when its folder was listed.
  case imageChanged(file: String)
  /// A shorter side that leaves too little to cut a shape from.
  case resizeTooSmall(resize: Int, height: Int, width: Int)
  /// A shorter side to resize to, without a shape that is cut out.
  case resizeWithoutShape(resize: Int, file: String)
  /// Images of several sizes, as `height×width`, where none was asked for.
  case differingSizes(file: String, found: String, others: String)
  case unknownClass(String, dataset: String, available: [String])
  case badAugmentation(value: String, expected: String, found: String)
  case cannotAugment(input: String, expected: String, found: String)
  /// A share of the examples that cannot be held aside for validation.
  case cannotHoldOut(dataset: String, fraction: Double, reason: String)
  /// Labels of another kind, where one class an example is needed.
  case labelsAreNoClasses(dataset: String)
  /// A Python that cannot be started.
  case noPython(python: String)
  /// A Python without the package `tokenizers`.
  case noTokenizers(python: String)
  /// A tokenizer that cannot be used.
  case badTokenizer(path: String, reason: String)
  /// Texts of which no data can be made.
  case unusableTexts(file: String, reason: String)
  /// Data of a run that were made by a program.
  case inMemory(dataset: String)
  /// Data of a run that are others now.
  case changed(specification: String, dataset: String, expected: String, found: String)

  public var description: String {
    switch self {
    case .notFound(let path, let advice): "\(path): no such dataset; \(advice)"
    case .foreign(let path, let words, let python): "\(path): \(words), which is not read; Python brings it: \(python)"
    case .unrecognized(let path, let expected): "\(path): not a dataset Lethe can read; expected \(expected)"
    case .malformed(let file, let reason): "\(file): \(reason)"
    case .countMismatch(let file, let array, let expected, let found):
      "\(file): \(array): expected \(expected) rows, as many as labels, found \(found)"
    case .shapeMismatch(let file, let array, let expected, let found):
      "\(file): \(array): expected \(expected), found \(found)"
    case .labelOutOfRange(let file, let split, let index, let label, let classCount):
      "\(file): \(split) label \(index): expected 0 to \(classCount - 1), found \(label)"
    case .noExamples(let dataset, let split): "\(dataset): no examples in the \(split) split"
    case .unreadableImage(let file, let reason): "\(file): \(reason)"
    case .noImage(let file): "\(file): no such file"
    case .imageGone(let file): "\(file): it is gone since its folder was listed"
    case .imageChanged(let file): "\(file): it was changed since its folder was listed"
    case .resizeTooSmall(let resize, let height, let width):
      "images resized to a shorter side of \(resize): expected \(max(height, width)) or more, of which \(height)×\(width) is cut"
    case .resizeWithoutShape(let resize, let file):
      "\(file): images resized to a shorter side of \(resize) differ in shape: expected a size to cut from them"
    case .differingSizes(let file, let found, let others): "\(file): \(found), while others are \(others)"
    case .badSubset(let specification, let reason):
      "\(specification): \(reason); classes are written like 0-4 or 1,3,5"
    case .unknownClass(let name, let dataset, let available):
      "\(dataset): no class \(name); it has 0 to \(available.count - 1)"
        + (available == available.indices.map(String.init) ? "" : ": \(Self.list(available))")
    case .badAugmentation(let value, let expected, let found):
      "augmentation \(value): expected \(expected), found \(found)"
    case .cannotAugment(let input, let expected, let found):
      "\(input): augmentation expects \(expected), found \(found)"
    case .cannotHoldOut(let dataset, let fraction, let reason):
      "\(dataset): a validation part of \(fraction) \(reason)"
    case .labelsAreNoClasses(let dataset): "\(dataset): its labels are not one class an example, which this needs"
    case .noPython(let python): "\(python): cannot be started; a tokenizer is run by Python with the package tokenizers"
    case .noTokenizers(let python):
      "\(python) has no package tokenizers: \(python) -m pip install tokenizers puts it there"
    case .badTokenizer(let path, let reason): "\(path): \(reason)"
    case .unusableTexts(let file, let reason): "\(file): \(reason)"
    case .inMemory(let dataset): "\(dataset): these data were made in memory, so there is nothing to load them from"
    case .changed(let specification, let dataset, let expected, let found):
      "\(specification): not the data that '\(dataset)' was: expected fingerprint \(expected), found \(found)"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
  }
}
