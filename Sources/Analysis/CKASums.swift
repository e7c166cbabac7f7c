import Foundation
import Torch

/// What one batch adds to CKA.
struct CKABatch {
  /// A layer with itself.
  struct Layer {
    let hsic: Double
    /// Of the squared elements of its centred Gram matrix.
    let sums: CKAExampleSums
    let strength: FeatureStrength
  }

  /// A layer with its namesake.
  struct Pair {
    /// Of the products of the elements of both centred Gram matrices.
    let sums: CKAExampleSums
    /// Sums over pairs of examples of the products of `K̃L̃`, `K̃²` and `L̃²` with each other, `[3, 3]`.
    let moments: [Double]
  }

  /// Examples: what is drawn, and left out.
  let count: Int
  /// Rows of the Gram matrix that each of them has.
  let rowsPerExample: Int
  /// What sums are divided by to become HSIC.
  let normalization: Double
  /// HSIC of each layer with each, `[layersA, layersB]`.
  let cross: [Double]
  let selfA: [Layer]
  let selfB: [Layer]
  /// Of the layers both networks have.
  let pairs: [Pair]
  /// Of these, the second network's examples shuffled.
  let null: [Double]
}

/// What the elements of a matrix of rows with rows sum to, example by example.
struct CKAExampleSums {
  /// Half of what the whole sum loses without the example: the sum of its rows, less half of what it has with itself.
  let shares: [Double]
  /// Of its pairs with other examples, as if each pair were one element of a matrix with as large a mean over pairs.
  let others: [Double]
}

/// How strong the features of one batch are against their own rounding.
struct FeatureStrength {
  /// `Σ ‖x − x̄‖²`.
  let energy: Double
  /// `Σ ‖x‖²`.
  let total: Double
  /// Half the distance of neighbouring numbers about 1, in the type that features were stored or multiplied in.
  let rounding: Double
  /// Whether the Gram matrix is of the features themselves, in their precision.
  let isLinear: Bool

  /// A signal is this many times its rounding.
  static let roundings = 8.0

  /// Whether there is nothing but the rounding of constants.
  var isRounding: Bool {
    let least = Self.roundings * rounding
    return energy <= least * least * total
  }

  static func sum(_ parts: [FeatureStrength]) -> FeatureStrength {
    FeatureStrength(
      energy: parts.reduce(0) { $0 + $1.energy }, total: parts.reduce(0) { $0 + $1.total },
      rounding: parts.map(\.rounding).max() ?? 0, isLinear: parts.allSatisfy(\.isLinear))
  }

  static func rounding(of type: DType?) -> Double {
    switch type {
    case .float64: 0x1p-53
    case .float16: 0x1p-11
    case .bfloat16: 0x1p-8
    default: 0x1p-24
    }
  }
}

/// The sums of all batches: ratios, what is within noise, and intervals.
struct CKASums {
  /// HSIC of a layer with itself is above 0 at 10 %, one-sided. Debiased, six examples that alone are active are not,
  /// of however many; biased, one is not.
  private static let leastScore = 1.2816
  /// Below it examples say little of their own scatter.
  private static let smallestBatch = 8
  /// Nearer to 1 than this a value differs from it by the rounding of its Gram matrices, in float32.
  private static let rounding = FeatureStrength.roundings * 0x1p-24
  let batches: [CKABatch]
  let isDebiased: Bool

  init(_ batches: [CKABatch], isDebiased: Bool) {
    self.batches = batches
    self.isDebiased = isDebiased
  }

  func ratio(_ cross: Double, _ selfA: Double, _ selfB: Double) -> Double {
    // Rounding in the square root must not make CKA(X, X) anything but 1.
    if cross == selfA, cross == selfB, cross > 0 { return 1 }
    return cross / (selfA * selfB).squareRoot()
  }

  private var hasScatter: Bool { batches.allSatisfy { $0.count >= Self.smallestBatch } }

  /// Whether a layer's features, of every batch, have no structure above rounding and noise.
  func isLowSignal(_ layer: [CKABatch.Layer]) -> Bool {
    let hsic = layer.reduce(0) { $0 + $1.hsic }
    guard hsic.isFinite, hsic > 0 else { return true }
    if FeatureStrength.sum(layer.map(\.strength)).isRounding { return true }
    // Nothing but the rounding of the Gram matrix, whose elements are at most as large as its trace.
    let product = FeatureStrength.roundings * (layer.first?.strength.rounding == 0x1p-53 ? 0x1p-53 : 0x1p-24)
    let floor = zip(batches, layer).reduce(0) { $0 + $1.1.strength.energy * $1.1.strength.energy / $1.0.normalization }
    if layer.allSatisfy(\.strength.isLinear), hsic <= product * product * floor { return true }
    guard hasScatter else { return false }
    let variance = zip(batches, layer).reduce(0) { sum, next in
      sum + scatter(changes(next.1.hsic, next.1.sums, next.0), next.0.count)
    }
    return hsic < Self.leastScore * variance.squareRoot()
  }

  /// What a batch's HSIC changes by without each of its examples.
  private func changes(_ hsic: Double, _ sums: CKAExampleSums, _ batch: CKABatch) -> [Double] {
    let all = Double(batch.count * batch.rowsPerExample)
    let kept = all - Double(batch.rowsPerExample)
    let own = Double(batch.rowsPerExample)
    // As many pairs of rows fewer; the biased estimator counts those of one example too.
    let share = isDebiased ? kept * (kept - own) / (all * (all - own)) : kept * kept / (all * all)
    return sums.shares.map { (hsic - 2 * $0 / batch.normalization) / share - hsic }
  }

  /// The jackknife's variance of what is left without each example.
  private func scatter(_ values: [Double], _ count: Int) -> Double {
    let mean = values.reduce(0, +) / Double(count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } * Double(count - 1) / Double(count)
  }

  /// The 95 % interval of the CKA of a layer and its namesake.
  ///
  /// A value that is 1 but for rounding (the same features in another order or another basis) has no scatter: the part
  /// of pairs is then a difference of equal sums, and what rounding leaves of it would be magnified without bound by the
  /// slope of `artanh`. Such an interval is the value itself.
  func interval(of value: Double, _ position: Int, a: Int, b: Int, crossIndex: Int) -> (low: Double, high: Double) {
    guard abs(value) < 1 - Self.rounding else { return (value, value) }
    guard hasScatter else { return (.nan, .nan) }
    let cross = batches.reduce(0) { $0 + $1.cross[crossIndex] }
    let selfA = batches.reduce(0) { $0 + $1.selfA[a].hsic }
    let selfB = batches.reduce(0) { $0 + $1.selfB[b].hsic }
    // The ratio's slope in HSIC(K, L), HSIC(K, K), HSIC(L, L).
    let slope = [1 / (selfA * selfB).squareRoot(), -value / (2 * selfA), -value / (2 * selfB)]
    var (variance, excess) = (0.0, 0.0)
    for batch in batches {
      let pair = batch.pairs[position]
      let left = changes(batch.cross[crossIndex], pair.sums, batch)
      let leftA = changes(batch.selfA[a].hsic, batch.selfA[a].sums, batch)
      let leftB = changes(batch.selfB[b].hsic, batch.selfB[b].sums, batch)
      let values = left.indices.map { example in
        (cross + left[example]) / ((selfA + leftA[example]) * (selfB + leftB[example])).squareRoot()
      }
      variance += scatter(values, batch.count)
      if isDebiased {
        let rows = [pair.sums, batch.selfA[a].sums, batch.selfB[b].sums].map(\.others)
        excess += pairVariance(slope, pair, batch, rows: rows)
      }
    }
    return Self.ends(of: value, variance: max(variance - excess / 2, excess), ofPairs: excess)
  }

  /// The ends of the interval, on the scale of `artanh`, where scatter is alike near 1 and no end passes it.
  ///
  /// Near 0 scatter grows with the value: `v(t) = v₀ + k t`, where `v₀` is the part of pairs that is there without any
  /// similarity. The ends are where `(z − t)² = 1.96² v(t)`, as in Wilson's interval of a proportion.
  static func ends(of value: Double, variance: Double, ofPairs: Double) -> (low: Double, high: Double) {
    let slope = 1 / (1 - value * value)
    let (center, scatter) = (atanh(value), variance * slope * slope)
    let square = 1.959964 * 1.959964
    guard center < 0.5 else {
      let half = (square * scatter).squareRoot()
      return (tanh(center - half), tanh(center + half))
    }
    let growth = max(0, scatter - ofPairs * slope * slope) / max(center, scatter.squareRoot())
    let still = scatter - growth * max(0, center)
    let middle = center + square * growth / 2
    let half = max(0, middle * middle - center * center + square * still).squareRoot()
    return (tanh(middle - half), tanh(middle + half))
  }

  /// What pairs add to the variance beyond what their two examples do, which a jackknife counts twice.
  private func pairVariance(_ slope: [Double], _ pair: CKABatch.Pair, _ batch: CKABatch, rows: [[Double]]) -> Double {
    let count = Double(batch.count)
    var square = 0.0
    for row in 0..<3 { for column in 0..<3 { square += slope[row] * slope[column] * pair.moments[row * 3 + column] } }
    let ofPairs = square / (count * (count - 1))
    let means = (0..<batch.count).map { example in
      (0..<3).reduce(0.0) { $0 + slope[$1] * rows[$1][example] } / (count - 1)
    }
    let ofMeans = means.reduce(0) { $0 + $1 * $1 } / count
    let ofExamples = max(0, ((count - 1) * ofMeans - ofPairs) / (count - 2))
    return 2 * max(0, ofPairs - 2 * ofExamples) / (count * (count - 1))
  }
}
