import Metrics

extension Dataset {
  /// The examples of some classes, which are renumbered from 0 in the order given.
  ///
  /// Inputs are shared with this dataset, not copied. ``labelMap`` keeps each class's original number.
  public func subset(classes: [Int]) throws -> Dataset {
    guard train.targets == nil else { throw DatasetError.labelsAreNoClasses(dataset: name) }
    if let unknown = classes.first(where: { !classNames.indices.contains($0) }) {
      throw DatasetError.unknownClass("\(unknown)", dataset: name, available: classNames)
    }
    let name = "\(name):\(Self.text(of: classes))"
    guard !classes.isEmpty, Set(classes).count == classes.count else {
      throw DatasetError.badSubset(
        specification: name, reason: classes.isEmpty ? "no classes are named" : "a class is named twice")
    }
    let chosen = validation?.keeping(classes: classes, of: classNames.count)
    var subset = try Dataset(
      name: name, classNames: classes.map { classNames[$0] }, labelMap: classes.map { labelMap[$0] },
      train: train.keeping(classes: classes, of: classNames.count),
      test: test.keeping(classes: classes, of: classNames.count),
      // Of some classes there may be none that choose.
      validation: chosen.flatMap { $0.count > 0 ? $0 : nil })
    subset.skipped = skipped
    subset.origin = origin?.subset(Self.text(of: classes))
    return subset
  }

  /// The classes that a text like `0-4`, `1,3,5`, `Coat,Bag` or `half-a@2` names.
  func classes(named text: String, specification: String) throws -> [Int] {
    guard train.targets == nil else { throw DatasetError.labelsAreNoClasses(dataset: name) }
    if let half = try randomHalf(named: text, specification: specification) { return half }
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

  /// One of two random halves of the classes, in order: `half-a` and `half-b` together are all, `@3` is another draw.
  ///
  /// The similar tasks of Yosinski et al. 2014. Of an odd number of classes, `half-a` has one more.
  private func randomHalf(named text: String, specification: String) throws -> [Int]? {
    guard text.hasPrefix("half-"), !classNames.contains(text) else { return nil }
    let parts = text.dropFirst(5).split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts[0] == "a" || parts[0] == "b", let draw = parts.count == 1 ? 0 : UInt64(parts[1]) else {
      throw DatasetError.badSubset(
        specification: specification, reason: "a random half is half-a or half-b, another draw of them half-a@1")
    }
    guard classNames.count > 1 else {
      throw DatasetError.badSubset(specification: specification, reason: "one class has no halves")
    }
    var random = RandomSource(seed: draw)
    let order = random.permutation(count: classNames.count)
    let size = (classNames.count + 1) / 2
    return (parts[0] == "a" ? order.prefix(size) : order.dropFirst(size)).sorted()
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
