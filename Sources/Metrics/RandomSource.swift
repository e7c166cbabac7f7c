import Foundation

/// A seeded stream of random numbers: xoshiro256**, its state filled from the seed by SplitMix64.
///
/// It is passed in wherever chance is used, so that a run can be repeated and resumed: the state can be
/// stored (`Codable`) and continues exactly where it stopped. Not for cryptography.
///
/// Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018.
public struct RandomSource: RandomNumberGenerator, Sendable, Codable, Equatable {
  private var state0: UInt64
  private var state1: UInt64
  private var state2: UInt64
  private var state3: UInt64

  /// Creates the stream that belongs to a seed.
  public init(seed: UInt64) {
    var splitMix = seed
    func nextWord() -> UInt64 {
      splitMix &+= 0x9E37_79B9_7F4A_7C15
      var word = splitMix
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      return word ^ (word >> 31)
    }
    state0 = nextWord()
    state1 = nextWord()
    state2 = nextWord()
    state3 = nextWord()
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let product = state1 &* 5
    let result = ((product << 7) | (product >> 57)) &* 9
    let shifted = state1 << 17
    state2 ^= state0
    state3 ^= state1
    state1 ^= state2
    state0 ^= state3
    state2 ^= shifted
    state3 = (state3 << 45) | (state3 >> 19)
    return result
  }

  /// A stream of its own, drawn from this one: its numbers do not depend on how many the other takes afterwards.
  public mutating func split() -> RandomSource {
    RandomSource(seed: next())
  }
}

extension RandomSource {
  /// A number in [0, 1), with 53 random bits.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number from the standard normal distribution (Box and Muller; one of the pair is used, so no state is kept).
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }

  /// The numbers `0..<count` in random order.
  public mutating func permutation(count: Int) -> [Int] {
    Array(0..<count).shuffled(using: &self)
  }

  /// Some of the numbers `0..<total`, drawn without replacement, in random order; all of them where that is fewer.
  public mutating func sample(_ count: Int, of total: Int) -> [Int] {
    Array(permutation(count: total).prefix(count))
  }

  /// How many of `trials` independent trials succeed: an exact draw from the binomial distribution.
  ///
  /// Gaps between successes are drawn while few successes are expected; otherwise Hörmann's transformed
  /// rejection (BTRS), whose cost does not depend on `trials`.
  ///
  /// - Parameters:
  ///   - trials: number of trials, 0 or more.
  ///   - probability: chance of success in each trial, from 0 to 1.
  ///
  /// Hörmann, "The generation of binomial random variates", J. Stat. Comput. Simul. 46, 1993.
  public mutating func binomial(trials: Int, probability: Double) -> Int {
    precondition(trials >= 0 && probability >= 0 && probability <= 1, "binomial(\(trials), \(probability))")
    if probability > 0.5 { return trials - binomial(trials: trials, probability: 1 - probability) }
    if probability == 0 || trials == 0 { return 0 }
    return Double(trials) * probability < 10
      ? binomialByGaps(trials: trials, probability: probability)
      : binomialByRejection(trials: trials, probability: probability)
  }

  private mutating func binomialByGaps(trials: Int, probability: Double) -> Int {
    let logFailure = log1p(-probability)
    var position = 0.0
    var successes = 0
    while true {
      position += (log(1 - uniform()) / logFailure).rounded(.down) + 1
      if position > Double(trials) { return successes }
      successes += 1
    }
  }

  private mutating func binomialByRejection(trials: Int, probability p: Double) -> Int {
    let n = Double(trials)
    let deviation = (n * p * (1 - p)).squareRoot()
    let b = 1.15 + 2.53 * deviation
    let a = -0.0873 + 0.0248 * b + 0.01 * p
    let alpha = (2.83 + 5.1 / b) * deviation
    let ratio = p / (1 - p)
    let mode = ((n + 1) * p).rounded(.down)
    while true {
      let u = uniform() - 0.5
      let v = 1 - uniform()
      let distance = 0.5 - abs(u)
      let k = ((2 * a / distance + b) * u + n * p + 0.5).rounded(.down)
      if distance >= 0.07 && v <= 0.92 - 4.2 / b { return Int(k) }
      if !(k >= 0 && k <= n) { continue }
      let bound =
        (mode + 0.5) * log((mode + 1) / (ratio * (n - mode + 1)))
        + (n + 1) * log((n - mode + 1) / (n - k + 1))
        + (k + 0.5) * log(ratio * (n - k + 1) / (k + 1))
        + stirlingRemainder(mode) + stirlingRemainder(n - mode) - stirlingRemainder(k) - stirlingRemainder(n - k)
      if log(v * alpha / (a / (distance * distance) + b)) <= bound { return Int(k) }
    }
  }
}

/// What Stirling's formula leaves out of `log(k!)`, exact to about 1e-10 after shifting small arguments up.
private func stirlingRemainder(_ k: Double) -> Double {
  var argument = k + 1
  var correction = 0.0
  // δ(x) = δ(x+1) + (x+½)·log((x+1)/x) − 1, with x = k + 1.
  while argument < 10 {
    correction += (argument + 0.5) * log1p(1 / argument) - 1
    argument += 1
  }
  let inverse = 1 / argument
  let square = inverse * inverse
  return correction + inverse * (1.0 / 12 - square * (1.0 / 360 - square / 1260))
}
