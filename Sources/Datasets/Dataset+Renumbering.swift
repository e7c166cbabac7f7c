import Checkpoints
import HDF5

extension Split {
  /// The same examples with each class under another number: `numbers[label]`. Where places have a class each, what is left
  /// out stays as it is (−100, and 255 of fewer classes).
  public func renumbered(_ numbers: [Int]) -> Split {
    targets == nil ? relabelled(labels.map { Int32(numbers[Int($0)]) }) : placingTargets(.classes(numbers))
  }

  /// The same examples, whose labels are there or not, with each of them in another column: `columns[label]`. What the other
  /// columns stand for nobody said of these examples: they are −100.
  ///
  /// - Parameter count: how many columns there are.
  public func labelled(in columns: [Int], of count: Int) -> Split { placingTargets(.columns(columns, count: count)) }
}

extension DividedDataset {
  /// The same division of the examples, something changed about all of them.
  public func mapping(_ change: (Split) -> Split) -> DividedDataset {
    DividedDataset(
      training: change(training), choosing: choosing.map(change), judging: change(judging), reference: reference,
      heldPlaces: heldPlaces)
  }
}

extension Dataset {
  /// The same examples with their classes under other numbers, among the classes of these names.
  ///
  /// - Parameter change: gives them these numbers.
  public func renumbered(classNames: [String], _ change: (Split) -> Split) throws -> Dataset {
    var result = try Dataset(
      name: name, classNames: classNames, taskKind: taskKind, train: change(train), test: change(test),
      validation: validation.map(change), vocabulary: vocabulary)
    result.skipped = skipped
    result.origin = origin
    return result
  }
}
