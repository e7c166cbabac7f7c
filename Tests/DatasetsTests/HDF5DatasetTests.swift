import Checkpoints
import Files
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Datasets

@Suite struct HDF5DatasetTests {
  private func sample() throws -> Datasets.Dataset {
    let tokens = InputArray(name: "tokens", rows: TensorView([1, 2, 3, 4, 5, 6], shape: [3, 2]))
    let image = InputArray(name: "image", rows: TensorView([9, 8, 7] as [UInt8], shape: [3, 1, 1, 1]))
    let train = Split(inputs: [image, tokens], labels: [1, 0, 2])
    return try Datasets.Dataset(
      name: "sample", classNames: ["ä", "b", "c"], labelMap: [4, 5, 6], train: train, test: train.selecting([2, 0]))
  }

  @Test func survivesWritingAndLoading() throws {
    let folder = try TemporaryFolder()
    let dataset = try sample()
    try dataset.writeHDF5(to: folder.file("data.h5"))
    let loaded = try Datasets.Dataset.load(folder.file("data.h5"))
    #expect(loaded.name == "sample")
    #expect(loaded.classNames == ["ä", "b", "c"])
    #expect(loaded.labelMap == [4, 5, 6])
    #expect(loaded.train.inputs.map(\.name) == ["image", "tokens"])
    #expect(loaded.test.labels == [2, 1])
    #expect(try loaded.test.gather(0..<2, of: loaded.test.inputs[0]) == [7, 9])
    #expect(loaded.train.inputs[1].elementType == .int64 && loaded.train.inputs[1].shape == [2])
    #expect(loaded.fingerprint == dataset.fingerprint)
    #expect(try Verification.check(folder.file("data.h5")).problems == [])
  }

  @Test func aSubsetByItsSpecificationKeepsTheMap() throws {
    let folder = try TemporaryFolder()
    try sample().writeHDF5(to: folder.file("data.h5"))
    let subset = try Datasets.Dataset.load(folder.file("data.h5") + ":2,1")
    #expect(subset.name == "sample:2,1")
    #expect(subset.labelMap == [6, 5])
    #expect(subset.train.labels == [1, 0])
    try subset.writeHDF5(to: folder.file("subset.h5"))
    #expect(try Datasets.Dataset.load(folder.file("subset.h5")).fingerprint == subset.fingerprint)
  }

  @Test func filesOfOthersNeedNoNames() throws {
    let folder = try TemporaryFolder()
    try File.writeAtomically(to: folder.file("foreign.h5")) { root in
      for name in ["train", "test"] {
        let split = try root.createGroup(name)
        try split.write("labels", [1, 0] as [UInt8])
        try split.createGroup("inputs").write("x", [1, 2] as [Float], shape: [2, 1])
      }
    }
    let loaded = try Datasets.Dataset.load(folder.file("foreign.h5"))
    #expect(loaded.name == "foreign")
    #expect(loaded.classNames == ["0", "1"])
    #expect(loaded.labelMap == [0, 1])
  }

  private func failure(labels: [Int], rows: Int, testWidth: Int = 2) throws -> String {
    let folder = try TemporaryFolder()
    let path = folder.file("bad.h5")
    try File.writeAtomically(to: path) { root in
      try root.writeStrings("class_names", ["a", "b"])
      for (name, width) in [("train", 2), ("test", testWidth)] {
        let split = try root.createGroup(name)
        try split.write("labels", labels)
        let values = [Float](repeating: 0, count: rows * width)
        try split.createGroup("inputs").write("x", values, shape: [rows, width])
      }
    }
    let message = description { _ = try Datasets.Dataset.load(path) }
    #expect(message.hasPrefix("\(path): "), "\(message)")
    return String(message.dropFirst(path.count + 2))
  }

  @Test func badDataIsNamedInOneLine() throws {
    #expect(try failure(labels: [0, 2], rows: 2) == "train label 1: expected 0 to 1, found 2")
    #expect(try failure(labels: [0, 1 << 40], rows: 2) == "train label 1: expected 0 to 1, found -1")
    #expect(try failure(labels: [0, 1], rows: 3) == "train/inputs/x: expected 2 rows, as many as labels, found 3")
    #expect(
      try failure(labels: [0, 1], rows: 2, testWidth: 3)
        == "test input x: expected float32 of shape [2], as in train, found float32 of shape [3]")
    #expect(try failure(labels: [], rows: 0) == "no examples in the train split")
  }

  // From `Fixtures/hostile/make_hostile_hdf5.py`: example 2 of both splits has one such number; one label is 10⁹.
  @Test(
    arguments: [
      ("data-nan", "train/inputs/input: example 2 has a number that is NaN or infinite"),
      ("data-infinite", "train/inputs/input: example 2 has a number that is NaN or infinite"),
      ("data-label", "a label is 1000000000, expected less than 1000000 without class_names"),
    ])
  func numbersThatMeanNothingAreNamed(name: String, reason: String) {
    let path = Repository.fixture("hostile/\(name).h5")
    #expect(description { _ = try Datasets.Dataset.load(path) } == "\(path): \(reason)")
  }

  @Test func changedPictureIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("data.h5")
    try Datasets.Dataset.load(Repository.fixture("fashion-mnist-small")).writeHDF5(to: path)
    let offset = try #require(try File.open(path).root.dataset("test/inputs/input").fileOffset)
    _ = try Datasets.Dataset.load(path)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[offset + 1000] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(throws: FileError.self) { try Datasets.Dataset.load(path) }
    // Without the checksum at the end, that of the array tells.
    try bytes.dropLast(FileDigest.byteCount).write(to: URL(fileURLWithPath: path))
    #expect(throws: CheckpointError.self) { try Datasets.Dataset.load(path) }
  }

  @Test func whatIsNotThereIsNotFound() {
    let error = #expect(throws: DatasetError.self) { try Datasets.Dataset.load("/no/such/data.h5:0-4") }
    #expect(
      error?.description
        == "/no/such/data.h5: no such dataset; give fashion-mnist, a dataset file (.h5, .csv) or a folder of images, IDX or CIFAR files"
    )
  }
}
