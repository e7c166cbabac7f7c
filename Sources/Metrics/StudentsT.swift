import Foundation

/// Student's distribution of t with a whole number of degrees of freedom.
public struct StudentsT: Sendable {
  /// Repetitions less one, of a mean's interval.
  let degrees: Int

  /// - Parameter degrees: of freedom, at least one.
  public init(degrees: Int) {
    precondition(degrees > 0, "\(degrees) degrees of freedom")
    self.degrees = degrees
  }

  /// The probability of lying between −t and t.
  ///
  /// - Complexity: O(degrees).
  ///
  /// Abramowitz, Stegun, "Handbook of Mathematical Functions", 1964, 26.7.3 and 26.7.4.
  public func probability(within t: Double) -> Double {
    let angle = atan(t / Double(degrees).squareRoot())
    let square = cos(angle) * cos(angle)
    let isOdd = !degrees.isMultiple(of: 2)
    // sin θ (1 + ½ cos² θ + …) of an even number; 2/π (θ + sin θ (cos θ + ⅔ cos³ θ + …)) of an odd one.
    var term = isOdd ? cos(angle) : 1
    var sum = 0.0
    for power in stride(from: isOdd ? 1 : 0, through: degrees - 2, by: 2) {
      sum += term
      term *= square * Double(power + 1) / Double(power + 2)
    }
    return isOdd ? 2 / .pi * (angle + sin(angle) * sum) : sin(angle) * sum
  }

  /// The t within which, and within its negative, lies this share of the distribution: 12.706 for 0.95 and one degree.
  public func quantile(_ confidence: Double) -> Double {
    precondition(confidence > 0 && confidence < 1, "confidence \(confidence)")
    var (low, high) = (0.0, 1.0)
    while probability(within: high) < confidence { high *= 2 }
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if probability(within: middle) < confidence { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
