extension Split {
  /// The same examples with each class under another number: `numbers[label]`.
  public func renumbered(_ numbers: [Int]) -> Split { relabelled(labels.map { Int32(numbers[Int($0)]) }) }
}

extension DividedDataset {
  /// The same examples with each class under another number.
  public func renumbered(_ numbers: [Int]) -> DividedDataset {
    DividedDataset(
      training: training.renumbered(numbers), choosing: choosing?.renumbered(numbers),
      judging: judging.renumbered(numbers), reference: reference, heldPlaces: heldPlaces)
  }
}

extension Dataset {
  /// The same examples with each class under another number, among the classes of these names.
  public func renumbered(_ numbers: [Int], classNames: [String]) throws -> Dataset {
    var result = try Dataset(
      name: name, classNames: classNames, train: train.renumbered(numbers), test: test.renumbered(numbers),
      validation: validation?.renumbered(numbers))
    result.skipped = skipped
    result.origin = origin
    return result
  }
}
