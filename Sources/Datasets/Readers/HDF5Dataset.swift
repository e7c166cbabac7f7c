import Checkpoints
import Foundation
import HDF5

/// A dataset as an HDF5 file: `/train/inputs/<name>`, `/train/labels`, the same under `/test` and, where there are
/// examples to choose on, under `/validation`; class names as text in `/class_names`, original class numbers in the root
/// attribute `label_map`, the dataset's name in `name`.
extension Dataset {
  private enum Key {
    static let name = "name"
    static let labelMap = "label_map"
    static let classNames = "class_names"
    static let validation = "validation"
    static let format = "lethe_format"
  }

  /// Opens a dataset file and compares it with its checksums. Inputs stored in one piece are mapped.
  ///
  /// - Parameter name: what to call it if the file does not say.
  init(hdf5File path: String, name: String) throws {
    let root = try File.open(path).root
    let reader = TensorReader()
    let train = try Self.readSplit("train", root, reader)
    let test = try Self.readSplit("test", root, reader)
    let validation = try root.contains(Key.validation) ? try Self.readSplit(Key.validation, root, reader) : nil
    let hasNames = try root.contains(Key.classNames)
    // Without names, the classes are those that occur.
    let classCount = (train.labels + test.labels + (validation?.labels ?? [])).max().map { Int($0) + 1 } ?? 0
    guard hasNames || classCount <= Self.mostUnnamedClasses else {
      throw DatasetError.malformed(
        file: path,
        reason: "a label is \(classCount - 1), expected less than \(Self.mostUnnamedClasses) without class_names")
    }
    try self.init(
      name: root.attribute(Key.name) ?? name,
      classNames: hasNames ? root.readCheckedStrings(Key.classNames) : (0..<max(0, classCount)).map(String.init),
      labelMap: root.attribute(Key.labelMap), train: train, test: test, validation: validation, file: path)
  }

  /// One number in a damaged file would make as many classes as it says.
  private static let mostUnnamedClasses = 1_000_000

  private static func readSplit(_ name: String, _ root: Group, _ reader: TensorReader) throws -> Split {
    let file = root.file.path
    let group = try root.group(name)
    let labelDataset = try group.dataset("labels")
    let labelShape = try labelDataset.shape
    guard labelShape.count == 1 else {
      throw DatasetError.shapeMismatch(
        file: file, array: "\(name)/labels", expected: "one axis", found: "shape \(labelShape)")
    }
    // A label beyond Int32 has no class either; -1 lets the check that follows name it.
    let labels = try reader.numbers(labelDataset, as: Int64.self).map { Int32(exactly: $0) ?? -1 }
    let inputGroup = try group.group("inputs")
    let inputs = try inputGroup.names.map { inputName in
      let tensor = try reader.tensor(inputName, in: inputGroup)
      guard let rowCount = tensor.shape.first, rowCount == labels.count else {
        throw DatasetError.countMismatch(
          file: file, array: "\(name)/inputs/\(inputName)", expected: labels.count, found: tensor.shape.first ?? 1)
      }
      if let place = tensor.firstNonFinite {
        let row = place / max(1, tensor.count / max(1, rowCount))
        throw DatasetError.malformed(
          file: file, reason: "\(name)/inputs/\(inputName): example \(row) has a number that is NaN or infinite")
      }
      tensor.releasePages()
      return InputArray(name: inputName, rows: tensor)
    }
    return Split(inputs: inputs, labels: labels)
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
      try root.writeCheckedStrings(Key.classNames, classNames)
      let splits = [("train", train), ("test", test)] + (validation.map { [(Key.validation, $0)] } ?? [])
      for (splitName, split) in splits {
        let group = try root.createGroup(splitName)
        try group.writeTensor("labels", TensorView(split.labels.map(Int64.init)))
        let inputs = try group.createGroup("inputs")
        for input in split.inputs { try inputs.writeTensor(input.name, try split.tensor(of: input)) }
      }
    }
  }
}
