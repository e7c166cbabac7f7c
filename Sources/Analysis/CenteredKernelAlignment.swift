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
/// Kornblith et al., "Similarity of Neural Network Representations Revisited", ICML 2019; Nguyen, Raghu, Kornblith,
/// "Do Wide and Deep Networks Learn the Same Things?", ICLR 2021, eq. 3.
public struct CKAAccumulator {
  private struct BatchSums {
    var cross: [Double]
    var selfA: [Double]
    var selfB: [Double]
    /// Of the shared layers, the second network's examples shuffled.
    var null: [Double]
  }

  /// Which estimator of HSIC is summed over the batches.
  let estimator: CKAEstimator
  /// What the Gram matrices are made with.
  let kernel: CKAKernel
  private let layersA: [String]
  private let layersB: [String]
  private let shared: [(layer: String, a: Int, b: Int)]
  private var batches: [BatchSums] = []
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
  ///   - seed: of the shuffles that the null is made with and of the bootstrap over batches.
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
    let sums = try withoutGradients {
      let gramsA = try flattenedGrams(featuresA)
      let gramsB = try flattenedGrams(featuresB)
      let order = try Tensor(permutation.map(Int64.init)).to(gramsB.device)
      let shuffledB = try gramsB.reshaped([featuresB.count, samples, samples])
        .selecting(order, along: 1).selecting(order, along: 2).reshaped([featuresB.count, samples * samples])
      let nulls = try gramsA.matrixProduct(try shuffledB.transposed()).array(of: Double.self)
      return BatchSums(
        cross: try gramsA.matrixProduct(try gramsB.transposed()).array(),
        // The same product as `cross`, so that equal features give equal sums to the last bit.
        selfA: try gramsA.matrixProduct(try gramsA.transposed()).diagonal().array(),
        selfB: try gramsB.matrixProduct(try gramsB.transposed()).diagonal().array(),
        null: shared.map { nulls[$0.a * featuresB.count + $0.b] })
    }
    let normalization =
      estimator == .debiased
      ? Double(samples) * Double(samples - 3) : Double(samples - 1) * Double(samples - 1)
    batches.append(
      BatchSums(
        cross: sums.cross.map { $0 / normalization }, selfA: sums.selfA.map { $0 / normalization },
        selfB: sums.selfB.map { $0 / normalization }, null: sums.null.map { $0 / normalization }))
    sampleCount += samples
    batchSize = max(batchSize, samples)
  }

  /// The centred Gram matrix of each layer, flattened: `[layers, samples²]`, float64.
  private func flattenedGrams(_ features: [Tensor]) throws -> Tensor {
    try Tensor.concatenated(
      features.map { layer in
        let samples = layer.shape[0]
        return try centered(try kernel.gram(layer), samples: samples).reshaped([1, samples * samples])
      })
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

  /// The similarities over all batches added; intervals are bootstraps over batches, from four batches on.
  ///
  /// - Throws: ``AnalysisError/tooFewSamples(count:minimum:)`` before any batch.
  public func similarity(resamples: Int = 1000) throws -> LayerSimilarity {
    guard !batches.isEmpty else {
      throw AnalysisError.tooFewSamples(count: 0, minimum: estimator.minimumSampleCount)
    }
    var generator = random
    let everything = Array(batches.indices)
    let values = layersA.indices.map { a in layersB.indices.map { b in cka(a, b, over: everything) } }
    let draws = (0..<(batches.count < 4 ? 0 : resamples)).map { _ in
      everything.map { _ in Int.random(in: batches.indices, using: &generator) }
    }
    let diagonal = shared.enumerated().map { position, pair in
      let samples = draws.map { cka(pair.a, pair.b, over: $0) }.sorted()
      func end(_ fraction: Double) -> Double { samples.isEmpty ? .nan : quantile(fraction, ofSorted: samples) }
      let null = ratio(
        batches.reduce(0) { $0 + $1.null[position] }, batches.reduce(0) { $0 + $1.selfA[pair.a] },
        batches.reduce(0) { $0 + $1.selfB[pair.b] })
      return LayerSimilarity.Entry(
        layer: pair.layer, value: values[pair.a][pair.b], low: end(0.025), high: end(0.975), null: null)
    }
    return LayerSimilarity(
      estimator: "\(kernel.name), \(estimator.rawValue)", sampleCount: sampleCount, batchSize: batchSize,
      layersA: layersA, layersB: layersB, values: values, diagonal: diagonal)
  }

  private func cka(_ a: Int, _ b: Int, over chosen: [Int]) -> Double {
    var (cross, selfA, selfB) = (0.0, 0.0, 0.0)
    for index in chosen {
      cross += batches[index].cross[a * layersB.count + b]
      selfA += batches[index].selfA[a]
      selfB += batches[index].selfB[b]
    }
    return ratio(cross, selfA, selfB)
  }

  private func ratio(_ cross: Double, _ selfA: Double, _ selfB: Double) -> Double {
    // Rounding in the square root must not make CKA(X, X) anything but 1.
    if cross == selfA, cross == selfB, cross > 0 { return 1 }
    return cross / (selfA * selfB).squareRoot()
  }
}
