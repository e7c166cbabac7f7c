/// P-values of several tests, each adjusted so that with all of them together a false alarm is as rare as with one.
///
/// The k-th smallest of m is multiplied by m − k + 1, none is less than one before it, and none is above 1. A NaN is a
/// test that was not made: it stays, and does not count.
///
/// Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6, 1979.
public func holmAdjusted(_ pValues: [Double]) -> [Double] {
  let order = pValues.indices.filter { !pValues[$0].isNaN }.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
  var adjusted = pValues
  var largest = 0.0
  for (rank, place) in order.enumerated() {
    largest = max(largest, min(1, pValues[place] * Double(order.count - rank)))
    adjusted[place] = largest
  }
  return adjusted
}
