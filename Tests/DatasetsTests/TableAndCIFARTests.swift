import Foundation
import HDF5
import TestSupport
import Testing

@testable import Datasets

@Suite struct CIFARBinaryTests {
  private func write(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

  private func image(_ start: Int) -> [UInt8] { (0..<3072).map { UInt8(truncatingIfNeeded: start + $0) } }

  @Test func tenClassesInSeveralBatches() throws {
    let folder = try TemporaryFolder()
    try write([3] + image(0) + [9] + image(7), folder.file("data_batch_1.bin"))
    try write([0] + image(1), folder.file("data_batch_2.bin"))
    try write([5] + image(2), folder.file("test_batch.bin"))
    try write(
      Array("plane\ncar\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n".utf8), folder.file("batches.meta.txt"))
    let dataset = try Dataset.load(folder.path)
    #expect(dataset.train.labels == [3, 9, 0] && dataset.test.labels == [5] && dataset.classNames[9] == "truck")
    #expect(dataset.train.inputs[0].shape == [3, 32, 32])
    #expect(try dataset.train.gather([1], of: dataset.train.inputs[0]) == image(7))
  }

  @Test func ofAHundredClassesTheFineLabelCounts() throws {
    let folder = try TemporaryFolder()
    try write([3, 99] + image(0) + [1, 0] + image(7), folder.file("train.bin"))
    try write([5, 42] + image(2), folder.file("test.bin"))
    let dataset = try Dataset.load(folder.path)
    #expect(dataset.train.labels == [99, 0] && dataset.test.labels == [42] && dataset.classNames.count == 100)
    #expect(try dataset.train.gather([1], of: dataset.train.inputs[0]) == image(7))
  }

  @Test func aFileOfAnotherLengthIsRefused() throws {
    let folder = try TemporaryFolder()
    try write([3] + image(0) + [1], folder.file("data_batch_1.bin"))
    try write([3] + image(0), folder.file("test_batch.bin"))
    let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path) }
    #expect(error?.description.contains("expected records of 3073 bytes, found 3074") == true)
  }
}

@Suite struct CSVDatasetTests {
  private func file(_ text: String, name: String = "data.csv") throws -> (TemporaryFolder, String) {
    let folder = try TemporaryFolder()
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file(name)))
    return (folder, folder.file(name))
  }

  @Test func columnsBecomeANumberEachAndTheLabelAClass() throws {
    let rows = (0..<10).map { "\($0),\"yes, \($0 % 2)\",-\($0).5e1" }.joined(separator: "\r\n")
    let (folder, path) = try file("a,label,\"b\"\r\n" + rows + "\r\n")
    _ = folder
    let dataset = try Dataset.load(path)
    #expect(dataset.classNames == ["yes, 0", "yes, 1"] && dataset.train.inputs[0].shape == [2])
    // A fifth of five is one, of each class.
    #expect(dataset.train.count == 8 && dataset.test.labels.sorted() == [0, 1])
    let first = try dataset.train.tensor(of: dataset.train.inputs[0]).array(of: Float.self)
    #expect(first[1] == -first[0] * 10 - 5)
    #expect(try Dataset.load(path).fingerprint == dataset.fingerprint)
  }

  @Test func aFolderHasItsOwnSplit() throws {
    let (folder, _) = try file("x,y,digit\n1,2,10\n3,4,9\n5,6,10\n", name: "train.csv")
    try Data("x,y,digit\n7,8,9\n".utf8).write(to: URL(fileURLWithPath: folder.file("test.csv")))
    let dataset = try Dataset.load(folder.path)
    #expect(dataset.classNames == ["9", "10"] && dataset.train.labels == [1, 0, 1] && dataset.test.labels == [0])
  }

  @Test(arguments: [
    // Each is before the next by numbers or by letters, and the last before the first.
    (["9", "10", "1a"], ["10", "1a", "9"]), (["1.0", "1", "-2"], ["-2", "1", "1.0"]), (["nan", "2"], ["2", "nan"]),
  ]) func classesHaveOneOrder(_ labels: [String], _ expected: [String]) throws {
    let (folder, path) = try file("a,label\n" + (labels + labels).map { "1,\($0)\n" }.joined())
    _ = folder
    #expect(try Dataset.load(path).classNames == expected)
  }

  @Test(arguments: [
    ("a,b\n1,x\n", "no examples in the test split"),
    ("a,label\nx,1\n2,0\n", "line 2, column 'a': expected a number, found 'x'"),
    ("a,b,label\n1,2,0\n1,0\n", "line 3: expected 3 fields, found 2"), ("a\n1\n", "expected a line of column names"),
    ("", "expected a line of column names"), ("a,label\nnan,1\n2,0\n", "found 'nan'"),
  ]) func whatIsNoTableIsRefused(_ text: String, _ reason: String) throws {
    let (folder, path) = try file(text)
    _ = folder
    let error = #expect(throws: DatasetError.self) { try Dataset.load(path) }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
  }
}
