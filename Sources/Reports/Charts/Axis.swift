import Foundation

/// A linear axis: a domain with round ticks.
struct Axis: Equatable {
  var low: Double
  var high: Double
  var ticks: [Double]
  var decimals: Int

  /// Covers the values with steps of 1, 2 or 5 times a power of ten, at most `tickCount` or so of them.
  ///
  /// - Parameters:
  ///   - limits: values that the axis never passes, such as 0 and 100 for percentages.
  ///   - widens: whether it goes from limit to limit where the values take up a quarter of that.
  init(
    covering values: [Double], includingZero: Bool = false, limits: ClosedRange<Double>? = nil, widens: Bool = false,
    tickCount: Int = 6
  ) {
    let finite = values.filter(\.isFinite) + (includingZero ? [0] : [])
    var low = finite.min() ?? 0
    var high = finite.max() ?? 1
    if let limits, widens, 4 * (high - low) >= limits.upperBound - limits.lowerBound {
      (low, high) = (min(low, limits.lowerBound), max(high, limits.upperBound))
    }
    if high - low < max(abs(high), abs(low)) * 1e-9 + 1e-12 {
      let margin = max(abs(high) * 0.05, includingZero ? 0 : 1e-3)
      if !includingZero || low < 0 { low -= margin }
      if !includingZero || high >= 0 { high += margin == 0 ? 1 : margin }
    }
    let step = Self.step(high - low, tickCount: tickCount)
    low = (low / step + 1e-9).rounded(.down) * step
    high = (high / step - 1e-9).rounded(.up) * step
    if let limits {
      low = min(max(low, limits.lowerBound), limits.upperBound - step)
      high = max(min(high, limits.upperBound), limits.lowerBound + step)
    }
    self.low = low
    self.high = high
    let count = Int(((high - low) / step + 1e-6).rounded(.down))
    // Rounding to the step keeps 0.30000000000000004 away, and -0.0 becomes 0.
    ticks = (0...max(count, 1)).map { ((low / step).rounded() + Double($0)) * step + 0 }
    decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
  }

  /// From zero, or from the least value where one is negative, to the first tick past the greatest: the bars fill it.
  init(bars values: [Double], tickCount: Int) {
    self.init(covering: values, includingZero: true, tickCount: tickCount)
    let finite = values.filter(\.isFinite) + [0]
    let (least, greatest) = (finite.min() ?? 0, finite.max() ?? 0)
    let margin = 0.02 * (greatest - least)
    if least < 0, greatest > 0 {
      if -least < greatest { low = max(low, least - margin) } else { high = min(high, greatest + margin) }
      ticks = ticks.filter { low <= $0 && $0 <= high }
    }
  }

  /// Whole epochs from 0, thinned so that at most `tickCount` labels stand.
  init(epochsThrough last: Int, tickCount: Int) {
    let last = max(last, 1)
    let step = max(1, Int(Self.step(Double(last), tickCount: max(tickCount, 2)).rounded(.up)))
    low = 0
    high = Double(last)
    ticks = stride(from: 0, through: last, by: step).map(Double.init)
    decimals = 0
  }

  /// A quantity's name beside the axis, which says so where that does not begin at the least that there can be.
  func title(_ quantity: String, limits: ClosedRange<Double>?) -> String {
    guard let limits, low > limits.lowerBound else { return quantity }
    return "\(quantity), axis from \(label(low))"
  }

  func label(_ tick: Double) -> String { NumberText.fixed(tick, decimals) }

  /// The place of a value between two pixel positions.
  func position(_ value: Double, from start: Double, to end: Double) -> Double {
    start + (value - low) / (high - low) * (end - start)
  }

  private static func step(_ span: Double, tickCount: Int) -> Double {
    let rough = span / Double(max(tickCount, 1))
    let power = pow(10, log10(rough).rounded(.down))
    return ([1, 2, 5].first { $0 * power >= rough * 0.999 } ?? 10) * power
  }
}
