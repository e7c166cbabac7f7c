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
  private var batches: [CKABatch] = []
  private var sampleCount = 0
  private var batchSize = 0
  private var random: RandomSource

  /// Sums that hold no batch yet.
  ///
  /// - Parameters:
  ///   - estimator: ``CKAEstimator/biased`` only to compare with numbers that were estimated so.
  ///   - kernel: of the Gram matrices, the same for all layers.
  ///   - layersA: names of the first network's layers, in the order that their features are added in.
  ///   - layersB: those of the second; namesakes make the diagonal, with interval and null.
  ///   - seed: of the shuffles that the null is made with.
  public init(
    estimator: CKAEstimator, kernel: CKAKernel = .linear, layersA: [String], layersB: [String], seed: UInt64 = 0
  ) {
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
  ///   - featuresA: a tensor a layer, `[samples, …]`, in the order of `layersA`.
  ///   - featuresB: likewise, of the same examples.
  /// - Throws: ``AnalysisError/tooFewSamples(count:minimum:)``.
  public mutating func add(_ featuresA: [Tensor], _ featuresB: [Tensor]) throws {
    let samples = featuresA.first?.shape.first ?? 0
    guard samples >= estimator.minimumSampleCount else {
      throw AnalysisError.tooFewSamples(count: samples, minimum: estimator.minimumSampleCount)
    }
    let permutation = Array(0..<samples).shuffled(using: &random)
    let batch = try withoutGradients {
      let (gramsA, strengthsA) = try flattenedGrams(featuresA)
      let (gramsB, strengthsB) = try flattenedGrams(featuresB)
      let order = try Tensor(permutation.map(Int64.init)).to(gramsB.device)
      let shuffledB = try gramsB.reshaped([featuresB.count, samples, samples])
        .selecting(order, along: 1).selecting(order, along: 2).reshaped([featuresB.count, samples * samples])
      let nulls = try gramsA.matrixProduct(try shuffledB.transposed()).array(of: Double.self)
      // The same product for `selfA` as for `cross`, so that equal features give equal sums to the last bit.
      let cross: [Double] = try gramsA.matrixProduct(try gramsB.transposed()).array()
      let selfA: [Double] = try gramsA.matrixProduct(try gramsA.transposed()).diagonal().array()
      let selfB: [Double] = try gramsB.matrixProduct(try gramsB.transposed()).diagonal().array()
      let (squaresA, squaresB) = (try gramsA.squared(), try gramsB.squared())
      let (rowsA, rowsB) = (try rowSums(squaresA, samples), try rowSums(squaresB, samples))
      let pairs = try shared.map { pair in
        func layer(_ grams: Tensor, _ index: Int) throws -> Tensor { try grams.narrowed(from: index, count: 1) }
        let products = try layer(gramsA, pair.a).multiply(layer(gramsB, pair.b))
        let terms = try Tensor.concatenated([products, layer(squaresA, pair.a), layer(squaresB, pair.b)])
        return CKABatch.Pair(
          rows: try rowSums(products, samples)[0], moments: try terms.matrixProduct(terms.transposed()).array())
      }
      let normalization =
        estimator == .debiased
        ? Double(samples) * Double(samples - 3) : Double(samples - 1) * Double(samples - 1)
      return CKABatch(
        count: samples, normalization: normalization, cross: cross.map { $0 / normalization },
        selfA: zip(zip(selfA, rowsA), strengthsA).map {
          CKABatch.Layer(hsic: $0.0 / normalization, rows: $0.1, strength: $1)
        },
        selfB: zip(zip(selfB, rowsB), strengthsB).map {
          CKABatch.Layer(hsic: $0.0 / normalization, rows: $0.1, strength: $1)
        },
        pairs: pairs, null: shared.map { nulls[$0.a * featuresB.count + $0.b] / normalization })
    }
    batches.append(batch)
    sampleCount += samples
    batchSize = max(batchSize, samples)
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

  /// Of each layer's flattened matrix, the sum of each row: `[layers][samples]`.
  ///
  /// On the diagonal, which the biased estimator has, counts half, so that an example's share of the whole sum is twice
  /// its row.
  private func rowSums(_ flattened: Tensor, _ samples: Int) throws -> [[Double]] {
    var sums = try flattened.reshaped([-1, samples, samples]).sum(along: [2])
    if estimator == .biased {
      let places = try Tensor((0..<samples).map { Int64($0 * (samples + 1)) }, device: flattened.device)
      sums = try sums.add(flattened.selecting(places, along: 1), scaledBy: -0.5)
    }
    let numbers = try sums.array(of: Double.self)
    return stride(from: 0, to: numbers.count, by: samples).map { Array(numbers[$0..<($0 + samples)]) }
  }

  private func centered(_ gram: Tensor, samples: Int) throws -> Tensor {
    let n = Double(samples)
    switch estimator {
    case .biased:
      let rows = try gram.mean(along: [1], keepsAxes: true)
      let all = try gram.mean(along: [0, 1], keepsAxes: true)
      return try gram.subtract(rows).subtract(try rows.transposed()).add(all)
    case .debiased:
      let hollow = try gram.withZeroDiagonal()
      let rows = try hollow.sum(along: [1], keepsAxes: true).divide(by: n - 2)
      let all = try hollow.sum(along: [0, 1], keepsAxes: true).divide(by: (n - 1) * (n - 2))
      return try hollow.subtract(rows).subtract(try rows.transposed()).add(all).withZeroDiagonal()
    }
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
      estimator: "\(kernel.name), \(estimator.rawValue)", sampleCount: sampleCount, batchSize: batchSize,
      layersA: layersA, layersB: layersB, values: values, diagonal: diagonal)
  }
}
