import Foundation

/// The probability of so many successes or more: `Σ_{i ≥ successes} C(n, i) pⁱ (1 − p)ⁿ⁻ⁱ`, the p-value of the exact
/// one-sided binomial test.
///
/// - Parameters:
///   - successes: from 0 to `trials`.
///   - probability: of a success, from 0 to 1.
/// - Complexity: O(trials).
public func binomialUpperTail(of successes: Int, trials: Int, probability: Double) -> Double {
  precondition(
    (0...trials).contains(successes) && (0...1).contains(probability),
    "\(successes) of \(trials) with probability \(probability)")
  if successes == 0 || probability == 1 { return 1 }
  if probability == 0 { return 0 }
  let (logSuccess, logFailure) = (log(probability), log1p(-probability))
  var logTerm = Double(trials) * logFailure
  var sum = 0.0
  for count in 0...trials {
    if count >= successes { sum += exp(logTerm) }
    logTerm += log(Double(trials - count) / Double(count + 1)) + logSuccess - logFailure
  }
  return min(1, sum)
}
