import Checkpoints
import HDF5

extension Split {
  /// Whether every label is 0 or 1; false of classes.
  public var hasBinaryTargets: Bool {
    guard targets != nil else { return false }
    var isBinary = true
    forEachTarget { _, values in
      if isBinary { isBinary = values.allSatisfy { $0 == 0 || $0 == 1 } }
    }
    return isBinary
  }

  /// Visits the labels of every example, in order; none of classes.
  public func forEachTarget(_ visit: (_ example: Int, _ values: [Double]) throws -> Void) rethrows {
    guard let targets, let stored = targets.storage else { return }
    let rest = targets.shape
    for example in 0..<count {
      let row = TensorView(
        bytes: rows(CollectionOfOne(example), of: stored), elementType: targets.elementType, shape: rest)
      try visit(example, row.numbers)
    }
  }

  /// The classes that the labels of places are, by their numbers in batches; −100 is none.
  public var targetClasses: Set<Int> {
    var found: Set<Int> = []
    forEachTarget { _, values in found.formUnion(values.map { Int($0) }) }
    found.remove(Int(Dataset.ignoredLabel))
    guard case .classes(let numbers)? = targetPlacement else { return found }
    return Set(found.map { numbers.indices.contains($0) ? numbers[$0] : $0 })
  }

  /// The labels that some example has, of those that are there or not, by their columns in batches.
  public var targetLabels: Set<Int> {
    var found: Set<Int> = []
    forEachTarget { _, values in
      for (column, value) in values.enumerated() where value == 1 { found.insert(column) }
    }
    guard case .columns(let columns, _)? = targetPlacement else { return found }
    return Set(found.map { columns[$0] })
  }

  /// Visits every word of every input of whole numbers, but for masks.
  public func forEachWord(_ visit: (_ example: Int, _ input: String, _ word: Int) throws -> Void) rethrows {
    for input in inputs where input.isText {
      guard let stored = input.storage else { continue }
      for example in 0..<count {
        let row = TensorView(
          bytes: rows(CollectionOfOne(example), of: stored), elementType: input.elementType, shape: input.shape)
        for word in row.numbers { try visit(example, input.name, Int(word)) }
      }
    }
  }
}

extension InputArray {
  /// Whether these are words: whole numbers along one axis, and no mask.
  public var isText: Bool {
    switch elementType {
    case .int64, .int32, .int16, .uint16, .uint32: shape.count == 1 && !name.hasSuffix("mask")
    default: false
    }
  }
}

extension Dataset {
  /// The names of the classes; numbers for as many as labels have, where the data name none.
  public var classNamesOrNumbers: [String] { classNamesOrNumbers(besides: nil) }

  /// - Parameter ignored: a label that is no class.
  public func classNamesOrNumbers(besides ignored: Int?) -> [String] {
    guard classNames.isEmpty else { return classNames }
    var largest = -1.0
    for split in [train, test, validation].compactMap({ $0 }) {
      split.forEachTarget { _, values in
        for value in values where value > largest && value != ignored.map(Double.init) { largest = value }
      }
    }
    return (0..<max(0, Int(largest) + 1)).map(String.init)
  }
}

extension TensorView {
  /// All elements as float64; integers beyond 2^53 are rounded.
  var numbers: [Double] {
    switch elementType {
    case .int64: array(of: Int64.self).map(Double.init)
    case .int32: array(of: Int32.self).map(Double.init)
    case .uint8: array(of: UInt8.self).map(Double.init)
    case .float32: array(of: Float.self).map(Double.init)
    case .float64: array(of: Double.self)
    default: integers.map(Double.init)
    }
  }

  /// All elements of a type of whole numbers.
  var integers: [Int64] {
    func read<Number: FixedWidthInteger>(_ type: Number.Type) -> [Int64] {
      withUnsafeBytes { bytes in
        (0..<count).map {
          Int64(
            truncatingIfNeeded: Number(
              littleEndian: bytes.loadUnaligned(
                fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self)))
        }
      }
    }
    return switch elementType {
    case .int64: read(Int64.self)
    case .uint64: read(UInt64.self)
    case .int32: read(Int32.self)
    case .uint32: read(UInt32.self)
    case .int16: read(Int16.self)
    case .uint16: read(UInt16.self)
    case .int8: read(Int8.self)
    default: read(UInt8.self)
    }
  }
}
