/// Spearman's rank correlation of two lists, ties at their mean rank; NaN where one list is constant or shorter than 3.
public func rankCorrelation(_ first: [Double], _ second: [Double]) -> Double {
  precondition(first.count == second.count, "\(first.count) and \(second.count) values")
  let valid = first.indices.filter { !first[$0].isNaN && !second[$0].isNaN }
  guard valid.count > 2 else { return .nan }
  let (a, b) = (ranks(valid.map { first[$0] }), ranks(valid.map { second[$0] }))
  let mean = Double(valid.count + 1) / 2
  func product(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) } }
  let scale = (product(a, a) * product(b, b)).squareRoot()
  return scale > 0 ? product(a, b) / scale : .nan
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
