import Checkpoints
import Datasets
import Metrics
import Models
import Programs
import Testing
import Torch

@testable import Analysis

/// A network that takes long for an example is judged on fewer, unless it is said on how many.
@Suite struct DiagnosisCountsTests {
  @Test func aSmallNetworkHasAllThatIsEverTaken() {
    let counts = DiagnosisCounts(multiplicationsPerExample: 1_000_000)
    #expect(counts == DiagnosisCounts(judged: 2000))
    #expect((counts.probed, counts.probeFitted, counts.head) == (1000, 1000, 5000))
  }

  @Test func aLargeOneHasFewerAndNeverTooFew() {
    let small = DiagnosisCounts(multiplicationsPerExample: 120_000_000)
    #expect((small.judged, small.probed, small.probeFitted) == (1000, 1000, 500))
    #expect((small.statistics, small.head, small.untrained) == (2500, 2500, 1000))
    let large = DiagnosisCounts(multiplicationsPerExample: .max)
    #expect((large.judged, large.probed, large.probeFitted) == (200, 200, 500))
    #expect((large.statistics, large.head, large.untrained) == (500, 1000, 250))
  }

  /// The multiplications of a ResNet-18 in CIFAR form are 555,422,720 an image (He et al. 2015 give its stages).
  @Test func aResidualNetworkIsJudgedOnAFewHundredUnlessMoreAreAskedFor() throws {
    let program = try Architecture.resnet18.program(
      options: ArchitectureOptions(inputShape: [3, 32, 32], classCount: 10, form: .cifar))
    let model = try Model(initializing: program, task: "t", classNames: (0..<10).map(String.init), seed: 1)
    model.preprocessing = Preprocessing(scale: 1, mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    let split = Split(
      inputs: [InputArray(rows: TensorView([Float](repeating: 0.5, count: 300 * 3072), shape: [300, 3, 32, 32]))],
      labels: (0..<300).map { Int32($0 % 10) })
    let source = try Dataset(name: "t", classNames: (0..<10).map(String.init), train: split, test: split)
    let checkpoint = try model.checkpoint(epoch: 0)
    func judgedCounts(_ testCount: Int?) throws -> [Int] {
      let models = try ComparedModels(
        before: checkpoint, after: checkpoint, source: source, target: source, testCount: testCount)
      return [models.sourceTest.count, models.targetTest?.count ?? 0, models.wholeSourceTest.count]
    }
    #expect(try judgedCounts(nil) == [216, 216, 300])
    #expect(try judgedCounts(2000) == [300, 300, 300])
    #expect(try judgedCounts(50) == [50, 50, 300])
  }
}
