import Checkpoints
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Datasets

/// Which examples choose, and that they neither train nor judge.
@Suite struct ValidationTests {
  /// Examples whose input is their own number, of classes with so many.
  private func split(_ counts: [Int], from first: Int = 0) -> Split {
    let labels = counts.enumerated().flatMap { Array(repeating: Int32($0), count: $1) }
    // A class's examples stand apart.
    let order = labels.indices.sorted { ($0 * 7919) % 104729 < ($1 * 7919) % 104729 }
    let rows = TensorView(labels.indices.map { Int64(first + $0) }, shape: [labels.count, 1])
    return Split(inputs: [InputArray(rows: rows)], labels: labels).selecting(order)
  }

  private func numbers(_ split: Split) throws -> [Int64] {
    let bytes = try split.gather(0..<split.count, of: split.inputs[0])
    return bytes.withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
  }

  private func counts(_ split: Split, of classCount: Int) -> [Int] {
    split.labels.reduce(into: [Int](repeating: 0, count: classCount)) { $0[Int($1)] += 1 }
  }

  private func data(_ train: [Int], test: [Int], validation: [Int]? = nil) throws -> Datasets.Dataset {
    try Datasets.Dataset(
      name: "numbers", classNames: train.indices.map { "c\($0)" }, train: split(train), test: split(test, from: 1000),
      validation: validation.map { split($0, from: 2000) })
  }

  @Test func aTenthOfEachClassIsHeldAsideAndNothingIsInTwoParts() throws {
    let data = try data([100, 30, 44, 1], test: [10, 10, 10, 10])
    let divided = try data.divided(choosingFrom: .train, fraction: 0.1, seed: 3)
    let choosing = try #require(divided.choosing)
    // 10; 3; 4.4, rounded; a class of one keeps its example.
    #expect(counts(choosing, of: 4) == [10, 3, 4, 0] && counts(divided.training, of: 4) == [90, 27, 40, 1])
    let (trained, chosen) = try (numbers(divided.training), numbers(choosing))
    #expect(Set(trained).isDisjoint(with: chosen))
    #expect(try (trained + chosen).sorted() == numbers(data.train).sorted())
    #expect(try numbers(divided.judging) == numbers(data.test))
    let all = try numbers(data.train)
    #expect(divided.heldPlaces.map { all[$0] } == chosen)
    #expect(
      divided.reference
        == ValidationReference(
          origin: .train, fraction: 0.1, seed: 3, count: 17, fingerprint: choosing.fingerprint))
    // The order of what is left is as it was.
    #expect(trained == all.filter { Set(trained).contains($0) })
  }

  @Test func aSeedIsADraw() throws {
    let data = try data([100, 100], test: [10, 10])
    func chosen(_ seed: UInt64) throws -> [Int64] {
      try numbers(try #require(try data.divided(choosingFrom: .train, fraction: 0.2, seed: seed).choosing))
    }
    #expect(try chosen(1) == chosen(1))
    #expect(try chosen(1) != chosen(2))
  }

  @Test func ofTheExamplesThatAreUsedAShareChooses() throws {
    let data = try data([50, 50], test: [10, 10])
    let places = Array(0..<40)
    let divided = try data.divided(choosingFrom: .train, fraction: 0.25, seed: 0, using: places)
    let used = try numbers(data.train.selecting(places))
    let choosing = try numbers(try #require(divided.choosing))
    #expect(choosing.count == 10 && Set(choosing).isSubset(of: used))
    #expect(try (numbers(divided.training) + choosing).sorted() == used.sorted())
  }

  @Test func testExamplesAreHalvedForWhatNothingIsTrainedOn() throws {
    let data = try data([20, 20], test: [12, 8])
    let divided = try data.divided(choosingFrom: .test, fraction: 0.5, seed: 0)
    let choosing = try #require(divided.choosing)
    #expect(counts(choosing, of: 2) == [6, 4] && counts(divided.judging, of: 2) == [6, 4])
    #expect(try Set(numbers(choosing)).isDisjoint(with: numbers(divided.judging)))
    #expect(try numbers(divided.training) == numbers(data.train))
    // A run's data are judged by the same half wherever they are loaded again.
    var reference = DataReference(name: "numbers", testCount: 20, validation: divided.reference)
    #expect(try numbers(data.judging(reference).test) == numbers(divided.judging))
    #expect(reference.judgingCount == 10)
    reference.validation = nil
    #expect(try numbers(data.judging(reference).test) == numbers(data.test))
    #expect(reference.judgingCount == 20)
  }

  @Test func theDatasOwnSplitIsTaken() throws {
    let data = try data([20, 20], test: [10, 10], validation: [4, 5])
    let divided = try data.divided(choosingFrom: .own, fraction: 0.1, seed: 0)
    #expect(try numbers(divided.training) == numbers(data.train))
    #expect(try numbers(divided.judging) == numbers(data.test))
    #expect(divided.reference?.origin == .own && divided.reference?.count == 9 && divided.reference?.fraction == nil)
    let without = try self.data([20, 20], test: [10, 10])
    #expect(throws: DatasetError.noExamples(dataset: "numbers", split: "validation")) {
      try without.divided(choosingFrom: .own, fraction: 0.1, seed: 0)
    }
    // What the data are is told by what is trained on and tested on.
    #expect(data.fingerprint == without.fingerprint)
  }

  @Test func aShareThatLeavesAClassOrAPartEmptyIsRefused() throws {
    func reason(_ counts: [Int], _ fraction: Double) -> String {
      do {
        _ = try data(counts, test: [5, 5]).divided(choosingFrom: .train, fraction: fraction, seed: 0)
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      reason([100, 3], 0.9) == "numbers: a validation part of 0.9 leaves none of the 3 examples of class 'c1'")
    #expect(reason([1, 1], 0.1) == "numbers: a validation part of 0.1 holds no example, as no class has two")
    #expect(reason([100, 3], 0.6) == "" && reason([1, 2], 0.1) == "")
  }

  @Test func ofSomeClassesTheSplitHasThoseAlone() throws {
    let data = try data([20, 20, 20], test: [10, 10, 10], validation: [4, 0, 5])
    let subset = try data.subset(classes: [2, 1])
    #expect(subset.validation?.labels == [Int32](repeating: 0, count: 5))
    #expect(try data.subset(classes: [1]).validation == nil)
  }

  @Test func aFileKeepsTheSplit() throws {
    let folder = try TemporaryFolder()
    let data = try data([4, 4], test: [2, 2], validation: [1, 2])
    try data.writeHDF5(to: folder.file("data.h5"))
    let loaded = try Datasets.Dataset.load(folder.file("data.h5"))
    let validation = try #require(loaded.validation)
    #expect(validation.fingerprint == data.validation?.fingerprint && loaded.fingerprint == data.fingerprint)
    #expect(try Verification.check(folder.file("data.h5")).problems == [])
  }

  @Test func aSplitThatDoesNotFitIsNamed() throws {
    let folder = try TemporaryFolder()
    try File.writeAtomically(to: folder.file("bad.h5")) { root in
      for name in ["train", "test", "validation"] {
        let split = try root.createGroup(name)
        try split.write("labels", [0, name == "validation" ? 7 : 1] as [UInt8])
        try split.createGroup("inputs").write("x", [1, 2] as [Float], shape: [2, 1])
      }
      try root.writeStrings("class_names", ["a", "b"])
    }
    let error = #expect(throws: DatasetError.self) { try Datasets.Dataset.load(folder.file("bad.h5")) }
    #expect(error?.description.contains("validation label 1: expected 0 to 1, found 7") == true)
  }

  @Test func foldersHaveFilesForIt() throws {
    let idx = try TemporaryFolder()
    try idx.writeIDX()
    for (from, to) in [
      ("t10k-images-idx3-ubyte", "validation-images-idx3-ubyte"),
      ("t10k-labels-idx1-ubyte", "validation-labels-idx1-ubyte"),
    ] {
      try FileManager.default.copyItem(atPath: idx.file(from), toPath: idx.file(to))
    }
    #expect(try Datasets.Dataset.load(idx.path).validation?.labels == [2, 1, 0])

    let csv = try TemporaryFolder()
    for (name, rows) in [("train", "1,a\n2,b\n"), ("test", "3,b\n"), ("validation", "4,b\n5,a\n")] {
      try Data("x,label\n\(rows)".utf8).write(to: URL(fileURLWithPath: csv.file("\(name).csv")))
    }
    #expect(try Datasets.Dataset.load(csv.path).validation?.labels == [1, 0])

    let images = try TemporaryFolder()
    let files = try FileManager.default.contentsOfDirectory(atPath: Repository.fixture("images")).sorted()
    let photograph = try #require(files.first { $0.hasSuffix(".jpg") && $0 != "cmyk.jpg" })
    func put(_ splits: [String]) throws {
      for split in splits {
        for name in ["a", "b"] {
          try FileManager.default.createDirectory(
            atPath: images.file("\(split)/\(name)"), withIntermediateDirectories: true)
          try FileManager.default.copyItem(
            atPath: Repository.fixture("images") + "/\(photograph)", toPath: images.file("\(split)/\(name)/1.jpg"))
        }
      }
    }
    // Without a folder test, that is what is tested on.
    try put(["train", "val"])
    let two = try Datasets.Dataset.load(images.path)
    #expect(two.validation == nil && two.test.labels == [0, 1])
    try put(["test"])
    #expect(try Datasets.Dataset.load(images.path).validation?.labels == [0, 1])
  }
}
