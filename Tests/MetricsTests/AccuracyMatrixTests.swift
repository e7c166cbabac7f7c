import Metrics
import Testing

@Suite struct AccuracyMatrixTests {
  private let matrix = AccuracyMatrix([
    [0.5, 0.25, 0.125],
    [0.75, 0.875, 0.25],
    [0.625, 1.0, 0.75],
  ])

  @Test func backwardTransferByHand() {
    #expect(matrix.backwardTransfer == 0.125)  // ((0.625 − 0.5) + (1 − 0.875)) / 2
    #expect(matrix.averageAccuracy == (0.625 + 1 + 0.75) / 3)
  }

  @Test func forgettingByHand() {
    #expect(matrix.forgetting() == 0)  // ((0.75 − 0.625) + (0.875 − 1)) / 2
    #expect(matrix.forgetting(compatibility: .avalanche) == -0.125)  // first minus last
    #expect(matrix.forgetting(compatibility: .mammoth) == 0.0625)  // (0.125 + 0) / 2
  }

  @Test func forwardTransferByHand() {
    // ((0.25 − 0.125) + (0.25 − 0.125)) / 2; the baseline of the first task is not used.
    #expect(matrix.forwardTransfer(randomBaseline: [.nan, 0.125, 0.125]) == 0.125)
  }

  @Test func accuraciesBeforeATaskWasTrainedMayBeMissing() {
    let partial = AccuracyMatrix([[0.5, .nan, .nan], [0.75, 0.875, .nan], [0.625, 1, 0.75]])
    #expect(partial.forgetting() == 0)
    #expect(partial.backwardTransfer == 0.125)
    #expect(partial.forwardTransfer(randomBaseline: [0, 0, 0]).isNaN)
  }

  @Test func aSingleTaskHasNothingToForget() {
    let single = AccuracyMatrix([[0.9]])
    #expect(single.backwardTransfer == 0 && single.forgetting() == 0)
    #expect(single.forwardTransfer(randomBaseline: [0.1]) == 0)
  }
}

@Suite struct ClassAccuracyTests {
  @Test func countsEachClass() {
    let predictions: [Int32] = [0, 1, 1, 7, 0]
    let labels: [Int32] = [0, 1, 0, 1, 0]
    let classes = perClassAccuracy(predictions: predictions, labels: labels, classCount: 3)
    #expect(classes.map(\.count) == [3, 2, 0])
    #expect(classes.map(\.correct) == [2, 1, 0])
    #expect(classes.map(\.accuracy) == [2.0 / 3, 0.5, nil])
    #expect(accuracy(predictions: predictions, labels: labels) == 0.6)
  }
}
