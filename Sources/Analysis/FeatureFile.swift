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

  /// Samples of this file and another, at most so many, drawn from all; shuffled, or in the order of the file.
  func sample(_ count: Int, with other: FeatureFile, keepsOrder: Bool, seed: UInt64) throws -> [Int] {
    var random = RandomSource(seed: seed)
    let drawn = random.sample(count, of: try commonCount(with: other))
    return keepsOrder ? drawn.sorted() : drawn
  }

  /// Some rows of a layer, `[rows, …]`, in the order given and in the file's own type.
  func rows(_ indices: [Int], of layer: String) throws -> Tensor {
    guard let dataset = datasets[layer] else { preconditionFailure("no layer \(layer) in \(path)") }
    let shape = [indices.count] + (try dataset.shape.dropFirst())
    var bytes: [UInt8] = []
    var next = 0
    while next < indices.count {
      var end = next + 1
      while end < indices.count, indices[end] == indices[end - 1] + 1 { end += 1 }
      bytes += try dataset.readRows(indices[next]..<indices[next] + (end - next))
      next = end
    }
    let rows = try bytes.withUnsafeBytes {
      try Tensor(bytes: $0, shape: shape, type: DType(named: dataset.elementType.rawValue))
    }
    guard try rows.isFinite() else {
      throw AnalysisError.badFeatures(path: path, reason: "\(layer) has a number that is NaN or infinite")
    }
    return rows
  }

  /// Those of some layers for which a pooling has a meaning.
  ///
  /// - Throws: ``AnalysisError/noTokens(pooling:layer:shape:)`` where it has none for any.
  func layers(_ names: [String], for pooling: FeaturePooling?) throws -> [String] {
    guard let pooling else { return names }
    let shapes = try names.compactMap { name in try datasets[name].map { (layer: name, shape: try $0.shape) } }
    try pooling.check(shapes)
    return shapes.filter { pooling.hasMeaning(ofRank: $0.shape.count) }.map(\.layer)
  }

  /// Bytes of one sample of some layers.
  fileprivate func sampleByteCount(of layers: [String]) throws -> Int {
    try layers.compactMap { datasets[$0] }.reduce(0) { sum, dataset in
      sum + (try dataset.shape.dropFirst().reduce(dataset.elementType.byteCount, *))
    }
  }
}

/// Samples of two files in batches: read once where they fit into memory, else row by row as they are asked for.
private struct SampledFeatures {
  /// Above it nothing is kept.
  private static let longestKept = 1 << 30
  private let files: [(file: FeatureFile, layers: [String])]
  private let order: [Int]
  private var kept: [[Tensor]] = []
  /// Where each of `order` stands among the rows that are kept.
  private var places: [Int64] = []

  init(_ a: FeatureFile, _ layersA: [String], _ b: FeatureFile, _ layersB: [String], order: [Int]) throws {
    files = [(a, layersA), (b, layersB)]
    self.order = order
    let isInOrder = zip(order, order.dropFirst()).allSatisfy { $0 + 1 == $1 }
    let byteCount = try files.reduce(0) { $0 + (try $1.file.sampleByteCount(of: $1.layers)) } * order.count
    guard !isInOrder, byteCount <= Self.longestKept else { return }
    let sorted = order.sorted()
    let placeOfRow = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, Int64($0)) })
    places = order.compactMap { placeOfRow[$0] }
    kept = try files.map { file, layers in try layers.map { try file.rows(sorted, of: $0) } }
  }

  /// The features of a range of the order: of the first file's layers, and of the second's.
  func batch(_ range: Range<Int>) throws -> [[Tensor]] {
    guard !kept.isEmpty else {
      return try files.map { file, layers in try layers.map { try file.rows(Array(order[range]), of: $0) } }
    }
    let rows = try Tensor(Array(places[range]))
    return try kept.map { try $0.map { try $0.selecting(rows, along: 0) } }
  }
}

extension LayerSimilarity {
  /// The CKA of layers of two files of features of the same samples.
  ///
  /// - Parameters:
  ///   - sampleCount: how many samples, at most, drawn from all.
  ///   - keepsOrder: whether batches follow the order of the file, as other tools' do. In a file that is sorted by class
  ///     they are then of one class each, and say nothing of what tells the classes apart.
  ///   - onProgress: batches done, of how many.
  /// - Throws: ``AnalysisError`` where the files do not have the same samples, or too few.
  public init(
    comparing a: FeatureFile, with b: FeatureFile, layersA: [String], layersB: [String],
    estimator: CKAEstimator = .debiased, kernel: CKAKernel = .linear, pooling: FeaturePooling? = nil,
    sampleCount: Int = .max, batchSize: Int = 128, keepsShortBatch: Bool = false, keepsOrder: Bool = false,
    seed: UInt64 = 0, onProgress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    let order = try a.sample(sampleCount, with: b, keepsOrder: keepsOrder, seed: seed)
    let count = order.count
    guard count >= estimator.minimumSampleCount else {
      throw AnalysisError.tooFewSamples(count: count, minimum: estimator.minimumSampleCount)
    }
    let (layersA, layersB) = (try a.layers(layersA, for: pooling), try b.layers(layersB, for: pooling))
    var accumulator = CKAAccumulator(
      estimator: estimator, kernel: kernel, layersA: layersA, layersB: layersB,
      rowsPerExample: pooling?.rowsPerExample ?? 1, seed: seed)
    let samples = try SampledFeatures(a, layersA, b, layersB, order: order)
    let total = (count + batchSize - 1) / batchSize
    for (done, start) in stride(from: 0, to: count, by: batchSize).enumerated() {
      let range = start..<min(start + batchSize, count)
      if done > 0, estimator.isTooFew(range.count, of: batchSize, keepsShortBatch: keepsShortBatch) { break }
      let places = ExamplePlaces(exampleCount: range.count, seed: seed &+ UInt64(start))
      let features = try samples.batch(range).map { try $0.compactMap { try FeaturePooling.rows($0, pooling, places) } }
      try accumulator.add(features[0], features[1])
      onProgress(done + 1, total)
    }
    self = try accumulator.similarity()
    data = a.path
    pool = pooling?.rawValue ?? pool
  }
}
