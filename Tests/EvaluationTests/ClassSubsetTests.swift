import Checkpoints
import Datasets
import Evaluation
import Metrics
import TestSupport
import Testing
import Torch

/// Losses over some of a head's outputs, and over labels that somebody spoke of: PyTorch 2.13 has the same numbers.
@Suite struct ClassSubsetTests {
  private let logits: [Float] = [0.5, -1, 2, 0.25, 1, -0.5, 0, 3, 0.1, 0.2, 0.3, 0.4]

  /// `F.cross_entropy(logits[:2][:, [1, 3]], [1, 0])`, also with `label_smoothing=0.1`.
  @Test func ofTokensTheOthersAreLeftOut() throws {
    let outputs = try Tensor(logits, shape: [1, 3, 4])
    let labels = try Tensor([3, 1, -100] as [Int64], shape: [1, 3])
    let some = try ClassSubset([1, 3], of: 4, device: .cpu)
    func loss(_ smoothing: Double) throws -> Double {
      try TokenClassification().loss(
        of: outputs, labels: labels, settings: LossSettings(labelSmoothing: smoothing, classes: some)
      ).item()
    }
    #expect(abs(try loss(0) - 1.890839695930481) < 1e-6)
    #expect(abs(try loss(0.1) - 1.8345896005630493) < 1e-6)
  }

  /// `F.cross_entropy(outputs[:, [0, 2]], [[[1, -100]]])`.
  @Test func ofPixelsLikewise() throws {
    let outputs = try Tensor([0.5, -1, 2, 0.25, 1, -0.5] as [Float], shape: [1, 3, 1, 2])
    let labels = try Tensor([2, 255] as [Int64], shape: [1, 1, 2])
    let some = try ClassSubset([0, 2], of: 3, device: .cpu)
    let loss = try Segmentation().loss(of: outputs, labels: labels, settings: LossSettings(classes: some)).item()
    #expect(abs(loss - 0.4740769863128662) < 1e-6)
  }

  /// `F.binary_cross_entropy_with_logits(z[m], y[m])` with `m = y != -100`, and of the third column alone.
  @Test func labelsThatNobodySpeaksOfAreInNoLoss() throws {
    let outputs = try Tensor(Array(logits.prefix(8)), shape: [2, 4])
    let labels = try Tensor([1, -100, 0, -100, 0, -100, 1, -100] as [Float], shape: [2, 4])
    let kind = ManyLabels()
    #expect(abs(try kind.loss(of: outputs, labels: labels, settings: LossSettings()).item() - 1.1518535614) < 1e-6)
    #expect(try kind.mass(of: labels) == 4)
    let some = try ClassSubset([2], of: 4, device: .cpu)
    #expect(
      abs(try kind.loss(of: outputs, labels: labels, settings: LossSettings(classes: some)).item() - 1.4100376368)
        < 1e-6)
    let sums = try kind.sums(of: outputs, labels: labels)
    #expect(abs(sums.values[0] - 1.3005025387) < 1e-6 && abs(sums.values[9] - 1.0032044649) < 1e-6)
    // Each known label is ranked wrong: precision 1/2 at full recall. All 4 are said, 2 are there.
    let values = kind.values(of: sums, counting: nil)
    #expect(values.scores[0] == 0.5)
    #expect(abs(values.scores[1] - 2.0 * 2 / (4 + 2)) < 1e-12)
  }

  @Test func labelsOfSomeColumnsStandInTheHeadsPlaces() throws {
    let split = Split(
      inputs: [InputArray(rows: TensorView([0, 0] as [Float], shape: [2, 1]))],
      targets: InputArray(name: "labels", rows: TensorView([1, 0, 0, 0] as [Float], shape: [2, 2])))
    let placed = split.labelled(in: [3, 1], of: 4)
    let batch = try #require(try Batches(split: placed, batchSize: 2).makeIterator().next())
    #expect(try batch.labels.array(of: Float.self) == [-100, 0, -100, 1, -100, 0, -100, 0])
    #expect(placed.targetLabels == [3] && split.targetLabels == [0])
  }
}
