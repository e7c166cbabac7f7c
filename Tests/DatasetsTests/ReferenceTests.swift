import Checkpoints
import Foundation
import Testing

@testable import Datasets

/// Data remember where they were loaded from, and are found again.
@Suite struct ReferenceTests {
  /// A folder with IDX data in `data`, which no path from the present folder leads to.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let inner = try TemporaryFolder()
    try inner.writeIDX()
    try FileManager.default.moveItem(atPath: inner.path, toPath: folder.file("data"))
    return folder
  }

  @Test func whatWasLoadedIsLoadedAgainFromElsewhere() throws {
    let folder = try folder()
    let images = ImageOptions(shape: ImageShape(channelCount: 1, height: 2, width: 3), skipsUnreadable: true)
    let loaded = try Dataset.load("data:0,2", images: images, from: folder.path)
    #expect(loaded.name == "data:0,2")
    let reference = loaded.reference(head: "h", fitsImages: true)
    #expect(
      reference
        == DataReference(
          specification: "data:0,2", folder: folder.path, name: "data:0,2", fingerprint: loaded.fingerprint,
          testCount: 2, imageShape: [1, 2, 3], readsImagesWhole: false, skipsUnreadable: true, fitsImages: true,
          head: "h"))
    #expect(reference.imageOptions == images)
    let again = try Dataset.load(reference)
    #expect(again.origin == loaded.origin && again.fingerprint == loaded.fingerprint)
    var lost = reference
    lost.folder = "/no/such"
    let error = #expect(throws: DatasetError.self) { try Dataset.load(lost) }
    guard case .notFound = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  /// The same name leads to other data from the present folder.
  @Test func theRunsOwnDataArePreferred() throws {
    let folder = try folder()
    let present = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let name = "lethe-reference-\(UUID().uuidString)"
    let other = present.appendingPathComponent(name).path
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: other) }
    try FileManager.default.moveItem(atPath: folder.file("data"), toPath: folder.file(name))
    let loaded = try Dataset.load(folder.file(name))
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.file(name)) {
      try FileManager.default.copyItem(atPath: "\(folder.file(name))/\(file)", toPath: "\(other)/\(file)")
    }
    try Data(idx([3], [0, 1, 2])).write(to: URL(fileURLWithPath: "\(other)/t10k-labels-idx1-ubyte"))
    var reference = loaded.reference(head: nil, fitsImages: false)
    (reference.specification, reference.folder) = (name, folder.path)
    let found = try Dataset.load(reference)
    #expect(found.fingerprint == loaded.fingerprint && found.origin?.specification == name)
    #expect(found.origin?.folder == folder.path)
    // From the present folder where nothing is known of them.
    #expect(try Dataset.load(name, from: folder.path).test.labels == [0, 1, 2])
  }

  @Test func dataThatHaveChangedAreRefused() throws {
    let folder = try folder()
    let reference = try Dataset.load(folder.file("data")).reference(head: nil, fitsImages: false)
    try Data(idx([3], [0, 1, 2])).write(to: URL(fileURLWithPath: folder.file("data/t10k-labels-idx1-ubyte")))
    let error = #expect(throws: DatasetError.self) { try Dataset.load(reference) }
    #expect(error?.description.contains("not the data that 'data' was: expected fingerprint") == true)
    // Of version 0.1's sequences no fingerprint is known.
    var unknown = reference
    unknown.fingerprint = nil
    #expect(try Dataset.load(unknown).test.labels == [0, 1, 2])
  }

  @Test func dataInMemoryAreNamed() throws {
    let dataset = try Dataset(
      name: "numbers", classNames: ["a", "b"], train: sampleSplit([0, 1], width: 1, labels: [0, 1]),
      test: sampleSplit([0, 1], width: 1, labels: [0, 1]))
    let reference = dataset.reference(head: "h", fitsImages: false)
    #expect(reference.isInMemory && reference.folder == "" && reference.testCount == 2)
    #expect(throws: DatasetError.inMemory(dataset: "numbers")) { try Dataset.load(reference) }
  }

  @Test func aSubsetIsFoundToo() throws {
    let folder = try folder()
    let whole = try Dataset.load("data", from: folder.path)
    let subset = try whole.subset(classes: [2, 0])
    let reference = subset.reference(head: nil, fitsImages: false)
    #expect(reference.specification == "data:2,0")
    #expect(try Dataset.load(reference).labelMap == [2, 0])
    // Which classes of the whole these are, no specification says.
    #expect(try subset.subset(classes: [1, 0]).origin == nil)
  }
}
