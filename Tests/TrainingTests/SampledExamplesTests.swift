import Checkpoints
import Datasets
import Testing

@testable import Training

/// A few of the examples are drawn from all of a split, however its file is sorted.
@Suite struct SampledExamplesTests {
  @Test func trainingOnSomeSeesEveryClass() {
    // 1,000 examples of ten classes, class after class.
    let split = Split(
      inputs: [InputArray(rows: TensorView((0..<1000).map(Float.init), shape: [1000, 1]))],
      labels: (0..<1000).map { Int32($0 / 100) })
    var options = TrainingOptions()
    options.exampleCount = 200
    let counts = Dictionary(options.examples(of: split).labels.map { ($0, 1) }, uniquingKeysWith: +)
    #expect(counts.count == 10 && counts.values.allSatisfy { (8...36).contains($0) }, "\(counts)")
  }
}
