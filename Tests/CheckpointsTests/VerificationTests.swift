import Files
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct VerificationTests {
  @Test func checksumIsXXH3() {
    // XXH3_64bits of no bytes, from xxHash's own documentation and `xxhsum -H3`.
    #expect(Checksum.xxh3("") == "2d06800538d394c2")
    #expect(Checksum.xxh3("a").count == 16)
    #expect(Checksum.xxh3("a") != Checksum.xxh3("b"))
  }

  @Test func soundCheckpointHasNoProblems() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try makeCheckpoint()
    try checkpoint.write(to: folder.file("a.h5"))
    let result = try Verification.check(folder.file("a.h5"))
    #expect(result.problems == [])
    // The head's tensors have two names each and are counted once.
    #expect(result.tensorCount == checkpoint.parameters.count + checkpoint.buffers.count)
    let tensors = Array(checkpoint.parameters.values) + Array(checkpoint.buffers.values)
    #expect(result.byteCount == tensors.reduce(0) { $0 + $1.byteCount })
  }

  @Test func oneTurnedBitNamesTheTensor() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    let checkpoint = try makeCheckpoint()
    try checkpoint.write(to: path)
    for name in checkpoint.parameters.keys {
      let dataset = try File.open(path).root.dataset("parameters/\(name)")
      let position = try #require(try dataset.fileOffset) + Int.random(in: 0..<dataset.byteCount)
      try damage(path, at: position)
      let problems = try Verification.check(path).problems
      #expect(problems.count == 2 && problems[0].contains("changed since it was written"), "\(problems)")
      #expect(problems.last?.contains("parameters/\(name)") == true || problems.last?.contains("/\(name)") == true)
      #expect(throws: FileError.self) { try Checkpoint(contentsOf: path) }
      try damage(path, at: position)
    }
    #expect(try Verification.check(path).problems == [])
  }

  @Test func noTurnedBitAnywhereBringsItDown() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try makeCheckpoint().write(to: path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for _ in 0..<100 {
      let offset = Int.random(in: 0..<whole.count)
      var damaged = whole
      damaged[offset] ^= 1 << UInt8.random(in: 0..<8)
      try damaged.write(to: URL(fileURLWithPath: path))
      // Some bytes belong to nothing; everything else is either found or not HDF5 any more.
      _ = try? Verification.check(path)
      _ = try? Checkpoint(contentsOf: path)
    }
  }

  @Test func truncatedAndForeignFilesThrow() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try makeCheckpoint().write(to: path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for count in [100, whole.count / 2] {
      try whole.prefix(count).write(to: URL(fileURLWithPath: path))
      let error = try #require(#expect(throws: HDF5Error.self) { try Verification.check(path) })
      #expect("\(error)".hasPrefix(path), "\(error)")
    }
    #expect(throws: CheckpointError.notFound(path: "/no/such")) { try Verification.check("/no/such") }
  }

  @Test func missingLinkTargetIsAProblem() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try makeCheckpoint()
    try checkpoint.write(to: folder.file("a.h5"))
    try checkpoint.write(to: folder.file("b.h5"), unchangedFrom: folder.file("a.h5"))
    try FileManager.default.removeItem(atPath: folder.file("a.h5"))
    let problems = try Verification.check(folder.file("b.h5")).problems
    #expect(problems.contains { $0.contains("a.h5") && !$0.contains("\n") }, "\(problems)")
  }

  @Test func datasetFilesAreReadWhole() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("data.h5")
    try File.writeAtomically(to: path) { root in
      try root.setAttribute("kind", to: "dataset")
      try root.writeTensor("train/inputs/input", random([10, 4]))
      try root.writeTensor("train/labels", TensorView([Int32](repeating: 1, count: 10)))
      try root.writeStrings("class_names", ["a", "b"])
    }
    #expect(try Verification.check(path).tensorCount == 2)
    #expect(try Verification.check(path).problems == [])
    let offset = try #require(try File.open(path).root.dataset("train/labels").fileOffset)
    try damage(path, at: offset)
    #expect(try Verification.check(path).problems.last?.contains("train/labels") == true)
  }
}
