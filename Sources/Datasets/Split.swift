import Checkpoints
import HDF5

/// One named input of every example, as it is stored: raw elements, mapped from a file where possible, or images that are
/// decoded when they are asked for.
public struct InputArray: Sendable {
  /// The input's name in the program, `input` for a network with one.
  public let name: String
  /// The type of its elements.
  public let elementType: ElementType
  /// The shape of one example: `[channels, height, width]` for images.
  public let shape: [Int]
  /// The number of stored rows.
  public let rowCount: Int
  /// All stored rows, `[rows, …]`: more than the split's examples when it is a subset; nil where they are decoded when
  /// they are asked for.
  let storage: TensorView?
  /// The images that the rows are made of, where they are files of their own.
  let images: ImageFiles?

  /// Wraps stored rows, whose first axis is the example.
  public init(name: String = "input", rows: TensorView) { self.init(name: name, rows: rows, of: nil) }

  /// Wraps rows in memory that were made of images.
  init(name: String = "input", rows: TensorView, of images: ImageFiles?) {
    precondition(!rows.shape.isEmpty, "input \(name) is a single element, not rows")
    self.name = name
    elementType = rows.elementType
    shape = Array(rows.shape.dropFirst())
    rowCount = rows.shape[0]
    storage = rows
    self.images = images
  }

  /// Images that are decoded when they are asked for.
  init(name: String = "input", decoding images: ImageFiles) {
    let prepared = images.preparation.shape
    self.name = name
    elementType = .uint8
    shape = [prepared.channelCount, prepared.height, prepared.width]
    rowCount = images.files.count
    storage = nil
    self.images = images
  }

  /// Bytes of one example.
  public var exampleByteCount: Int { shape.reduce(elementType.byteCount, *) }
  /// What images from files are brought to; nil of other inputs.
  public var preparation: ImagePreparation? { images?.preparation }
}

/// The examples for training or for testing: named inputs and what is right of each.
public struct Split: Sendable {
  /// The inputs, in order of name.
  public let inputs: [InputArray]
  /// What is right of each example where that is not one class: tokens, pixels, numbers; nil of classes.
  public let targets: InputArray?
  /// The number of examples.
  public let count: Int
  private let classes: [Int32]
  /// The stored row of each example; `nil` when they are the same.
  let rows: [Int]?
  /// What the classes or columns of ``targets`` are in batches; nil where they are as they are stored.
  private(set) var targetPlacement: TargetPlacement?

  /// Puts inputs and labels together; every input has one row for each label.
  public init(inputs: [InputArray], labels: [Int32]) {
    for input in inputs {
      precondition(input.rowCount == labels.count, "\(input.name): \(input.rowCount) rows for \(labels.count) labels")
    }
    self.init(inputs: inputs, targets: nil, classes: labels, count: labels.count, rows: nil)
  }

  /// Puts inputs together with labels that are not one class an example.
  ///
  /// - Parameter targets: a row an example, as every input has.
  public init(inputs: [InputArray], targets: InputArray) {
    for input in inputs {
      precondition(
        input.rowCount == targets.rowCount, "\(input.name): \(input.rowCount) rows for \(targets.rowCount) labels")
    }
    self.init(inputs: inputs, targets: targets, classes: [], count: targets.rowCount, rows: nil)
  }

  private init(
    inputs: [InputArray], targets: InputArray?, classes: [Int32], count: Int, rows: [Int]?,
    targetPlacement: TargetPlacement? = nil
  ) {
    self.targetPlacement = targetPlacement
    self.inputs = inputs
    self.targets = targets
    self.classes = classes
    self.count = count
    self.rows = rows
  }

  /// The class of each example, from 0; traps where ``targets`` says what is right.
  public var labels: [Int32] {
    precondition(targets == nil, "these labels are not one class an example")
    return classes
  }

  /// The input of a name.
  public func input(named name: String) -> InputArray? { inputs.first { $0.name == name } }

  /// Some of the examples, in the order given. No input is copied.
  public func selecting(_ indices: [Int]) -> Split {
    Split(
      inputs: inputs, targets: targets, classes: targets == nil ? indices.map { classes[$0] } : [],
      count: indices.count, rows: indices.map(row), targetPlacement: targetPlacement)
  }

  /// The same examples, the targets' classes or columns elsewhere in batches.
  func placingTargets(_ placement: TargetPlacement) -> Split {
    var result = self
    result.targetPlacement = targetPlacement?.followed(by: placement) ?? placement
    return result
  }

  /// The same examples without their inputs, where the labels alone are asked for. Nothing is copied.
  public var withoutInputs: Split {
    Split(
      inputs: [], targets: targets, classes: classes, count: count, rows: rows, targetPlacement: targetPlacement)
  }

  /// Other inputs of the same examples, in their order, with the same labels.
  public func replacing(inputs: [InputArray]) throws -> Split {
    guard let targets else { return Split(inputs: inputs, labels: classes) }
    var result = Split(inputs: inputs, targets: InputArray(name: targets.name, rows: try tensor(of: targets)))
    result.targetPlacement = targetPlacement
    return result
  }

  /// The same examples with other labels, one for each.
  public func relabelled(_ labels: [Int32]) -> Split {
    precondition(labels.count == count, "\(labels.count) labels for \(count) examples")
    return Split(inputs: inputs, targets: nil, classes: labels, count: count, rows: rows)
  }

  /// The same examples with other labels, of a shape that all of them have.
  ///
  /// - Parameter labels: of all examples, one after the other.
  /// - Complexity: of a subset, room for the labels of all stored rows is taken.
  public func relabelled(_ labels: [Int32], shape: [Int]) -> Split {
    let width = shape.reduce(1, *)
    precondition(labels.count == count * width, "\(labels.count) labels of shape \(shape) for \(count) examples")
    let rowCount = rows == nil ? count : inputs[0].rowCount
    var stored = labels
    if rows != nil {
      stored = [Int32](repeating: 0, count: rowCount * width)
      for index in 0..<count {
        let first = row(index) * width
        stored.replaceSubrange(first..<first + width, with: labels[index * width..<(index + 1) * width])
      }
    }
    let targets = InputArray(name: "labels", rows: TensorView(stored, shape: [rowCount] + shape))
    return Split(inputs: inputs, targets: targets, classes: [], count: count, rows: rows)
  }

  /// The examples of some classes, which are renumbered from 0 in the order given. No input is copied.
  func keeping(classes: [Int], of classCount: Int) -> Split {
    var newLabel = [Int32](repeating: -1, count: classCount)
    for (new, old) in classes.enumerated() { newLabel[old] = Int32(new) }
    let kept = labels.indices.filter { newLabel[Int(labels[$0])] >= 0 }
    return Split(
      inputs: inputs, targets: nil, classes: kept.map { newLabel[Int(labels[$0])] }, count: kept.count,
      rows: kept.map(row))
  }

  /// The stored row of an example.
  func row(_ index: Int) -> Int { rows?[index] ?? index }

  /// The bytes of some examples of an input, one after the other, in the order given.
  ///
  /// - Throws: ``DatasetError`` that names the file, where images are decoded for it and one cannot be read.
  public func gather<Indices: Collection<Int>>(_ indices: Indices, of input: InputArray) throws -> [UInt8] {
    if let storage = input.storage { return rows(indices, of: storage) }
    let byteCount = indices.count * input.exampleByteCount
    return try [UInt8](unsafeUninitializedCapacity: byteCount) { target, initialized in
      try input.images?.decode(indices.map(row), to: target)
      initialized = byteCount
    }
  }

  /// The bytes of some examples in memory, one after the other.
  func rows<Indices: Collection<Int>>(_ indices: Indices, of storage: TensorView) -> [UInt8] {
    let size = storage.shape.dropFirst().reduce(storage.elementType.byteCount, *)
    return [UInt8](unsafeUninitializedCapacity: indices.count * size) { target, initialized in
      storage.withUnsafeBytes { source in
        if let source = source.baseAddress, let target = UnsafeMutableRawPointer(target.baseAddress) {
          for (position, index) in indices.enumerated() {
            (target + position * size).copyMemory(from: source + row(index) * size, byteCount: size)
          }
        }
      }
      initialized = indices.count * size
    }
  }

  /// All examples of an input as one tensor: the stored bytes themselves, unless this is a subset.
  func tensor(of input: InputArray) throws -> TensorView {
    if rows == nil, let storage = input.storage { return storage }
    return TensorView(
      bytes: try gather(0..<count, of: input), elementType: input.elementType, shape: [count] + input.shape)
  }
}
