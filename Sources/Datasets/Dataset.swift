import Checkpoints
import Files
import HDF5

/// A labelled dataset of one task: its classes, and examples to train, to test and perhaps to choose on.
public struct Dataset: Sendable {
  /// What it is called in reports and as a task: `fashion-mnist:0-4`.
  public let name: String
  /// The name of each class; of other labels, of what each of their numbers stands for, where the data say it.
  public let classNames: [String]
  /// The kind of task that the data say they are for, as `causal-lm`; nil where they leave it to their labels.
  public let taskKind: String?
  /// The number that each class had in the data it was taken from.
  public let labelMap: [Int]
  /// The examples to train on.
  public let train: Split
  /// The examples to test on.
  public internal(set) var test: Split
  /// The examples to choose on, of data that hold some ready: an epoch, a rate, a strength; nil of most.
  public let validation: Split?
  /// Images that could not be read and were left out, each with the reason.
  public internal(set) var skipped: [String] = []
  /// What the tokens of text stand for; nil of other data, and of text that does not say it.
  public internal(set) var vocabulary: Vocabulary?
  /// Which outputs of the head that judges it the classes are, where somebody says it; nil where names do.
  public var statedClasses: StatedClasses?
  /// Where it was loaded from; nil where it was put together in memory.
  public internal(set) var origin: Origin?

  /// Puts a dataset together and checks it.
  ///
  /// - Parameters:
  ///   - labelMap: original number of each class; the class's own number when left out.
  ///   - taskKind: the kind of task, where the data say it.
  ///   - validation: examples that choose and are neither trained on nor tested on; nil where there are none.
  ///   - vocabulary: what the tokens of text stand for.
  ///   - file: where the data come from, for messages; the name when left out.
  /// - Throws: ``DatasetError`` when a split is empty, a label has no class, or the splits' inputs differ.
  public init(
    name: String, classNames: [String], labelMap: [Int]? = nil, taskKind: String? = nil, train: Split, test: Split,
    validation: Split? = nil, vocabulary: Vocabulary? = nil, file: String? = nil
  ) throws {
    let file = file ?? name
    let labelMap = labelMap ?? Array(classNames.indices)
    guard labelMap.count == classNames.count else {
      throw DatasetError.malformed(
        file: file, reason: "label_map: expected \(classNames.count) numbers, one a class, found \(labelMap.count)")
    }
    let others = [("test", test)] + (validation.map { [("validation", $0)] } ?? [])
    for (splitName, split) in [("train", train)] + others {
      guard split.count > 0 else { throw DatasetError.noExamples(dataset: file, split: splitName) }
      if split.targets == nil, let index = split.labels.firstIndex(where: { $0 < 0 || $0 >= classNames.count }) {
        throw DatasetError.labelOutOfRange(
          file: file, split: splitName, index: index, label: Int(split.labels[index]), classCount: classNames.count)
      }
    }
    for (splitName, split) in others { try Self.checkInputs(train, split, named: splitName, file: file) }
    self.name = name
    self.classNames = classNames
    self.labelMap = labelMap
    self.taskKind = taskKind
    self.train = train
    self.test = test
    self.validation = validation
    self.vocabulary = vocabulary
  }

  private static func checkInputs(_ train: Split, _ other: Split, named name: String, file: String) throws {
    let names = train.inputs.map(\.name)
    guard !names.isEmpty else { throw DatasetError.malformed(file: file, reason: "no inputs in the train split") }
    guard other.inputs.map(\.name) == names else {
      throw DatasetError.shapeMismatch(
        file: file, array: "\(name) inputs", expected: "\(names.joined(separator: ", ")), as in train",
        found: other.inputs.map(\.name).joined(separator: ", "))
    }
    for (trained, found) in zip(train.inputs, other.inputs)
    where trained.elementType != found.elementType || trained.shape != found.shape {
      throw DatasetError.shapeMismatch(
        file: file, array: "\(name) input \(found.name)",
        expected: "\(trained.elementType) of shape \(trained.shape), as in train",
        found: "\(found.elementType) of shape \(found.shape)")
    }
    let (own, others) = (train.targets, other.targets)
    guard own?.elementType == others?.elementType, own?.shape == others?.shape else {
      throw DatasetError.shapeMismatch(
        file: file, array: "\(name) labels", expected: "\(Self.form(of: own)), as in train",
        found: Self.form(of: others))
    }
  }

  private static func form(of targets: InputArray?) -> String {
    targets.map { "\($0.elementType) of shape \($0.shape)" } ?? "one class an example"
  }

  /// Accuracy of always naming the commonest class of the test examples, which no guess beats.
  public var chance: Double { test.labels.shareOfCommonest }

  /// A hash of what the data say: inputs, labels, and which examples are to train and which to test on, in order.
  ///
  /// Equal for equal data wherever they are stored; names do not count, nor does a validation split, which has a
  /// ``Split/fingerprint`` of its own. Images that are decoded when they are needed count by their files' bytes and by
  /// what they are brought to. 16 hexadecimal digits, from XXH3.
  public var fingerprint: String {
    Checksum.xxh3([train, test].flatMap(\.checksums).joined(separator: " "))
  }
}

extension Split {
  /// A hash of what the examples say, in order: 16 hexadecimal digits, from XXH3.
  public var fingerprint: String { Checksum.xxh3(checksums.joined(separator: " ")) }

  // Hashes of blocks of rows, so that a subset needs no copy of all its rows.
  fileprivate var checksums: [String] {
    let labelChecksums = targets == nil ? [labels.withUnsafeBytes(Checksum.xxh3)] : []
    return labelChecksums
      + ((targets.map { [$0] } ?? []) + inputs).flatMap { input -> [String] in
        ["\(input.elementType)\(input.shape)"] + (input.storage.map(blocks) ?? files(of: input))
      }
  }

  private func blocks(of storage: TensorView) -> [String] {
    let size = storage.shape.dropFirst().reduce(storage.elementType.byteCount, *)
    let blockLength = max(1, (1 << 20) / max(1, size))
    return stride(from: 0, to: count, by: blockLength).map { start in
      rows(start..<min(start + blockLength, count), of: storage).withUnsafeBytes(Checksum.xxh3)
    }
  }

  private func files(of input: InputArray) -> [String] {
    guard let images = input.images else { return [] }
    let resize = images.preparation.resize.map { "\($0)" } ?? "cover"
    return ["files, \(resize)", images.checksum(of: (0..<count).map(row))]
  }
}
