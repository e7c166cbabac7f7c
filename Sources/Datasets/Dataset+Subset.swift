extension Dataset {
  /// The examples of some classes, which are renumbered from 0 in the order given.
  ///
  /// Inputs are shared with this dataset, not copied. ``labelMap`` keeps each class's original number.
  public func subset(classes: [Int]) throws -> Dataset {
    if let unknown = classes.first(where: { !classNames.indices.contains($0) }) {
      throw DatasetError.unknownClass("\(unknown)", dataset: name, available: classNames)
    }
    let name = "\(name):\(Self.text(of: classes))"
    guard !classes.isEmpty, Set(classes).count == classes.count else {
      throw DatasetError.badSubset(
        specification: name, reason: classes.isEmpty ? "no classes are named" : "a class is named twice")
    }
    var subset = try Dataset(
      name: name, classNames: classes.map { classNames[$0] }, labelMap: classes.map { labelMap[$0] },
      train: train.keeping(classes: classes, of: classNames.count),
      test: test.keeping(classes: classes, of: classNames.count))
    subset.skipped = skipped
    return subset
  }

  /// The classes that a text like `0-4`, `1,3,5` or `Coat,Bag` names.
  func classes(named text: String, specification: String) throws -> [Int] {
    var classes: [Int] = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard !item.isEmpty else {
        throw DatasetError.badSubset(specification: specification, reason: "a class is missing in “\(text)”")
      }
      let ends = item.split(separator: "-", omittingEmptySubsequences: false)
      if let number = Int(item), number >= 0 {
        classes.append(try known(number))
      } else if ends.count == 2, let low = Int(ends[0]), let high = Int(ends[1]) {
        guard low <= high else {
          throw DatasetError.badSubset(specification: specification, reason: "the range \(item) runs backwards")
        }
        classes += try known(low)...known(high)
      } else if let index = classNames.firstIndex(where: { $0.lowercased() == item.lowercased() }) {
        classes.append(index)
      } else if item.contains(where: \.isLetter) {
        throw DatasetError.unknownClass(String(item), dataset: name, available: classNames)
      } else {
        throw DatasetError.badSubset(specification: specification, reason: "“\(item)” is no class and no range")
      }
    }
    guard Set(classes).count == classes.count else {
      throw DatasetError.badSubset(specification: specification, reason: "a class is named twice")
    }
    return classes
  }

  private func known(_ number: Int) throws -> Int {
    guard number < classNames.count else {
      throw DatasetError.unknownClass("\(number)", dataset: name, available: classNames)
    }
    return number
  }

  /// Class numbers in the shortest form: `0-4`, `1,3,5`.
  private static func text(of classes: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for number in classes {
      if let last = runs.last, last.upperBound + 1 == number {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}
