extension Sequence<Int32> {
  /// The share of the commonest of some labels: the accuracy of always naming it. 0 of none.
  public var shareOfCommonest: Double {
    var counts: [Int32: Int] = [:]
    var total = 0
    for label in self {
      counts[label, default: 0] += 1
      total += 1
    }
    return total == 0 ? 0 : Double(counts.values.max() ?? 0) / Double(total)
  }
}
