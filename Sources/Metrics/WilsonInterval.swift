/// The 95 % interval of a proportion of `count` independent examples; NaN where there are none.
///
/// Wilson, "Probable inference, the law of succession, and statistical inference", J. Am. Stat. Assoc. 22, 1927.
public func wilsonInterval(_ proportion: Double, count: Int) -> (low: Double, high: Double) {
  guard count > 0, proportion.isFinite else { return (.nan, .nan) }
  let (n, z) = (Double(count), 1.959964)
  let center = (proportion + z * z / (2 * n)) / (1 + z * z / n)
  let half = z / (1 + z * z / n) * (proportion * (1 - proportion) / n + z * z / (4 * n * n)).squareRoot()
  return (center - half, center + half)
}
