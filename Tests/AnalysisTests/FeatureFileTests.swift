import Checkpoints
import Findings
import Foundation
import HDF5
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

  @Test(arguments: [("biased", CKAEstimator.biased, 256), ("debiased_minibatch", .debiased, 64)])
  func theWholeMatrixAgreesWithNumPy(_ name: String, _ estimator: CKAEstimator, _ batch: Int) throws {
    let folder = try TemporaryFolder()
    let (a, b) = (
      try FeatureFile(contentsOf: try file("a", in: folder)), try FeatureFile(contentsOf: try file("b", in: folder))
    )
    #expect(a.layers == ["block0.conv", "block1.conv", "block2.conv"])
    let matrix = try LayerSimilarity(
      comparing: a, with: b, layersA: a.layers, layersB: b.layers, estimator: estimator, batchSize: batch)
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
}
