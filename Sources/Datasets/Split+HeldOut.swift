import Metrics

extension Split {
  /// A share of each class's examples, or of all where labels are no classes, drawn by a seed: the places of those that are held aside, in order.
  ///
  /// Of a class with `n` examples they are `fraction · n`, rounded, and one at least; a class with a single example keeps
  /// it. The draw depends on the labels, the fraction and the seed alone.
  ///
  /// - Parameters:
  ///   - fraction: above 0 and below 1.
  ///   - dataset: the name of the data, for messages; `classNames` likewise.
  /// - Throws: ``DatasetError/cannotHoldOut(dataset:fraction:reason:)`` where a class would have none left, or where
  ///   nothing would be held aside.
  public func heldOut(
    fraction: Double, seed: UInt64, dataset: String, classNames: [String]
  ) throws -> [Int] {
    precondition(fraction > 0 && fraction < 1, "a fraction of \(fraction)")
    // Labels of other kinds have no classes to draw from one by one.
    var members: [Int32: [Int]] = targets == nil ? [:] : [0: Array(0..<count)]
    if targets == nil { for (index, label) in labels.enumerated() { members[label, default: []].append(index) } }
    // Another stream than the one that draws which examples are used at all.
    var random = RandomSource(seed: seed ^ 0x7661_6C69_6461_7465)
    var held: [Int] = []
    for (label, own) in members.sorted(by: { $0.key < $1.key }) where own.count > 1 {
      let count = max(1, Int((fraction * Double(own.count)).rounded()))
      guard count < own.count else {
        throw DatasetError.cannotHoldOut(
          dataset: dataset, fraction: fraction,
          reason: "leaves none of the \(own.count) examples"
            + (targets == nil ? " of class '\(classNames[Int(label)])'" : ""))
      }
      held += random.sample(count, of: own.count).map { own[$0] }
    }
    guard !held.isEmpty else {
      throw DatasetError.cannotHoldOut(
        dataset: dataset, fraction: fraction,
        reason: "holds no example" + (targets == nil ? ", as no class has two" : ""))
    }
    return held.sorted()
  }

  /// All examples but some, in order.
  ///
  /// - Parameter places: those that are left out, ascending.
  public func leavingOut(_ places: [Int]) -> Split {
    let out = Set(places)
    return selecting((0..<count).filter { !out.contains($0) })
  }
}
