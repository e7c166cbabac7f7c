import Checkpoints
import Foundation
import Metrics
import TestSupport
import Testing

@testable import Datasets

@Suite struct AugmentationTests {
  private static let all = [
    "crop=2", "random-resized-crop=0.3,1", "flip", "jitter=0.4,0.4,0.4,0.1", "randaugment",
  ]

  private func split(_ shape: [Int] = [3, 12, 12], count: Int = 20) -> Split {
    var random = RandomSource(seed: 8)
    let bytes = (0..<shape.reduce(count, *)).map { _ in UInt8.random(in: 0...255, using: &random) }
    return Split(
      inputs: [InputArray(rows: TensorView(bytes, shape: [count] + shape))],
      labels: Array(repeating: 0, count: count))
  }

  /// Each example's bytes, by its index.
  private func images(
    of split: Split, _ augmentation: Augmentation?, batchSize: Int, order: [Int]
  ) throws -> [Int: [UInt8]] {
    let batches = Batches(
      checked: split, batchSize: batchSize, order: order, dropsLast: false, augmentation: augmentation,
      device: BatchDevice(device: .cpu))
    var result: [Int: [UInt8]] = [:]
    for number in 0..<batches.batchCount {
      let batch = batches.hostBatch(number)
      let pixels = try batch.inputs.get()[0]
      let size = pixels.count / batch.indices.count
      for (position, index) in batch.indices.enumerated() {
        result[index] = Array(pixels[position * size..<(position + 1) * size])
      }
    }
    return result
  }

  @Test func anExamplesBytesFollowFromSeedEpochAndIndex() throws {
    let split = split()
    let seed = TestSeed.any()
    let transform = try ImageTransform(Self.all)
    let one = Augmentation(transform, seed: seed, epoch: 3)
    let expected = try images(of: split, one, batchSize: 20, order: Array(0..<20))
    for batchSize in [1, 3, 7] {
      let order = Array((0..<20).reversed())
      #expect(try images(of: split, one, batchSize: batchSize, order: order) == expected, "seed \(seed)")
    }
    let stored = try JSONDecoder().decode(Augmentation.self, from: JSONEncoder().encode(one))
    #expect(try images(of: split, stored, batchSize: 20, order: Array(0..<20)) == expected)
    for other in [
      Augmentation(transform, seed: seed, epoch: 4), Augmentation(transform, seed: seed &+ 1, epoch: 3),
    ] {
      let found = try images(of: split, other, batchSize: 20, order: Array(0..<20))
      #expect((0..<20).allSatisfy { found[$0] != expected[$0] }, "seed \(seed)")
    }
  }

  @Test func examplesSeedsAndEpochsDrawDifferentNumbers() throws {
    let transform = try ImageTransform(["flip"])
    var drawn: Set<UInt64> = []
    for seed in 0..<UInt64(10) {
      for epoch in 0..<10 {
        for index in 0..<10 {
          var random = Augmentation(transform, seed: seed, epoch: epoch).randomSource(ofExample: index)
          drawn.insert(random.next())
        }
      }
    }
    #expect(drawn.count == 1000)
  }

  /// The first numbers of a known seed: a run that is resumed by a later version must draw them again.
  @Test func theStreamStaysAsItIs() throws {
    let augmentation = Augmentation(try ImageTransform([]), seed: 7, epoch: 2)
    var random = augmentation.randomSource(ofExample: 5)
    #expect(random.next() == 1_916_326_498_444_656_822)
  }

  @Test func withoutChangesTheBytesStay() throws {
    let split = split()
    let none = Augmentation(try ImageTransform([]), seed: 1, epoch: 1)
    #expect(
      try images(of: split, none, batchSize: 4, order: Array(0..<20))
        == images(of: split, nil, batchSize: 4, order: Array(0..<20)))
  }

  @Test func whatIsNoImageIsRefused() throws {
    let flip = try ImageTransform(["flip", "crop=4"])
    let vectors = sampleSplit([1, 2], width: 1, labels: [0, 0])
    let expected = "augmentation expects uint8 images of shape [channels, height, width] with 1 or 3 channels"
    #expect(description { try flip.check(vectors) } == "input: \(expected), found float32 of shape [1]")
    #expect(
      description { try flip.check(split([4, 12, 12])) } == "input: \(expected), found uint8 of shape [4, 12, 12]")
    #expect(description { try flip.check(split([144])) } == "input: \(expected), found uint8 of shape [144]")
    #expect(
      description { try flip.check(split([3, 12, 4])) }
        == "input: augmentation expects at least 5 rows and columns for crop=4, found 12 × 4")
    try flip.check(split([1, 5, 5]))
    try ImageTransform([]).check(vectors)
  }

  @Test(.enabled(if: isTorchAvailable)) func batchesCarryTheChangedImages() throws {
    let split = split()
    let augmentation = Augmentation(try ImageTransform(Self.all), seed: 4, epoch: 1)
    let expected = try images(of: split, augmentation, batchSize: 20, order: Array(0..<20))
    for batch in try Batches(split: split, batchSize: 6, augmentation: augmentation) {
      let bytes = try batch.inputs[0].tensor.array(of: UInt8.self)
      #expect(bytes == batch.indices.flatMap { expected[$0] ?? [] })
    }
    #expect(throws: DatasetError.self) {
      try Batches(
        split: sampleSplit([1, 2], width: 1, labels: [0, 0]), batchSize: 2, augmentation: augmentation)
    }
  }
}
