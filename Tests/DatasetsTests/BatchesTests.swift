import Checkpoints
import HDF5
import Metrics
import Testing
import Torch

@testable import Datasets

@Suite(.enabled(if: isTorchAvailable)) struct BatchesTests {
  private let split = sampleSplit((0..<10).map(Float.init), width: 1, labels: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])

  @Test func everyExampleComesOnceInOrder() throws {
    var values: [Float] = []
    var sizes: [Int] = []
    for batch in try Batches(split: split, batchSize: 4) {
      values += try batch.inputs[0].tensor.array()
      sizes.append(batch.indices.count)
      #expect(try batch.labels.type == .int64)
      #expect(try batch.labels.array(of: Int.self) == batch.indices)
      #expect(try batch.inputs[0].tensor.shape == [batch.indices.count, 1])
    }
    #expect(values == (0..<10).map(Float.init))
    #expect(sizes == [4, 4, 2])
  }

  @Test func followsAnOrderAndDropsAShortLastBatch() throws {
    let batches = try Batches(split: split, batchSize: 2, order: [9, 3, 3, 0, 7], dropsLast: true)
    #expect(batches.batchCount == 2)
    #expect(batches.map(\.indices) == [[9, 3], [3, 0]])
    // Each iteration starts again.
    #expect(batches.map(\.indices) == [[9, 3], [3, 0]])
    #expect(try Batches(split: split, batchSize: 2, order: []).map(\.indices) == [])
  }

  @Test func shufflingIsRepeatable() throws {
    var first = RandomSource(seed: 11)
    var second = RandomSource(seed: 11)
    let one = try Batches(split: split, batchSize: 3, shuffledBy: &first).flatMap(\.indices)
    #expect(one == (try Batches(split: split, batchSize: 3, shuffledBy: &second).flatMap(\.indices)))
    #expect(one.sorted() == Array(0..<10))
    #expect(one != (try Batches(split: split, batchSize: 3, shuffledBy: &second).flatMap(\.indices)))
  }

  @Test func aLoopMayBeLeftEarly() throws {
    for _ in 0..<200 {
      for batch in try Batches(split: split, batchSize: 1) where batch.indices == [2] { break }
    }
  }

  /// (x/255 − mean)/deviation: (51/255 − 0.1)/0.5 = 0.2, (102/255 − 0.4)/0.25 = 0.
  @Test func preprocessingIsByChannel() throws {
    let bytes: [UInt8] = [51, 51, 102, 102]
    let rows = TensorView(bytes, shape: [1, 2, 1, 2])
    let images = Split(inputs: [InputArray(rows: rows)], labels: [0])
    let batch = try #require(try Batches(split: images, batchSize: 8).makeIterator().next())
    #expect(try batch.inputs[0].tensor.type == .uint8)
    let values = try batch.inputs[0].tensor
      .preprocessed(by: Preprocessing(mean: [0.1, 0.4], standardDeviation: [0.5, 0.25])).array(of: Float.self)
    for (value, expected) in zip(values, [0.2, 0.2, 0, 0] as [Float]) { #expect(abs(value - expected) < 1e-6) }
    #expect(throws: DatasetError.self) {
      try batch.inputs[0].tensor.preprocessed(
        by: Preprocessing(mean: [0, 0, 0], standardDeviation: [1, 1, 1]))
    }
  }

  @Test func wordsStayAsTheyAre() throws {
    let words = try Tensor([3, 4] as [Int64])
    #expect(try words.preprocessed(by: Preprocessing(mean: [1], standardDeviation: [2])).array(of: Int.self) == [3, 4])
  }
}

@Suite struct PreprocessingFittingTests {
  @Test func momentsOfEachChannel() throws {
    // Channel 0: 0, 255, 0, 255 → mean 0.5, deviation 0.5. Channel 1: 51 everywhere → 0.2; a constant's deviation is 1.
    let bytes: [UInt8] = [0, 255, 51, 51, 0, 255, 51, 51]
    let split = Split(inputs: [InputArray(rows: TensorView(bytes, shape: [2, 2, 1, 2]))], labels: [0, 1])
    let fitted = try Preprocessing.fitted(to: split)
    #expect(fitted.scale == 255)
    #expect(fitted.mean == [0.5, 0.2])
    #expect(fitted.standardDeviation == [0.5, 1])
  }

  @Test func fractionsFarFromZeroLoseNoDigits() throws {
    // 4096 ± 0.25: the deviation of a float32 sum of squares would be nonsense.
    let values = (0..<2000).map { $0 % 2 == 0 ? Float(4096.25) : 4095.75 }
    let fitted = try Preprocessing.fitted(to: sampleSplit(values, width: 1, labels: Array(repeating: 0, count: 2000)))
    #expect(fitted == Preprocessing(scale: 1, mean: fitted.mean, standardDeviation: fitted.standardDeviation))
    #expect(abs(fitted.mean[0] - 4096) < 1e-9 && abs(fitted.standardDeviation[0] - 0.25) < 1e-9, "\(fitted)")
  }

  @Test(arguments: [
    (ElementType.float16, [0x00, 0x3C, 0x00, 0xC2] as [UInt8]), (.bfloat16, [0x80, 0x3F, 0x40, 0xC0]),
  ])
  func halfPrecisionIsRead(type: ElementType, bytes: [UInt8]) throws {
    // 1 and −3: mean −1, deviation 2.
    let rows = TensorView(bytes: bytes, elementType: type, shape: [2, 1])
    let fitted = try Preprocessing.fitted(to: Split(inputs: [InputArray(rows: rows)], labels: [0, 0]))
    #expect(fitted == Preprocessing(scale: 1, mean: [-1], standardDeviation: [2]))
  }

  @Test func wordsAreLeftAlone() throws {
    let rows = TensorView([5, 6] as [Int64], shape: [2, 1])
    let fitted = try Preprocessing.fitted(to: Split(inputs: [InputArray(rows: rows)], labels: [0, 0]))
    #expect(fitted == Preprocessing(scale: 1, mean: [0], standardDeviation: [1]))
  }
}
