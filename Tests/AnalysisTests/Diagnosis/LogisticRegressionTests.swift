import HDF5
import TestSupport
import Testing
import Torch

@testable import Analysis

@Suite struct LogisticRegressionTests {
  private func matrix(_ path: String) throws -> Tensor {
    let dataset = try File.open(Repository.fixture("probes/probes.h5")).root.dataset(path)
    return try Tensor(dataset.read(as: Float.self), shape: dataset.shape)
  }

  @Test(arguments: ["tall", "wide"], ["1", "0.1", "0.01"])
  func probabilitiesAreScikitLearns(_ problem: String, _ penalty: String) throws {
    let file = try File.open(Repository.fixture("probes/probes.h5")).root
    let labels = try file.dataset("\(problem)/labels").read(as: Int32.self)
    let expected = try file.dataset("\(problem)/\(penalty)").read(as: Double.self)
    let regression = try LogisticRegression(
      matrix("\(problem)/train"), labels: labels, classCount: 3, penalty: #require(Double(penalty)))
    #expect(regression.residual < 1e-6)
    let test = try matrix("\(problem)/test")
    let logits = try regression.linearLayer().outputs(test)
    let found = try logits.logSoftmax(along: 1).array(of: Double.self)
    let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 9
    #expect(worst < 2e-4, "\(problem), penalty \(penalty): \(worst)")
    let classes = try logits.argmax(along: 1).array(of: Int64.self).map(Int32.init)
    #expect(try regression.predictions(test) == classes)
  }

  @Test func aFeatureThatNeverChangesIsNoTrouble() throws {
    let features = try Tensor([1, 5, 2, 5, 3, 5, 4, 5] as [Float], shape: [4, 2])
    let regression = try LogisticRegression(features, labels: [0, 0, 1, 1], classCount: 2, penalty: 0.01)
    #expect(try regression.predictions(features) == [0, 0, 1, 1])
  }
}
