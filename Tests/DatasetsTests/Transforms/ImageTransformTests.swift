import Foundation
import Metrics
import TestSupport
import Testing

@testable import Datasets

@Suite struct ImageTransformTests {
  @Test(arguments: [
    ("crop=4", "crop=4"), ("random-resized-crop", "random-resized-crop=0.08,1"),
    ("random-resized-crop=0.25,0.75", "random-resized-crop=0.25,0.75"), ("flip", "flip"),
    ("jitter=0.4", "jitter=0.4,0.4,0.4,0"), ("jitter=0.8,2,0,0.2", "jitter=0.8,2,0,0.2"),
    ("randaugment", "randaugment=2,9"), ("randaugment=1,30", "randaugment=1,30"),
  ])
  func defaultsAreFilledInAndStored(text: String, full: String) throws {
    let transform = try ImageTransform([text, "flip"])
    #expect(transform.texts == [full, "flip"])
    let stored = try JSONEncoder().encode(transform)
    #expect(try JSONDecoder().decode(ImageTransform.self, from: stored) == transform)
    #expect(try ImageTransform([full, "flip"]) == transform)
    #expect(try ImageTransform(["flip", text]).texts == ["flip", full])
  }

  @Test(arguments: [
    (
      "flop",
      "augmentation flop: expected crop=4, random-resized-crop, flip, jitter=0.4 or randaugment, found flop"
    ),
    (
      "", "augmentation : expected crop=4, random-resized-crop, flip, jitter=0.4 or randaugment, found no name"
    ),
    ("crop", "augmentation crop: expected a whole number of pixels from 1, as in crop=4, found no value"),
    ("crop=", "augmentation crop=: expected a whole number of pixels from 1, as in crop=4, found nothing"),
    ("crop=0", "augmentation crop=0: expected a whole number of pixels from 1, as in crop=4, found 0"),
    ("crop=2.5", "augmentation crop=2.5: expected a whole number of pixels from 1, as in crop=4, found 2.5"),
    ("flip=0.5", "augmentation flip=0.5: expected flip alone, found 0.5"),
    (
      "random-resized-crop=1,0.5",
      "augmentation random-resized-crop=1,0.5: expected two fractions of the area, the smaller first, as in "
        + "random-resized-crop=0.08,1, found 1,0.5"
    ),
    (
      "jitter=0.1,0.1,0.1,0.6",
      "augmentation jitter=0.1,0.1,0.1,0.6: expected one strength from 0, or those of brightness, contrast, "
        + "saturation and hue (up to 0.5), as in jitter=0.4,0.4,0.4,0.1, found 0.1,0.1,0.1,0.6"
    ),
    (
      "randaugment=2,31",
      "augmentation randaugment=2,31: expected a number of operations from 1 and a magnitude from 0 to 30, as in "
        + "randaugment=2,9, found 2,31"
    ),
  ])
  func badTextIsRefusedInOneLine(text: String, message: String) {
    #expect(description { _ = try ImageTransform([text]) } == message)
    #expect(throws: DatasetError.self) { try ImageTransform(["flip", text]) }
  }

  @Test(arguments: [
    "jitter", "jitter=1,2", "jitter=-0.1", "jitter=nan", "jitter=inf", "jitter=0.4,", "crop=4,4", "crop=-1",
    "crop=99999999999999999999", "random-resized-crop=0,1", "random-resized-crop=0.5", "random-resized-crop=0.5,1.1",
    "randaugment=0,9", "randaugment=2", "randaugment=2,-1", "randaugment=2,9.5", "Flip", " flip",
  ])
  func otherBadTextIsRefused(text: String) {
    do {
      _ = try ImageTransform([text])
      Issue.record("\(text) was taken")
    } catch DatasetError.badAugmentation(let value, _, _) {
      #expect(value == text)
    } catch { Issue.record(error) }
  }

  @Test func storedTextThatIsBadIsRefused() {
    #expect(throws: DatasetError.self) {
      try JSONDecoder().decode(ImageTransform.self, from: Data(#"["crop=0"]"#.utf8))
    }
  }
}

@Suite struct RandomTransformTests {
  /// Bytes 1 to 255 and again.
  private func image(_ shape: [Int]) -> [UInt8] {
    (0..<shape.reduce(1, *)).map { UInt8($0 % 255 + 1) }
  }

  private func apply(_ texts: [String], to image: [UInt8], shape: [Int], seed: UInt64) throws -> [UInt8] {
    let transform = try ImageTransform(texts)
    var random = RandomSource(seed: seed)
    var bytes = image
    ImagePixels.withEach(of: &bytes, shape: shape) { transform.apply(to: $1, using: &random) }
    return bytes
  }

  /// The standard deviation of 4000 fair coins is 0.5 / √4000 = 0.0079: six of them are 0.047.
  @Test func everySecondImageIsFlipped() throws {
    let seed = TestSeed.any()
    let split = Split(
      inputs: [
        InputArray(
          rows: .init(
            [UInt8](repeating: 0, count: 8000).enumerated().map { UInt8($0.offset % 2) },
            shape: [4000, 1, 1, 2]))
      ], labels: Array(repeating: 0, count: 4000))
    let augmentation = Augmentation(try ImageTransform(["flip"]), seed: seed, epoch: 1)
    let bytes = try HostBatch(Array(0..<4000), of: split, augmentation: augmentation).inputs.get()[0]
    let flipped = stride(from: 0, to: 8000, by: 2).count { bytes[$0] == 1 }
    #expect(abs(Double(flipped) / 4000 - 0.5) < 0.047, "seed \(seed): \(flipped) of 4000")
  }

  /// 81 places of equal chance: 8100 draws give each 100 ± 60, six standard deviations.
  @Test func cropsFallEverywhereAlike() throws {
    let seed = TestSeed.any()
    let transform = try ImageTransform(["crop=4"])
    var random = RandomSource(seed: seed)
    // One bright pixel in the middle, which no crop loses.
    var image = [UInt8](repeating: 0, count: 81)
    image[40] = 255
    var bytes = Array(repeating: image, count: 8100).flatMap { $0 }
    ImagePixels.withEach(of: &bytes, shape: [1, 9, 9]) { transform.apply(to: $1, using: &random) }
    var counts = [Int](repeating: 0, count: 81)
    for position in bytes.indices where bytes[position] == 255 { counts[position % 81] += 1 }
    #expect(counts.reduce(0, +) == 8100)
    #expect(counts.allSatisfy { abs($0 - 100) < 60 }, "seed \(seed): \(counts)")
  }

  @Test func aCropIsThePaddedImagesPart() {
    // 1 2 3 / 4 5 6, one to the right and up: nothing comes in but zeros.
    var bytes: [UInt8] = [1, 2, 3, 4, 5, 6]
    ImagePixels.withEach(of: &bytes, shape: [1, 2, 3]) { $1.translate(right: 1, down: -1) }
    #expect(bytes == [0, 4, 5, 0, 0, 0])
    ImagePixels.withEach(of: &bytes, shape: [1, 2, 3]) { $1.translate(right: -3, down: 0) }
    #expect(bytes == [0, 0, 0, 0, 0, 0])
  }

  @Test func partsHaveTheAreaAndProportionsAskedFor() throws {
    let seed = TestSeed.any()
    var random = RandomSource(seed: seed)
    let crop = try RandomResizedCrop(TransformArguments("random-resized-crop=0.25,0.5"))
    var areas: [Double] = []
    for _ in 0..<2000 {
      let part = crop.part(height: 200, width: 300, using: &random)
      let area = Double(part.height * part.width) / 60000
      // Sides are rounded: at least 100 pixels each, so half a pixel is half a percent of each.
      #expect(area > 0.245 && area < 0.51, "seed \(seed): \(part)")
      let proportion = Double(part.width) / Double(part.height)
      #expect(proportion > 0.74 && proportion < 1.35, "seed \(seed): \(part)")
      #expect(part.top + part.height <= 200 && part.left + part.width <= 300, "seed \(seed): \(part)")
      areas.append(area)
    }
    // Uniform between 0.25 and 0.5: the mean's deviation is 0.25 / √12 / √2000 = 0.0016.
    #expect(abs(areas.reduce(0, +) / 2000 - 0.375) < 0.0097, "seed \(seed)")
  }

  @Test func whatHasNoSuchPartGivesItsMiddle() throws {
    var random = RandomSource(seed: 1)
    let whole = try RandomResizedCrop(TransformArguments("random-resized-crop=1,1"))
    // 4/3 of the height is 53.3; (100 − 53) / 2 = 23.
    #expect(
      whole.part(height: 40, width: 100, using: &random) == ImagePart(top: 0, left: 23, height: 40, width: 53))
    #expect(
      whole.part(height: 100, width: 40, using: &random) == ImagePart(top: 23, left: 0, height: 53, width: 40))
  }

  @Test func greyImagesHaveNoColourToChange() throws {
    let grey = image([1, 16, 16])
    let seed = TestSeed.any()
    #expect(try apply(["jitter=0,0,0.9,0.5"], to: grey, shape: [1, 16, 16], seed: seed) == grey)
    #expect(try apply(["jitter=0.9,0,0,0"], to: grey, shape: [1, 16, 16], seed: seed) != grey, "seed \(seed)")
    var bytes = grey
    ImagePixels.withEach(of: &bytes, shape: [1, 16, 16]) { RandAugment.Operation.color.apply(to: $1, strength: 0.9) }
    #expect(bytes == grey)
  }

  @Test func aStrengthOfNothingChangesNothing() throws {
    let color = image([3, 16, 20])
    #expect(try apply(["jitter=0"], to: color, shape: [3, 16, 20], seed: 5) == color)
    for operation in RandAugment.Operation.allCases
    where ![.autoContrast, .equalize].contains(operation) {
      var bytes = color
      // The first bin is none at all, also of solarize, whose threshold of 1 turns only white to black.
      let strength = operation.strength(bin: 0, height: 16, width: 20)
      ImagePixels.withEach(of: &bytes, shape: [3, 16, 20]) { operation.apply(to: $1, strength: strength) }
      let expected = operation == .solarize ? color.map { $0 == 255 ? 0 : $0 } : color
      #expect(bytes == expected, "\(operation)")
    }
  }

  @Test(arguments: [[1, 1, 1], [3, 1, 2], [3, 2, 5], [1, 5, 3]])
  func smallImagesAreTaken(shape: [Int]) throws {
    for seed in 0..<UInt64(200) {
      let texts = ["random-resized-crop", "flip", "jitter=0.4,0.4,0.4,0.1", "randaugment=2,30"]
      let bytes = try apply(texts, to: image(shape), shape: shape, seed: seed)
      #expect(bytes.count == shape.reduce(1, *))
    }
  }
}
