import Checkpoints
import Foundation
import HDF5
import Metrics
import TestSupport
import Testing

@testable import Datasets

/// Images that are decoded when they are needed give what images in memory give.
@Suite struct StreamedImagesTests {
  private let fixtures = Repository.fixture("images")
  private static let names = ["colour.jpg", "grey.jpg", "colour.png", "grey.png", "palette.png", "progressive.jpeg"]

  /// Twelve of each class, of several sizes and kinds.
  private func photos() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (label, name) in ["a", "b"].enumerated() {
      try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
      for number in 0..<12 {
        let file = Self.names[(number + 5 * label) % Self.names.count]
        let type = (file as NSString).pathExtension
        try FileManager.default.copyItem(
          atPath: "\(fixtures)/\(file)", toPath: folder.file("\(name)/\(number + 10).\(type)"))
      }
    }
    return folder
  }

  private func options(streams: Bool, resize: Int? = nil) -> ImageOptions {
    var options = ImageOptions(shape: ImageShape(channelCount: 3, height: 24, width: 20), resize: resize)
    if streams { options.memoryLimit = 0 }
    return options
  }

  private func pixels(_ split: Split, _ texts: [String] = [], batchSize: Int = 5, epoch: Int = 1) throws -> [[UInt8]] {
    let augmentation = Augmentation(try ImageTransform(texts), seed: 3, epoch: epoch)
    var result: [[UInt8]] = []
    for batch in try Batches(split: split, batchSize: batchSize, augmentation: augmentation) {
      let bytes = try batch.inputs[0].tensor.array(of: UInt8.self)
      let size = bytes.count / batch.indices.count
      result += (0..<batch.indices.count).map { Array(bytes[$0 * size..<($0 + 1) * size]) }
    }
    return result
  }

  @Test(arguments: [nil, 28] as [Int?], [[], ["flip", "crop=2"], ["random-resized-crop", "flip"]])
  func theBitsAreThoseOfImagesInMemory(_ resize: Int?, _ changes: [String]) throws {
    let folder = try photos()
    let kept = try Dataset.load(folder.path, images: options(streams: false, resize: resize))
    let streamed = try Dataset.load(folder.path, images: options(streams: true, resize: resize))
    #expect(kept.train.inputs[0].storage != nil && streamed.train.inputs[0].storage == nil)
    for (one, other) in [(kept.train, streamed.train), (kept.test, streamed.test)] {
      #expect(try pixels(one, changes) == pixels(other, changes))
      #expect(one.labels == other.labels)
      #expect(
        try one.orderedByContents(Array(0..<one.count)) == other.orderedByContents(Array(0..<other.count)))
    }
    #expect(try Preprocessing.fitted(to: kept.train) == Preprocessing.fitted(to: streamed.train))
    let halves = try (kept.subset(classes: [1, 0]), streamed.subset(classes: [1, 0]))
    #expect(try pixels(halves.0.train, changes) == pixels(halves.1.train, changes))
    #expect(streamed.train.inputs[0].preparation?.resize == resize)
  }

  @Test func aCropIsOfTheFilesOwnPixels() throws {
    let folder = try photos()
    let split = try Dataset.load(folder.path, images: options(streams: false)).train
    let augmentation = Augmentation(try ImageTransform(["random-resized-crop=0.1,0.9"]), seed: 3, epoch: 4)
    let found = try pixels(split, ["random-resized-crop=0.1,0.9"], epoch: 4)
    let images = try #require(split.inputs[0].images)
    let crop = try #require(augmentation.transform.steps.first as? RandomResizedCrop)
    for index in 0..<split.count {
      let image = try images.files[index].decoded()
      var random = augmentation.randomSource(ofExample: index)
      let part = crop.part(height: image.height, width: image.width, using: &random)
      var wanted = [UInt8](repeating: 0, count: 3 * 24 * 20)
      wanted.withUnsafeMutableBufferPointer { images.preparation.write(part, of: image, to: $0) }
      #expect(found[index] == wanted, "\(images.files[index].name)")
    }
    // Of other batches and of another epoch.
    #expect(try pixels(split, ["random-resized-crop=0.1,0.9"], batchSize: 3, epoch: 4) == found)
    #expect(try pixels(split, ["random-resized-crop=0.1,0.9"], epoch: 5) != found)
  }

  @Test func aRunOfBeforeDrawsFromWhatImagesWereBroughtTo() throws {
    let folder = try photos()
    let reference = try Dataset.load(folder.path, images: options(streams: false)).reference(
      head: nil, fitsImages: false)
    #expect(reference.readsImagesWhole == false)
    var old = reference
    old.readsImagesWhole = nil
    let (now, before) = (try Dataset.load(reference).train, try Dataset.load(old).train)
    #expect(try pixels(now) == pixels(before))
    #expect(try pixels(now, ["random-resized-crop"]) != pixels(before, ["random-resized-crop"]))
    let augmentation = Augmentation(try ImageTransform(["random-resized-crop"]), seed: 3, epoch: 1)
    var bytes = try before.gather(0..<before.count, of: before.inputs[0])
    augmentation.apply(to: &bytes, shape: [3, 24, 20], indices: Array(0..<before.count))
    #expect(try pixels(before, ["random-resized-crop"]).flatMap { $0 } == bytes)
  }

  @Test func theFingerprintIsOfTheFilesAndOfWhatTheyAreBroughtTo() throws {
    let folder = try photos()
    let streamed = options(streams: true, resize: 28)
    let found = try Dataset.load(folder.path, images: streamed).fingerprint
    #expect(found.count == 16)
    #expect(try found == Dataset.load(folder.path, images: streamed).fingerprint)
    #expect(try found != Dataset.load(folder.path, images: options(streams: true, resize: 29)).fingerprint)
    #expect(try found != Dataset.load(folder.path, images: options(streams: true)).fingerprint)
    try FileManager.default.removeItem(atPath: folder.file("a/10.jpg"))
    try FileManager.default.copyItem(atPath: "\(fixtures)/grey.jpg", toPath: folder.file("a/10.jpg"))
    #expect(try found != Dataset.load(folder.path, images: streamed).fingerprint)
    var reference = try Dataset.load(folder.path, images: streamed).reference(head: nil, fitsImages: false)
    #expect(reference.imageResize == 28 && reference.imageOptions.resize == 28)
    reference.fingerprint = found
    #expect(throws: DatasetError.self) { try Dataset.load(reference) }
  }

  @Test func whatIsWrongWithAFileIsSaidInItsTurn() throws {
    let folder = try photos()
    let split = try Dataset.load(folder.path, images: options(streams: true)).train
    let files = try #require(split.inputs[0].images).files
    // Damaged from the first, changed and gone since the folder was listed.
    let (gone, changed) = (files[6].path, files[11].path)
    try FileManager.default.removeItem(atPath: gone)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: changed))
    var errors: [DatasetError] = []
    var read = 0
    for batch in try Batches(split: split, batchSize: 4) {
      do {
        _ = try batch.inputs
        read += batch.indices.count
      } catch let error as DatasetError { errors.append(error) }
    }
    #expect(errors == [.imageGone(file: gone), .imageChanged(file: changed)])
    #expect(read == split.count - 8)
    #expect(errors[0].description == "\(gone): it is gone since its folder was listed")
    let again = try Dataset.load(folder.path, images: options(streams: true)).train
    #expect(throws: DatasetError.unreadableImage(file: changed, reason: "neither a JPEG nor a PNG")) {
      try again.gather(0..<again.count, of: again.inputs[0])
    }
    var skipping = options(streams: true)
    skipping.skipsUnreadable = true
    let rest = try Dataset.load(folder.path, images: skipping)
    #expect(rest.skipped == ["\(changed): neither a JPEG nor a PNG"])
    #expect(try pixels(rest.train).count == again.count - 1)
  }

  @Test func withoutAShapeTheHeadersSayIt() throws {
    let folder = try TemporaryFolder()
    for (place, file) in [
      ("a/1.png", "colour.png"), ("a/2.png", "grey.png"), ("b/1.jpg", "colour.jpg"), ("b/2.jpg", "grey.jpg"),
    ] {
      let target = URL(fileURLWithPath: folder.file(place))
      try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(fixtures)/\(file)", toPath: target.path)
    }
    var streamed = ImageOptions()
    streamed.memoryLimit = 0
    #expect(try Dataset.load(folder.path, images: streamed).train.inputs[0].shape == [3, 61, 83])
    #expect(try pixels(Dataset.load(folder.path, images: streamed).train) == pixels(Dataset.load(folder.path).train))
    let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path, images: ImageOptions(resize: 40)) }
    #expect(error == .resizeWithoutShape(resize: 40, file: folder.path))
  }

  @Test func streamedImagesAreWrittenAsOneFile() throws {
    let folder = try photos()
    let streamed = try Dataset.load(folder.path, images: options(streams: true, resize: 30))
    try streamed.writeHDF5(to: folder.file("photos.h5"))
    #expect(try pixels(Dataset.load(folder.file("photos.h5")).test) == pixels(streamed.test))
  }
}
