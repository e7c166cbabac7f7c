import Checkpoints
import Foundation
import HDF5

/// A dataset as an HDF5 file: `/train/inputs/<name>`, `/train/labels`, the same under `/test` and, where there are
/// examples to choose on, under `/validation`; class names as text in `/class_names`, original class numbers in the root
/// attribute `label_map`, the dataset's name in `name`, the kind of task in `task_kind` where the labels leave it open, and
/// what tokens stand for under `/vocabulary`.
///
/// Labels are integers, one an example, or an array of any shape an example. Without labels the text itself is what is to
/// be said: the only integer input, or `input_ids` where `attention_mask` is not 0.
extension Dataset {
  private enum Key {
    static let name = "name"
    static let labelMap = "label_map"
    static let classNames = "class_names"
    static let validation = "validation"
    static let taskKind = "task_kind"
    static let vocabulary = "vocabulary"
    static let format = "lethe_format"
  }

  /// Opens a dataset file and compares it with its checksums. Inputs stored in one piece are mapped.
  ///
  /// - Parameter name: what to call it if the file does not say.
  init(hdf5File path: String, name: String) throws {
    let root = try File.open(path).root
    let reader = TensorReader()
    let taskKind: String? = try root.attribute(Key.taskKind)
    // Of another kind of task a whole number an example is no class.
    let hasClasses = taskKind == nil || taskKind == Self.classification
    func split(_ name: String) throws -> Split { try Self.readSplit(name, root, reader, hasClasses: hasClasses) }
    let (train, test) = (try split("train"), try split("test"))
    let validation = try root.contains(Key.validation) ? try split(Key.validation) : nil
    let hasNames = try root.contains(Key.classNames)
    // Without names, the classes are those that occur; of other labels it is for their kind to say.
    let splits: [Split] = [train, test] + (validation.map { [$0] } ?? [])
    let largest: Int32? = splits.compactMap { $0.targets == nil ? $0.labels.max() : nil }.max()
    let classCount = largest.map { Int($0) + 1 } ?? 0
    guard hasNames || classCount <= Self.mostUnnamedClasses else {
      throw DatasetError.malformed(
        file: path,
        reason: "a label is \(classCount - 1), expected less than \(Self.mostUnnamedClasses) without class_names")
    }
    try self.init(
      name: root.attribute(Key.name) ?? name,
      classNames: hasNames ? root.readCheckedStrings(Key.classNames) : (0..<max(0, classCount)).map(String.init),
      labelMap: root.attribute(Key.labelMap), taskKind: taskKind, train: train, test: test, validation: validation,
      vocabulary: root.contains(Key.vocabulary) ? Vocabulary(in: root.group(Key.vocabulary), reader) : nil, file: path)
  }

  /// One number in a damaged file would make as many classes as it says.
  private static let mostUnnamedClasses = 1_000_000

  private static let classification = "classification"

  private static func readSplit(
    _ name: String, _ root: Group, _ reader: TensorReader, hasClasses: Bool
  ) throws -> Split {
    let file = root.file.path
    let group = try root.group(name)
    let inputGroup = try group.group("inputs")
    let inputs = try inputGroup.names.map { inputName in
      try rows(inputName, in: inputGroup, as: "\(name)/inputs/\(inputName)", reader)
    }
    guard try group.contains("labels") else {
      let targets = try saidTokens(of: inputs, file: file, split: name)
      try checkCounts(inputs, count: targets.rowCount, split: name, file: file)
      return Split(inputs: inputs, targets: targets)
    }
    let labelDataset = try group.dataset("labels")
    guard hasClasses, try labelDataset.shape.count == 1, try labelDataset.elementType.isFloatingPoint == false else {
      let targets = try rows("labels", in: group, as: "\(name)/labels", reader)
      try checkCounts(inputs, count: targets.rowCount, split: name, file: file)
      return Split(inputs: inputs, targets: targets)
    }
    // A label beyond Int32 has no class either; -1 lets the check that follows name it.
    let labels = try reader.numbers(labelDataset, as: Int64.self).map { Int32(exactly: $0) ?? -1 }
    try checkCounts(inputs, count: labels.count, split: name, file: file)
    return Split(inputs: inputs, labels: labels)
  }

  private static func checkCounts(_ inputs: [InputArray], count: Int, split: String, file: String) throws {
    for input in inputs where input.rowCount != count {
      throw DatasetError.countMismatch(
        file: file, array: "\(split)/inputs/\(input.name)", expected: count, found: input.rowCount)
    }
  }

  /// An array of a row an example, its numbers finite.
  private static func rows(
    _ name: String, in group: Group, as place: String, _ reader: TensorReader
  ) throws -> InputArray {
    let file = group.file.path
    let tensor = try reader.tensor(name, in: group)
    guard let rowCount = tensor.shape.first else {
      throw DatasetError.malformed(file: file, reason: "\(place): a single number, expected a row an example")
    }
    if let nonFinite = tensor.firstNonFinite {
      let row = nonFinite / max(1, tensor.count / max(1, rowCount))
      throw DatasetError.malformed(
        file: file, reason: "\(place): example \(row) has a number that is NaN or infinite")
    }
    tensor.releasePages()
    return InputArray(name: name, rows: tensor)
  }

  /// Writes the dataset as an HDF5 file, whole or not at all, with a checksum for each array.
  ///
  /// A subset's rows are gathered in memory, one input of one split at a time.
  /// - Throws: `FileError.unwritable`, ``DatasetError`` where an image cannot be read.
  public func writeHDF5(to path: String) throws {
    try File.writeAtomically(to: path) { root in
      try root.setAttribute(Key.format, to: FileFormat.version)
      try root.setAttribute(Key.name, to: name)
      try root.setAttribute(Key.labelMap, to: labelMap)
      if let taskKind { try root.setAttribute(Key.taskKind, to: taskKind) }
      if train.targets == nil || !classNames.isEmpty { try root.writeCheckedStrings(Key.classNames, classNames) }
      if let vocabulary { try vocabulary.write(to: root.createGroup(Key.vocabulary)) }
      let splits = [("train", train), ("test", test)] + (validation.map { [(Key.validation, $0)] } ?? [])
      for (splitName, split) in splits {
        let group = try root.createGroup(splitName)
        try group.writeTensor(
          "labels", split.targets.map(split.tensor) ?? TensorView(split.labels.map(Int64.init)))
        let inputs = try group.createGroup("inputs")
        for input in split.inputs { try inputs.writeTensor(input.name, try split.tensor(of: input)) }
      }
    }
  }
}
