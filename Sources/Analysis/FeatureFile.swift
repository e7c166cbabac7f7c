import Checkpoints
import Findings
import HDF5
import Metrics
import Torch

/// Features of a network's layers on some samples, from anywhere: an HDF5 file with one dataset a layer, `[samples, …]`.
///
/// Datasets in groups are layers named by their path with dots. Rows are read batch by batch.
public struct FeatureFile {
  /// The file, as it was given.
  public let path: String
  /// The layers, by number and name.
  public let layers: [String]
  /// Samples of every layer.
  public let sampleCount: Int
  private let datasets: [String: HDF5.Dataset]

  /// - Throws: ``AnalysisError/badFeatures(path:reason:)``, ``AnalysisError/checkpointAsFeatures(path:)``, `CheckpointError`, `HDF5Error`.
  public init(contentsOf path: String) throws {
    if (try? WeightsFile.kind(of: path)) == .checkpoint {
      throw AnalysisError.checkpointAsFeatures(path: path)
    }
    let root = try File.open(path).root
    var datasets: [String: HDF5.Dataset] = [:]
    var count: (layer: String, samples: Int)?
    for name in try root.allDatasetPaths() {
      let dataset = try root.dataset(name)
      let layer = name.replacing("/", with: ".")
      guard try dataset.elementType.isFloatingPoint, let samples = try dataset.shape.first else {
        throw AnalysisError.badFeatures(
          path: path, reason: "\(layer): expected fractions of shape [samples, …], found \(try dataset.shape)")
      }
      if let count, count.samples != samples {
        throw AnalysisError.badFeatures(
          path: path, reason: "\(layer) has \(samples) samples, \(count.layer) \(count.samples)")
      }
      count = count ?? (layer, samples)
      datasets[layer] = dataset
    }
    guard let count else { throw AnalysisError.badFeatures(path: path, reason: "it has no datasets") }
    self.path = path
    self.datasets = datasets
    layers = datasets.keys.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    sampleCount = count.samples
  }

  /// The number of samples, where another file has as many.
  func commonCount(with other: FeatureFile) throws -> Int {
    guard sampleCount == other.sampleCount else {
      throw AnalysisError.badFeatures(
        path: other.path, reason: "it has \(other.sampleCount) samples, \(path) \(sampleCount)")
    }
    return sampleCount
  }

  /// Some rows of a layer, `[rows, …]`, in the file's own type.
  func rows(_ range: Range<Int>, of layer: String) throws -> Tensor {
    guard let dataset = datasets[layer] else { preconditionFailure("no layer \(layer) in \(path)") }
    let shape = [range.count] + (try dataset.shape.dropFirst())
    let bytes = try dataset.readRows(range)
    return try bytes.withUnsafeBytes {
      try Tensor(bytes: $0, shape: shape, type: DType(named: dataset.elementType.rawValue))
    }
  }
}

extension LayerSimilarity {
  /// The CKA of layers of two files of features of the same samples.
  ///
  /// - Parameters:
  ///   - sampleCount: how many samples, at most, from the first on.
  ///   - onProgress: batches done, of how many.
  /// - Throws: ``AnalysisError`` where the files do not have the same samples, or too few.
  public init(
    comparing a: FeatureFile, with b: FeatureFile, layersA: [String], layersB: [String],
    estimator: CKAEstimator = .debiased, kernel: CKAKernel = .linear, pooling: FeaturePooling? = nil,
    sampleCount: Int = .max, batchSize: Int = 128, keepsShortBatch: Bool = false, seed: UInt64 = 0,
    onProgress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    let count = min(sampleCount, try a.commonCount(with: b))
    guard count >= estimator.minimumSampleCount else {
      throw AnalysisError.tooFewSamples(count: count, minimum: estimator.minimumSampleCount)
    }
    var accumulator = CKAAccumulator(
      estimator: estimator, kernel: kernel, layersA: layersA, layersB: layersB, seed: seed)
    let total = (count + batchSize - 1) / batchSize
    for (done, start) in stride(from: 0, to: count, by: batchSize).enumerated() {
      let range = start..<min(start + batchSize, count)
      if done > 0, estimator.isTooFew(range.count, of: batchSize, keepsShortBatch: keepsShortBatch) { break }
      try accumulator.add(
        layersA.map { try FeaturePooling.rows(a.rows(range, of: $0), pooling) },
        layersB.map { try FeaturePooling.rows(b.rows(range, of: $0), pooling) })
      onProgress(done + 1, total)
    }
    self = try accumulator.similarity()
    data = a.path
    pool = pooling?.rawValue ?? pool
  }
}
