extension Split {
  /// The same examples with each class under another number: `numbers[label]`. Where places have a class each, what is left
  /// out stays as it is (−100, and 255 of fewer classes).
  public func renumbered(_ numbers: [Int]) -> Split {
    targets == nil ? relabelled(labels.map { Int32(numbers[Int($0)]) }) : numberingTargets(numbers)
  }
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
      name: name, classNames: classNames, taskKind: taskKind, train: train.renumbered(numbers),
      test: test.renumbered(numbers),
      validation: validation?.renumbered(numbers), vocabulary: vocabulary)
    result.skipped = skipped
    result.origin = origin
    return result
  }
}
