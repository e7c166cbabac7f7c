import Foundation

/// A rank correlation says nothing of fewer items than this: of three, one order in six is perfect by chance.
public let fewestRankedItems = 5

/// Spearman's rank correlation of two lists, ties at their mean rank; NaN where one list is constant, or fewer than
/// ``fewestRankedItems`` items have both values.
public func rankCorrelation(_ first: [Double], _ second: [Double]) -> Double {
  let valid = rankedItems(first, second)
  guard valid.count >= fewestRankedItems else { return .nan }
  let (a, b) = (ranks(valid.map { first[$0] }), ranks(valid.map { second[$0] }))
  let mean = Double(valid.count + 1) / 2
  func product(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) } }
  let scale = (product(a, a) * product(b, b)).squareRoot()
  return scale > 0 ? product(a, b) / scale : .nan
}

/// How many items a rank correlation of two lists is over: those that have both values.
public func rankedItemCount(_ first: [Double], _ second: [Double]) -> Int { rankedItems(first, second).count }

private func rankedItems(_ first: [Double], _ second: [Double]) -> [Int] {
  precondition(first.count == second.count, "\(first.count) and \(second.count) values")
  return first.indices.filter { !first[$0].isNaN && !second[$0].isNaN }
}

/// The 95 % interval of a rank correlation of so many items: `tanh(atanh r ± 1.96 √((1 + r²/2) / (n − 3)))`; NaN where there
/// is none.
///
/// Bonett, Wright, "Sample size requirements for estimating Pearson, Kendall and Spearman correlations",
/// Psychometrika 65, 2000.
public func rankCorrelationInterval(_ correlation: Double, count: Int) -> (low: Double, high: Double) {
  guard correlation.isFinite, count >= fewestRankedItems else { return (.nan, .nan) }
  // atanh of ±1 is infinite, so that a perfect order would have no interval at all: the next worse order stands for it.
  let next = 1 - 6 / Double(count * count * count - count) * 2
  let r = min(max(correlation, -next), next)
  let error = 1.959964 * ((1 + r * r / 2) / Double(count - 3)).squareRoot()
  return (tanh(atanh(r) - error), tanh(atanh(r) + error))
}

private func ranks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var result = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start
    while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
    for place in start...end { result[order[place]] = Double(start + end) / 2 + 1 }
    start = end + 1
  }
  return result
}
