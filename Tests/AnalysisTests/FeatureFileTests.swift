import Checkpoints
import Findings
import Foundation
import HDF5
import Metrics
import TestSupport
import Testing

@testable import Analysis

/// CKA of features that somebody stored, against NumPy's numbers for the same features.
@Suite struct FeatureFileTests {
  /// One of the fixture's two sets as a file, a layer in a group of its own.
  private func file(_ set: String, in folder: TemporaryFolder, samples: Int = 256) throws -> String {
    let root = try File.open(Repository.fixture("parity/cka.h5")).root
    let path = folder.file("\(set)-\(samples).h5")
    try File.writeAtomically(to: path) { target in
      for layer in 0..<3 {
        let values = try root.dataset("\(set)/\(layer)").read(as: Float.self)
        let width = values.count / 256
        try target.requireGroup("block\(layer)").write(
          "conv", Array(values.prefix(samples * width)), shape: [samples, width])
      }
    }
    return path
  }

  @Test func featureThatIsNoNumberIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("nan.h5")
    var values = (0..<40).map { Float($0 % 7) }
    values[13] = .nan
    try File.writeAtomically(to: path) { try $0.write("conv", values, shape: [10, 4]) }
    let features = try FeatureFile(contentsOf: path)
    #expect(throws: AnalysisError.badFeatures(path: path, reason: "conv has a number that is NaN or infinite")) {
      try LayerSimilarity(comparing: features, with: features, layersA: ["conv"], layersB: ["conv"])
    }
  }

  @Test(arguments: [("biased", CKAEstimator.biased, 256), ("debiased_minibatch", .debiased, 64)])
  func theWholeMatrixAgreesWithNumPy(_ name: String, _ estimator: CKAEstimator, _ batch: Int) throws {
    let folder = try TemporaryFolder()
    let (a, b) = (
      try FeatureFile(contentsOf: try file("a", in: folder)), try FeatureFile(contentsOf: try file("b", in: folder))
    )
    #expect(a.layers == ["block0.conv", "block1.conv", "block2.conv"])
    let matrix = try LayerSimilarity(
      comparing: a, with: b, layersA: a.layers, layersB: b.layers, estimator: estimator, batchSize: batch,
      keepsOrder: true)
    let found = matrix.values.flatMap { $0 }
    let expected = try File.open(Repository.fixture("parity/cka.h5")).root.dataset(name).read(as: Double.self)
    let worst = try #require(largestDifference(found, expected))
    #expect(worst.value < 1e-5, "\(found[worst.index]) for \(expected[worst.index]) at \(worst.index)")
  }

  @Test func otherNumbersOfSamplesAreRefused() throws {
    let folder = try TemporaryFolder()
    let a = try FeatureFile(contentsOf: try file("a", in: folder))
    let b = try FeatureFile(contentsOf: try file("b", in: folder, samples: 100))
    let error = #expect(throws: AnalysisError.self) {
      try LayerSimilarity(comparing: a, with: b, layersA: a.layers, layersB: b.layers)
    }
    #expect("\(try #require(error))".contains("it has 100 samples"))
  }

  @Test func layersOfOneFileMustHaveTheSameSamples() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("uneven.h5")
    try File.writeAtomically(to: path) { root in
      try root.write("a", [Float](repeating: 0, count: 8), shape: [4, 2])
      try root.write("b", [Float](repeating: 0, count: 10), shape: [5, 2])
    }
    let error = #expect(throws: AnalysisError.self) { try FeatureFile(contentsOf: path) }
    #expect("\(try #require(error))".contains("b has 5 samples, a 4"))
  }

  /// 400 samples of four classes, class after class or in another order: the same class means in both files, each with
  /// noise of its own.
  private func classes(_ name: String, in folder: TemporaryFolder, order: [Int]) throws -> FeatureFile {
    var random = RandomSource(seed: name == "a" ? 2 : 3)
    let rows = (0..<400).map { sample -> [Float] in
      (0..<8).map { column -> Float in (column == sample / 100 ? 3 : 0) + Float(random.normal()) }
    }
    let path = folder.file("\(name)-\(order[0]).h5")
    try File.writeAtomically(to: path) { root in
      try root.write("layer", order.flatMap { rows[$0] }, shape: [400, 8])
    }
    return try FeatureFile(contentsOf: path)
  }

  @Test func aFileSortedByClassGivesWhatAShuffledOneGives() throws {
    let folder = try TemporaryFolder()
    var random = RandomSource(seed: 9)
    func pair(_ order: [Int]) throws -> (FeatureFile, FeatureFile) {
      (try classes("a", in: folder, order: order), try classes("b", in: folder, order: order))
    }
    let sorted = try pair(Array(0..<400))
    let shuffled = try pair(random.permutation(count: 400))
    func value(_ files: (FeatureFile, FeatureFile), count: Int = .max, keepsOrder: Bool = false) throws -> Double {
      try LayerSimilarity(
        comparing: files.0, with: files.1, layersA: ["layer"], layersB: ["layer"], sampleCount: count, batchSize: 50,
        keepsOrder: keepsOrder
      ).values[0][0]
    }
    let expected = try value(shuffled)
    #expect(expected > 0.35)
    #expect(abs(try value(sorted) - expected) < 0.05)
    #expect(abs(try value(sorted, count: 200) - expected) < 0.12)
    // Batch after batch of one class: nothing is left of what tells the classes apart.
    #expect(try value(sorted, keepsOrder: true) < 0.2)
    let some = try LayerSimilarity(
      .svcca, comparing: sorted.0, with: sorted.1, layersA: ["layer"], layersB: ["layer"], pooling: nil,
      sampleCount: 200)
    let all = try LayerSimilarity(
      .svcca, comparing: shuffled.0, with: shuffled.1, layersA: ["layer"], layersB: ["layer"], pooling: nil,
      sampleCount: .max)
    #expect(abs(some.values[0][0] - all.values[0][0]) < 0.1, "\(some.values) \(all.values)")
  }

  @Test func rowsComeInTheOrderAsked() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("rows.h5")
    try File.writeAtomically(to: path) { root in
      try root.write("a", (0..<12).map(Float.init), shape: [6, 2])
    }
    let rows = try FeatureFile(contentsOf: path).rows([4, 1, 2, 0], of: "a").array(of: Float.self)
    #expect(rows == [8, 9, 2, 3, 4, 5, 0, 1])
  }
}
