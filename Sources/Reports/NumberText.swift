import Foundation
import Metrics

/// Numbers as a reader wants them: a true minus sign, a dash for what was not measured, grouped counts.
public enum NumberText {
  /// What stands for a number that was not measured.
  public static let missing = "–"

  /// A number with so many decimals; ∞ for a ratio to zero.
  public static func fixed(_ value: Double?, _ decimals: Int) -> String {
    guard let value, value.isFinite else { return withoutDigits(value) }
    let digits = String(format: "%.\(decimals)f", abs(value))
    let isZero = digits.allSatisfy { $0 == "0" || $0 == "." }
    return value < 0 && !isZero ? "−" + digits : digits
  }

  /// A fraction as a percentage: 0.913 is "91.3 %".
  public static func percent(_ fraction: Double?) -> String {
    guard let fraction, fraction.isFinite else { return missing }
    return fixed(fraction * 100, 1) + " %"
  }

  /// A difference of fractions in points: 0.287 is "28.7".
  public static func points(_ fraction: Double?) -> String { fixed(fraction.map { $0 * 100 }, 1) }

  /// The ends of an interval, `1.6 to 2.6`.
  public static func interval(_ low: Double, _ high: Double, scale: Double = 1, decimals: Int = 1) -> String {
    guard low.isFinite, high.isFinite else { return missing }
    return "\(fixed(low * scale, decimals)) to \(fixed(high * scale, decimals))"
  }

  /// A p-value without its name.
  public static func pValue(_ value: Double) -> String {
    guard value.isFinite else { return missing }
    return value < 0.001 ? "< 0.001" : fixed(value, 3)
  }

  /// `p < 0.001` or `p = 0.042`.
  public static func probability(_ value: Double) -> String {
    value < 0.001 ? "p < 0.001" : "p = \(pValue(value))"
  }

  /// A count with commas between groups of three digits.
  public static func grouped(_ value: Int) -> String {
    var text = ""
    for (index, digit) in String(value.magnitude).reversed().enumerated() {
      if index > 0, index.isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return (value < 0 ? "−" : "") + String(text.reversed())
  }

  /// What stands for a value that has no digits.
  private static func withoutDigits(_ value: Double?) -> String {
    guard let value, value.isInfinite else { return missing }
    return value < 0 ? "−∞" : "∞"
  }

  /// A learning rate or a strength, all its digits and no noise: 0.003, 0.00001, 1e−12.
  public static func rate(_ value: Double) -> String {
    guard value.isFinite else { return withoutDigits(value) }
    let shortest = "\(value)"
    guard let exponent = shortest.firstIndex(of: "e").flatMap({ Int(shortest[$0...].dropFirst()) }) else {
      return (shortest.hasSuffix(".0") ? String(shortest.dropLast(2)) : shortest).replacing("-", with: "−")
    }
    guard (-8..<0).contains(exponent) else { return shortest.replacing("-", with: "−") }
    let digits = shortest.prefix { $0 != "e" }.split(separator: ".").dropFirst().first?.count ?? 0
    return fixed(value, digits - exponent)
  }

  /// Three significant digits, with an exponent only where it is needed; ∞ for a ratio to zero.
  public static func significant(_ value: Double?) -> String {
    guard let value, value.isFinite else { return withoutDigits(value) }
    if value == 0 { return "0" }
    let magnitude = Int(floor(log10(abs(value))))
    if magnitude < -4 || magnitude > 6 {
      return String(format: "%.2e", value).replacingOccurrences(of: "-", with: "−")
    }
    return fixed(value, min(max(2 - magnitude, 0), 6))
  }

  /// Minutes and seconds, "0:42" or "1:02:03".
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e8 else { return missing }
    let total = Int(seconds.rounded())
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }

  /// A rank correlation over so many items with its 95 % interval, `0.82 (0.10 to 0.97)`.
  public static func correlation(_ value: Double, count: Int) -> String {
    guard value.isFinite else { return missing }
    let interval = rankCorrelationInterval(value, count: count)
    return "\(fixed(value, 2)) (\(self.interval(interval.low, interval.high, decimals: 2)))"
  }

  /// A difference of fractions in points with its sign: −0.014 is "−1.4", 0.02 "+2.0"; what rounds to zero has none.
  public static func signedPoints(_ fraction: Double?) -> String {
    let text = points(fraction)
    return text.first?.isNumber == true && text != fixed(0, 1) ? "+" + text : text
  }

  /// Seconds as a person would say them: `40 s`, `3 min`, `1 h 10 min`.
  public static func roughDuration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e8 else { return missing }
    guard seconds >= 90 else { return "\(Int(max(1, seconds.rounded(.up)))) s" }
    let minutes = Int((seconds / 60).rounded(.up))
    return minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }

  /// Sizes along the axes, `3×224×224`; `?` for one that is free.
  public static func shape(_ sizes: [Int]) -> String {
    sizes.isEmpty ? "scalar" : sizes.map { $0 < 0 ? "?" : String($0) }.joined(separator: "×")
  }

  /// `1 epoch`, `3 epochs`, `2 batches`.
  public static func plural(_ count: Int, _ noun: String) -> String {
    "\(grouped(count)) \(count == 1 ? noun : plural(noun))"
  }

  /// A noun for several: `steps`, `batches`.
  static func plural(_ noun: String) -> String {
    noun + (["s", "x", "sh", "tch"].contains(where: noun.hasSuffix) ? "es" : "s")
  }
}
