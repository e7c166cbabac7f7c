import Foundation
import HDF5
import Metrics
import TestSupport
import Testing

@testable import Datasets

@Suite struct ImageReadingTests {
  private static let folder = Repository.fixture("images")
  private static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { ["jpg", "jpeg", "png"].contains(($0 as NSString).pathExtension.lowercased()) && $0 != "cmyk.jpg" }

  private func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name)")))
  }

  private func expected(_ path: String) throws -> [UInt8] {
    try File.open(Self.folder + "/expected.h5").root.dataset(path).read()
  }

  @Test(arguments: files) func pixelsAreThoseOfPillow(_ name: String) throws {
    let image = try DecodedImage(decoding: try bytes(name))
    #expect(try image.pixels == expected("\(name)/pixels"))
  }

  @Test(arguments: files, [(40, 40), (24, 36)])
  func sizesAreThoseOfTorchvision(_ name: String, _ size: (height: Int, width: Int)) throws {
    let image = try DecodedImage(decoding: try bytes(name))
    let shape = ImageShape(channelCount: 3, height: size.height, width: size.width)
    var found = [UInt8](repeating: 0, count: shape.byteCount)
    found.withUnsafeMutableBufferPointer { image.write(as: shape, to: $0) }
    let wanted = try expected("\(name)/\(size.height)x\(size.width)")
    let differences = zip(found, wanted).map { abs(Int($0) - Int($1)) }
    // PyTorch rounds between the axes too.
    #expect(differences.max() ?? 9 <= 1, "\(name): \(differences.max() ?? 9)")
    #expect(differences.count { $0 > 0 } < found.count / 3, "\(differences.count { $0 > 0 }) of \(found.count)")
  }

  @Test(arguments: files) func greyIsPillows(_ name: String) throws {
    let image = try DecodedImage(decoding: try bytes(name))
    let shape = ImageShape(channelCount: 1, height: image.height, width: image.width)
    var found = [UInt8](repeating: 0, count: shape.byteCount)
    found.withUnsafeMutableBufferPointer { image.write(as: shape, to: $0) }
    #expect(try found == expected("\(name)/grey"))
  }

  @Test func whatCannotBeReadSaysWhy() throws {
    func reason(_ bytes: [UInt8]) -> String {
      do {
        _ = try DecodedImage(decoding: bytes)
        return ""
      } catch { return (error as? DecodedImage.Failure)?.reason ?? "\(error)" }
    }
    #expect(reason([]) == "the file is empty")
    #expect(reason(Array("GIF89a".utf8)) == "neither a JPEG nor a PNG")
    #expect(reason(try bytes("cmyk.jpg")).contains("CMYK"))
    for name in Self.files {
      let whole = try bytes(name)
      #expect(reason(Array(whole.prefix(whole.count / 2))).hasPrefix("damaged"), "\(name)")
    }
  }

  @Test func aSmallFileThatClaimsToBeLargeTakesNoMemory() throws {
    var bytes = try bytes("grey.jpg")
    // Height and width stand behind the marker of the frame, its length and its precision: 15,000 × 16,000 in 1,915 bytes.
    let frame = try #require(bytes.indices.first { bytes[$0...].starts(with: [0xFF, 0xC0]) })
    bytes.replaceSubrange(frame + 5..<frame + 9, with: [0x3A, 0x98, 0x3E, 0x80])
    let reason = "damaged JPEG: it claims 15000×16000 pixels, more than its 1915 bytes hold"
    #expect(throws: DecodedImage.Failure(reason: reason)) { try DecodedImage(decoding: bytes) }
  }

  @Test(arguments: files) func damageNeverCrashes(_ name: String) throws {
    let whole = try bytes(name)
    let seed = TestSeed.any()
    var random = RandomSource(seed: seed)
    for _ in 0..<200 {
      var damaged = whole
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { damaged.removeLast(Int.random(in: 0..<damaged.count, using: &random)) }
      _ = try? DecodedImage(decoding: damaged)
    }
  }
}

@Suite struct ImageFolderTests {
  private let images = Repository.fixture("images")

  /// A folder with files of the fixture by class.
  private func folder(_ files: [String: String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (place, file) in files {
      let target = URL(fileURLWithPath: folder.file(place))
      try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(images)/\(file)", toPath: target.path)
    }
    return folder
  }

  private let square = ImageOptions(shape: ImageShape(channelCount: 3, height: 32, width: 32))

  @Test func classesAreFoldersAndSplitsToo() throws {
    let folder = try folder([
      "photos/train/cat/1.jpg": "colour.jpg", "photos/train/cat/2.png": "grey.png",
      "photos/train/dog/1.PNG": "Small.PNG",
      "photos/val/dog/1.png": "alpha.png", "photos/train/dog/notes.txt": "make_images.py",
    ])
    let dataset = try Dataset.load(folder.file("photos"), images: square)
    #expect(dataset.name == "photos" && dataset.classNames == ["cat", "dog"])
    #expect(dataset.train.labels == [0, 0, 1] && dataset.test.labels == [1])
    #expect(dataset.train.inputs[0].shape == [3, 32, 32] && dataset.train.inputs[0].elementType == .uint8)
    #expect(try Dataset.load(folder.file("photos") + ":dog,cat", images: square).train.labels == [1, 1, 0])
  }

  @Test func aFifthOfEachClassIsHeldOutAlwaysTheSame() throws {
    var files: [String: String] = [:]
    for number in 0..<10 {
      files["a/\(number).png"] = "grey.png"
      files["b/\(number).png"] = "colour.png"
    }
    let folder = try folder(files)
    let dataset = try Dataset.load(folder.path, images: square)
    #expect(dataset.train.count == 16 && dataset.test.labels == [0, 0, 1, 1])
    #expect(try Dataset.load(folder.path, images: square).fingerprint == dataset.fingerprint)
  }

  @Test func anUnreadableImageIsNamedAndLeftOutOnlyWhenAsked() throws {
    let folder = try folder([
      "train/a/1.png": "grey.png", "train/a/2.jpg": "make_images.py", "train/b/1.jpg": "grey.jpg",
      "test/a/1.png": "grey.png", "test/b/1.jpg": "cmyk.jpg", "test/b/2.jpg": "grey.jpg",
    ])
    let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path, images: square) }
    #expect(error?.description.hasSuffix("train/a/2.jpg: neither a JPEG nor a PNG") == true)
    let dataset = try Dataset.load(folder.path, images: ImageOptions(shape: square.shape, skipsUnreadable: true))
    #expect(dataset.train.labels == [0, 1] && dataset.test.labels == [0, 1])
    #expect(dataset.skipped.count == 2 && dataset.skipped[1].contains("CMYK"))
  }

  @Test func withoutASizeAllHaveToHaveOne() throws {
    let same = try folder([
      "a/1.png": "colour.png", "a/2.png": "grey.png", "b/1.jpg": "colour.jpg", "b/2.jpg": "grey.jpg",
    ])
    #expect(try Dataset.load(same.path).train.inputs[0].shape == [3, 61, 83])
    let mixed = try folder([
      "a/1.png": "colour.png", "a/2.png": "grey.png", "b/1.png": "Small.PNG", "b/2.png": "alpha.png",
    ])
    let error = #expect(throws: DatasetError.self) { try Dataset.load(mixed.path) }
    #expect(error?.description.contains("20×30, while others are 61×83") == true)
  }

  @Test func anImageThatIsDamagedBehindItsHeaderHasNoSayInTheSize() throws {
    let folder = try folder([
      "a/1.png": "Small.PNG", "a/2.png": "grey.png", "a/3.jpg": "grey.jpg", "b/1.png": "grey.png",
      "b/2.jpg": "grey.jpg",
    ])
    let damaged = URL(fileURLWithPath: folder.file("a/1.png"))
    let bytes = try Data(contentsOf: damaged)
    try bytes.prefix(bytes.count / 2).write(to: damaged)
    let dataset = try Dataset.load(folder.path, images: ImageOptions(skipsUnreadable: true))
    #expect(dataset.train.inputs[0].shape == [1, 61, 83] && dataset.skipped.count == 1)
    let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path) }
    #expect(error?.description.contains("a/1.png: damaged PNG") == true)
  }

  @Test func oneClassOrAnUnknownOneIsRefused() throws {
    let one = try folder(["a/1.png": "colour.png", "a/2.png": "grey.png"])
    #expect(throws: DatasetError.self) { try Dataset.load(one.path, images: square) }
    let unknown = try folder(["train/a/1.png": "grey.png", "train/b/1.png": "grey.png", "test/c/1.png": "grey.png"])
    let error = #expect(throws: DatasetError.self) { try Dataset.load(unknown.path, images: square) }
    #expect(error?.description.contains("test/c: a class that") == true)
  }
}
