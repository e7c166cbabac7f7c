import Checkpoints
import Foundation
import Testing

@testable import Datasets

@Suite struct IDXFolderTests {
  @Test(arguments: [false, true]) func readsImagesAndLabels(compressed: Bool) throws {
    let folder = try TemporaryFolder()
    try folder.writeIDX()
    if compressed {
      try folder.compress("train-images-idx3-ubyte")
      try folder.compress("t10k-labels-idx1-ubyte")
    }
    let dataset = try Dataset.load(folder.path)
    #expect(dataset.classNames == ["0", "1", "2"])
    #expect(dataset.train.labels == [0, 1, 2, 0, 1, 2])
    #expect(dataset.test.labels == [2, 1, 0])
    let input = try #require(dataset.test.input(named: "input"))
    #expect(input.shape == [1, 2, 3])
    #expect(
      try dataset.test.gather([2, 0], of: input) == [120, 121, 122, 123, 124, 125, 100, 101, 102, 103, 104, 105])
  }

  @Test func compressionDoesNotChangeTheFingerprint() throws {
    let folder = try TemporaryFolder()
    try folder.writeIDX()
    let before = try Dataset.load(folder.path).fingerprint
    try folder.compress("train-images-idx3-ubyte")
    #expect(try Dataset.load(folder.path).fingerprint == before)
    #expect(before.count == 16)
    try folder.write(idx([3], [2, 1, 1]), to: "t10k-labels-idx1-ubyte")
    #expect(try Dataset.load(folder.path).fingerprint != before)
  }

  @Test func damageIsNamedWithItsFile() throws {
    let folder = try TemporaryFolder()
    try folder.writeIDX()
    func failure(_ bytes: [UInt8], in name: String) throws -> String {
      let path = folder.file(name)
      let original = try Data(contentsOf: URL(fileURLWithPath: path))
      try folder.write(bytes, to: name)
      let message = description { _ = try Dataset.load(folder.path) }
      try original.write(to: URL(fileURLWithPath: path))
      #expect(message.hasPrefix("\(path): "), "\(message)")
      return String(message.dropFirst(path.count + 2))
    }
    let images = "train-images-idx3-ubyte"
    #expect(try failure([], in: images) == "ends after 0 of 4 expected bytes")
    #expect(
      try failure([1, 2, 3, 4, 5], in: images) == "not an IDX file: it begins with the bytes [1, 2, 3, 4]")
    #expect(
      try failure(idx([6, 2, 3], [], type: 13), in: images) == "IDX element type: expected 0x8 (bytes), found 0xd")
    #expect(
      try failure(idx([6, 2, 3], Array(repeating: 0, count: 35)), in: images)
        == "shape [6, 2, 3]: expected 36 bytes, found 35")
    #expect(
      try failure(idx([1 << 31, 1 << 31, 1 << 31], [0]), in: images).hasPrefix("claims the shape [2147483648, "))
    #expect(
      try failure(idx([5, 2, 3], Array(repeating: 0, count: 30)), in: images)
        == "images: expected 6 rows, as many as labels, found 5")
  }

  @Test func damagedCompressionIsFound() throws {
    let folder = try TemporaryFolder()
    try folder.writeIDX()
    try folder.compress("train-images-idx3-ubyte")
    let name = "train-images-idx3-ubyte.gz"
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file(name))))
    try folder.write(bytes.dropLast(12), to: name)
    #expect(description { _ = try Dataset.load(folder.path) }.hasSuffix("the compressed data are cut short"))
    var wrongChecksum = bytes
    wrongChecksum[bytes.count - 8] ^= 1
    try folder.write(wrongChecksum, to: name)
    let message = description { _ = try Dataset.load(folder.path) }
    #expect(message == "\(folder.file(name)): cannot be decompressed: incorrect data check")
  }

  @Test func aMissingFileIsNamed() throws {
    let folder = try TemporaryFolder()
    try folder.writeIDX()
    try FileManager.default.removeItem(atPath: folder.file("t10k-labels-idx1-ubyte"))
    let message = description { _ = try Dataset.load(folder.path) }
    #expect(
      message
        == "\(folder.path): not a dataset Lethe can read; "
        + "expected a folder with t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz"
    )
  }
}

@Suite struct FashionMNISTTests {
  @Test func saysHowToGetIt() throws {
    let error = #expect(throws: DatasetError.self) {
      try Dataset.load("fashion-mnist:0-4", environment: ["FASHION_MNIST": "/no/such/folder"])
    }
    #expect(
      error?.description
        == "/no/such/folder: no such dataset; "
        + "apt-get install dataset-fashion-mnist, or set FASHION_MNIST to the folder with its files"
    )
  }

  @Test(.enabled(if: isFashionMNISTInstalled)) func loadsWholeAndInParts() throws {
    let whole = try Dataset.load("fashion-mnist")
    #expect(whole.train.count == 60_000 && whole.test.count == 10_000)
    #expect(whole.classNames[9] == "Ankle boot")
    // The published set begins with an ankle boot, and has as many examples of each class.
    #expect(whole.train.labels[0] == 9)
    let part = try whole.subset(classes: [5, 6, 7, 8, 9])
    #expect(part.train.count == 30_000 && part.test.count == 5_000)
    #expect(part.train.labels[0] == 4 && part.labelMap == [5, 6, 7, 8, 9])
    // Mean and deviation as published and used everywhere: 0.2860 and 0.3530.
    let fitted = try Preprocessing.fitted(to: whole.train)
    #expect(abs(fitted.mean[0] - 0.2860) < 0.002 && abs(fitted.standardDeviation[0] - 0.3530) < 0.002, "\(fitted)")
  }
}
