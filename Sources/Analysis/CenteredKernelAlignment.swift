import Evaluation
import Findings
import Metrics
import Torch

/// Which estimator of HSIC a CKA divides.
public enum CKAEstimator: String, Sendable, CaseIterable {
  /// HSIC₁ of Song et al. 2012, unbiased; 0 in expectation for independent features.
  case debiased
  /// The plain one of Kornblith et al. 2019; grows towards 1 as features outnumber samples.
  case biased

  /// The smallest number of samples in a batch.
  public var minimumSampleCount: Int { self == .debiased ? 4 : 2 }

  /// Whether a last batch would be too noisy a term of the sum, where it does not have to count.
  func isTooFew(_ count: Int, of batchSize: Int, keepsShortBatch: Bool) -> Bool {
    count < max(minimumSampleCount, keepsShortBatch ? 0 : batchSize / 4)
  }
}

/// CKA streamed over minibatches.
///
/// For each batch the U-centred (debiased) or doubly centred (biased) Gram matrix of every layer is formed; HSIC of all
/// pairs is one matrix product of the flattened Grams. HSICs are summed over batches and divided once:
/// `CKA = Σ HSIC(K,L) / √(Σ HSIC(K,K) · Σ HSIC(L,L))`.
///
/// A layer whose features hold nothing above their own rounding, or whose HSIC with itself is not above its noise, has
/// no value: NaN.
///
/// Kornblith et al., "Similarity of Neural Network Representations Revisited", ICML 2019; Nguyen, Raghu, Kornblith,
/// "Do Wide and Deep Networks Learn the Same Things?", ICLR 2021, eq. 3.
public struct CKAAccumulator {
  /// Which estimator of HSIC is summed over the batches.
  let estimator: CKAEstimator
  /// What the Gram matrices are made with.
  let kernel: CKAKernel
  private let layersA: [String]
  private let layersB: [String]
  private let shared: [(layer: String, a: Int, b: Int)]
  private(set) var batches: [CKABatch] = []
  private let rowsPerExample: Int
  private var random: RandomSource

  /// Sums that hold no batch yet.
  ///
  /// - Parameters:
  ///   - estimator: ``CKAEstimator/biased`` only to compare with numbers that were estimated so.
  ///   - kernel: of the Gram matrices, the same for all layers.
  ///   - layersA: names of the first network's layers, in the order that their features are added in.
  ///   - layersB: those of the second; namesakes make the diagonal, with interval and null.
  ///   - rowsPerExample: rows of features that each example has, one after the other: tokens of a text. Whole examples
  ///     are then left out for the interval and exchanged for the null, as rows of one are not independent.
  ///   - seed: of the shuffles that the null is made with.
  public init(
    estimator: CKAEstimator, kernel: CKAKernel = .linear, layersA: [String], layersB: [String],
    rowsPerExample: Int = 1, seed: UInt64 = 0
  ) {
    self.rowsPerExample = rowsPerExample
    self.estimator = estimator
    self.kernel = kernel
    self.layersA = layersA
    self.layersB = layersB
    shared = layersA.enumerated().compactMap { index, layer in
      layersB.firstIndex(of: layer).map { (layer, index, $0) }
    }
    random = RandomSource(seed: seed)
  }

  /// Adds one batch of features.
  ///
  /// - Parameters:
  ///   - featuresA: a tensor a layer, `[rows, …]`, in the order of `layersA`.
  ///   - featuresB: likewise, of the same examples.
  /// - Throws: ``AnalysisError/tooFewSamples(count:minimum:)``.
  public mutating func add(_ featuresA: [Tensor], _ featuresB: [Tensor]) throws {
    try add(grams(of: featuresA), grams(of: featuresB))
  }

  /// The centred Gram matrices of one network's layers on a batch.
  struct Grams {
    /// Flattened, `[layers, rows²]`, float64.
    fileprivate let matrices: Tensor
    fileprivate let strengths: [FeatureStrength]
    fileprivate let samples: Int
  }

  /// - Parameter features: a tensor a layer, `[rows, …]`.
  /// - Throws: ``AnalysisError/tooFewSamples(count:minimum:)``.
  func grams(of features: [Tensor]) throws -> Grams {
    let samples = features.first?.shape.first ?? 0
    precondition(samples % rowsPerExample == 0, "\(samples) rows of examples with \(rowsPerExample) each")
    let count = samples / rowsPerExample
    guard count >= estimator.minimumSampleCount else {
      throw AnalysisError.tooFewSamples(count: count, minimum: estimator.minimumSampleCount)
    }
    let (matrices, strengths) = try withoutGradients { try flattenedGrams(features) }
    return Grams(matrices: matrices, strengths: strengths, samples: samples)
  }

  /// Adds one batch of Gram matrices.
  mutating func add(_ first: Grams, _ second: Grams) throws {
    let (samples, count) = (first.samples, first.samples / rowsPerExample)
    let (gramsA, strengthsA) = (first.matrices, first.strengths)
    let (gramsB, strengthsB) = (second.matrices, second.strengths)
    let layerCountB = gramsB.shape[0]
    let permutation = shuffledExamples(count).rows(each: rowsPerExample)
    let batch = try withoutGradients {
      let order = try Tensor(permutation.map(Int64.init)).to(gramsB.device)
      let shuffledB = try gramsB.reshaped([layerCountB, samples, samples])
        .selecting(order, along: 1).selecting(order, along: 2).reshaped([layerCountB, samples * samples])
      let nulls = try gramsA.matrixProduct(try shuffledB.transposed()).array(of: Double.self)
      // The same product for `selfA` as for `cross`, so that equal features give equal sums to the last bit.
      let cross: [Double] = try gramsA.matrixProduct(try gramsB.transposed()).array()
      let selfA: [Double] = try gramsA.matrixProduct(try gramsA.transposed()).diagonal().array()
      let selfB: [Double] = try gramsB.matrixProduct(try gramsB.transposed()).diagonal().array()
      let (squaresA, squaresB) = (try gramsA.squared(), try gramsB.squared())
      let (sumsA, sumsB) = (try exampleSums(squaresA, samples), try exampleSums(squaresB, samples))
      let pairs = try shared.map { pair in
        func layer(_ grams: Tensor, _ index: Int) throws -> Tensor { try grams.narrowed(from: index, count: 1) }
        let products = try layer(gramsA, pair.a).multiply(layer(gramsB, pair.b))
        let terms = try elements(
          of: Tensor.concatenated([products, layer(squaresA, pair.a), layer(squaresB, pair.b)]), samples)
        return CKABatch.Pair(
          sums: try exampleSums(products, samples)[0], moments: try terms.matrixProduct(terms.transposed()).array())
      }
      let normalization =
        estimator == .debiased
        ? Double(samples) * Double(samples - 3 * rowsPerExample) : Double(samples - 1) * Double(samples - 1)
      return CKABatch(
        count: count, rowsPerExample: rowsPerExample, normalization: normalization,
        cross: cross.map { $0 / normalization },
        selfA: zip(zip(selfA, sumsA), strengthsA).map {
          CKABatch.Layer(hsic: $0.0 / normalization, sums: $0.1, strength: $1)
        },
        selfB: zip(zip(selfB, sumsB), strengthsB).map {
          CKABatch.Layer(hsic: $0.0 / normalization, sums: $0.1, strength: $1)
        },
        pairs: pairs, null: shared.map { nulls[$0.a * layerCountB + $0.b] / normalization })
    }
    batches.append(batch)
  }

  /// Leaves out a batch of so many examples, which another process adds: what is drawn for those that follow is what would
  /// be drawn for them after it.
  mutating func skip(_ count: Int) { _ = shuffledExamples(count) }

  private mutating func shuffledExamples(_ count: Int) -> [Int] { Array(0..<count).shuffled(using: &random) }

  /// With the batches that all processes added, in their order, in place of its own.
  func joined(_ pass: SharedPass) throws -> CKAAccumulator {
    let shape = CKABatch.Shape(layerCountA: layersA.count, layerCountB: layersB.count, pairCount: shared.count)
    var result = self
    result.batches = CKABatch.batches(of: try pass.joined([batches.flatMap(\.numbers)])[0], shape)
    return result
  }

  /// The centred Gram matrix of each layer, flattened: `[layers, samples²]`, float64.
  private func flattenedGrams(_ features: [Tensor]) throws -> (Tensor, [FeatureStrength]) {
    var scalars: [Tensor] = []
    let grams = try features.map { layer in
      let samples = layer.shape[0]
      let gram = try kernel.gram(layer)
      scalars += [try gram.energy.reshaped([1]), try gram.meanSquare.reshaped([1])]
      return try centered(gram.matrix, samples: samples).reshaped([1, samples * samples])
    }
    let numbers = try Tensor.concatenated(scalars).array(of: Double.self)
    let strengths = features.enumerated().map { index, layer in
      let energy = numbers[2 * index]
      return FeatureStrength(
        energy: energy, total: energy + Double(layer.shape[0]) * numbers[2 * index + 1],
        rounding: FeatureStrength.rounding(of: layer.type), isLinear: kernel == .linear)
    }
    return (try Tensor.concatenated(grams), strengths)
  }

  /// Of each layer's flattened matrix the sums of the elements of each two examples, `[layers, examples²]`.
  private func blocks(of flattened: Tensor, _ samples: Int) throws -> Tensor {
    guard rowsPerExample > 1 else { return flattened }
    let count = samples / rowsPerExample
    return try flattened.reshaped([-1, count, rowsPerExample, count, rowsPerExample]).sum(along: [2, 4])
      .reshaped([-1, count * count])
  }

  /// What makes a sum over two different examples' rows as large as one element.
  private var pairScale: Double { 1 / Double(rowsPerExample * rowsPerExample) }

  /// Of flattened matrices what each two different examples have, as one element, `[layers, examples²]`.
  private func elements(of flattened: Tensor, _ samples: Int) throws -> Tensor {
    guard rowsPerExample > 1 else { return flattened }
    let count = samples / rowsPerExample
    let weights: [Double] = (0..<count * count).map { $0 % (count + 1) == 0 ? 0 : pairScale }
    return try blocks(of: flattened, samples).multiply(
      Tensor(weights, shape: [1, count * count], device: flattened.device))
  }

  /// Of each layer's flattened matrix, what each example has of its sum.
  ///
  /// What is an example's own, which the biased estimator alone has, counts half, so that its share of the whole sum is twice
  /// this.
  private func exampleSums(_ flattened: Tensor, _ samples: Int) throws -> [CKAExampleSums] {
    let count = samples / rowsPerExample
    let blocks = try blocks(of: flattened, samples)
    let sums = try blocks.reshaped([-1, count, count]).sum(along: [2])
    let rows = try sums.array(of: Double.self)
    let hasOwn = estimator == .biased
    let places = try Tensor((0..<count).map { Int64($0 * (count + 1)) }, device: flattened.device)
    let own = hasOwn ? try blocks.selecting(places, along: 1).array(of: Double.self) : []
    return stride(from: 0, to: rows.count, by: count).map { first in
      let range = first..<first + count
      guard hasOwn else {
        return CKAExampleSums(shares: Array(rows[range]), others: range.map { rows[$0] * pairScale })
      }
      return CKAExampleSums(
        shares: range.map { rows[$0] - own[$0] / 2 }, others: range.map { (rows[$0] - own[$0]) * pairScale })
    }
  }

  /// The doubly centred matrix; debiased, what is left of the pairs of rows of different examples without the part
  /// `x_i + x_j` that they have in common, so that every row sums to 0.
  ///
  /// Of one row an example that is the U-centred matrix of Székely and Rizzo, whose products are HSIC₁. Of several, rows of one
  /// example are alike for a reason that is not the layers'; their pairs are in no sum.
  private func centered(_ gram: Tensor, samples: Int) throws -> Tensor {
    let n = Double(samples)
    switch estimator {
    case .biased:
      let rows = try gram.mean(along: [1], keepsAxes: true)
      let all = try gram.mean(along: [0, 1], keepsAxes: true)
      return try gram.subtract(rows).subtract(try rows.transposed()).add(all)
    case .debiased where rowsPerExample > 1:
      let (r, examples) = (Double(rowsPerExample), samples / rowsPerExample)
      let others = try differentExamples(samples, device: gram.device)
      let hollow = try gram.multiply(others)
      // (n − r) x_i + Σ_j x_j − Σ_{j of i's example} x_j = s_i, the row sums: solved for both sums first.
      let sums = try hollow.sum(along: [1])
      let total = try sums.sum().divide(by: 2 * (n - r))
      let own = try sums.reshaped([examples, rowsPerExample]).sum(along: [1], keepsAxes: true)
        .subtract(total.multiply(by: r)).divide(by: n - 2 * r).expanded(to: [examples, rowsPerExample]).reshaped([-1])
      let common = try sums.subtract(total).add(own).divide(by: n - r).reshaped([samples, 1])
      return try hollow.subtract(common).subtract(common.transposed()).multiply(others)
    case .debiased:
      let hollow = try gram.withZeroDiagonal()
      let rows = try hollow.sum(along: [1], keepsAxes: true).divide(by: n - 2)
      let all = try hollow.sum(along: [0, 1], keepsAxes: true).divide(by: (n - 1) * (n - 2))
      return try hollow.subtract(rows).subtract(try rows.transposed()).add(all).withZeroDiagonal()
    }
  }

  /// 1 where two rows are of different examples, else 0: `[samples, samples]`.
  private func differentExamples(_ samples: Int, device: Device) throws -> Tensor {
    let numbers = try Tensor((0..<samples).map { Int64($0 / rowsPerExample) }, device: device)
    return try numbers.reshaped([-1, 1]).expanded(to: [samples, samples])
      .equals(numbers.reshaped([1, -1]).expanded(to: [samples, samples])).negated().to(.float64)
  }

  /// The similarities over all batches added, with 95 % intervals over examples.
  ///
  /// The interval is a jackknife: each example is left out of the sums of its batch, by the row sums of the products of
  /// the Gram matrices. From its variance is taken half of what a jackknife of means over pairs counts twice: all of it
  /// covers less than 95 % where features have long tails, nothing of it more. There is no interval with fewer than
  /// eight examples in a batch. `CKACoverageTests` simulates how often it holds the truth.
  ///
  /// - Throws: ``AnalysisError/tooFewSamples(count:minimum:)`` before any batch.
  public func similarity() throws -> LayerSimilarity {
    guard !batches.isEmpty else {
      throw AnalysisError.tooFewSamples(count: 0, minimum: estimator.minimumSampleCount)
    }
    let sums = CKASums(batches, isDebiased: estimator == .debiased)
    let silentA = layersA.indices.map { layer in sums.isLowSignal(batches.map { $0.selfA[layer] }) }
    let silentB = layersB.indices.map { layer in sums.isLowSignal(batches.map { $0.selfB[layer] }) }
    let selfA = layersA.indices.map { layer in batches.reduce(0) { $0 + $1.selfA[layer].hsic } }
    let selfB = layersB.indices.map { layer in batches.reduce(0) { $0 + $1.selfB[layer].hsic } }
    let cross = layersA.indices.map { a in
      layersB.indices.map { b in batches.reduce(0) { $0 + $1.cross[a * layersB.count + b] } }
    }
    let values = layersA.indices.map { a in
      layersB.indices.map { b in silentA[a] || silentB[b] ? .nan : sums.ratio(cross[a][b], selfA[a], selfB[b]) }
    }
    let diagonal = shared.enumerated().map { position, pair in
      let value = values[pair.a][pair.b]
      guard value.isFinite else { return LayerSimilarity.Entry(layer: pair.layer, value: .nan) }
      let interval = sums.interval(
        of: value, position, a: pair.a, b: pair.b, crossIndex: pair.a * layersB.count + pair.b)
      let null = sums.ratio(batches.reduce(0) { $0 + $1.null[position] }, selfA[pair.a], selfB[pair.b])
      return LayerSimilarity.Entry(layer: pair.layer, value: value, low: interval.low, high: interval.high, null: null)
    }
    return LayerSimilarity(
      estimator: "\(kernel.name), \(estimator.rawValue)", sampleCount: batches.reduce(0) { $0 + $1.count },
      batchSize: batches.map(\.count).max() ?? 0,
      rowsPerExample: rowsPerExample > 1 ? rowsPerExample : nil, layersA: layersA, layersB: layersB, values: values,
      diagonal: diagonal)
  }
}

extension [Int] {
  /// The rows of examples in this order, each of which has so many, one after the other.
  func rows(each count: Int) -> [Int] { count == 1 ? self : flatMap { Array($0 * count..<($0 + 1) * count) } }
}
