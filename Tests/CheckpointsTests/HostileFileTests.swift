import Files
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoints

/// Files that `Fixtures/hostile/make_hostile_hdf5.py` made: each is refused in one line, and `verify` ends on it.
@Suite struct HostileFileTests {
  @Test(
    arguments: [
      ("external-storage", "weight: its numbers lie outside of the file"),
      ("virtual", "weight: a virtual dataset, whose numbers lie in other files"),
      ("link-absolute", "it leads to /etc/hostname, expected the name of a file in the same folder"),
      ("link-parent", "it leads to ../weights/expected.h5, expected the name of a file in the same folder"),
      ("link-missing", "no-such.h5: no such file"),
      ("nested", "groups within groups, deeper than 64"),
      ("huge-unwritten", "weight: it claims 4398046511104 bytes, of which 0 are stored"),
      ("huge-chunks", "weight: it claims 2000000000 bytes, of which 3902 are stored"),
      ("huge-chunk", "weight: it claims 1073741824 bytes, of which 0 are stored"),
      ("huge-text", "names: it claims 4000000000 bytes, of which 0 are stored"),
    ])
  func isRefusedByName(name: String, reason: String) throws {
    let path = Repository.fixture("hostile/\(name).h5")
    let problems = try Verification.check(path).problems
    #expect(problems.count == 1 && problems[0].hasSuffix(reason), "\(problems)")
    let error = #expect(throws: (any Error).self) { try WeightsFile(contentsOf: path) }
    let line = "\(try #require(error))"
    #expect(line.hasSuffix(reason) && !line.contains("\n"), "\(line)")
  }

  @Test(arguments: ["cycle-soft", "cycle-hard"])
  func groupWithinItselfIsNamedAndVerifyEnds(name: String) throws {
    let path = Repository.fixture("hostile/\(name).h5")
    #expect(try Verification.check(path).tensorCount == 1)
    let expected = HDF5Error.refused(
      name: "group/again", file: path, reason: "it lies within itself: a link leads back")
    #expect(throws: expected) { try WeightsFile(contentsOf: path) }
  }

  @Test func layersOfKerasThatLeadBackEnd() throws {
    let path = Repository.fixture("hostile/cycle-keras.h5")
    #expect(try Verification.check(path).tensorCount == 1)
    let error = try #require(#expect(throws: HDF5Error.self) { try WeightsFile(contentsOf: path) })
    #expect("\(error)" == "\(path): layers/dense/a: it lies within itself: a link leads back")
  }

  @Test func twoLinksAtEachOfFortyLevelsEnd() throws {
    // 2⁴⁰ paths lead to one tensor.
    let path = Repository.fixture("hostile/cycle-twice.h5")
    #expect(try Verification.check(path).tensorCount == 1)
    let error = try #require(#expect(throws: HDF5Error.self) { try WeightsFile(contentsOf: path) })
    #expect("\(error)".hasSuffix("its links lead to the same groups again and again"), "\(error)")
  }

  @Test func linkToAPipeIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try FileManager.default.copyItem(atPath: Repository.fixture("hostile/link-pipe.h5"), toPath: path)
    #expect(mkfifo(folder.file("pipe.h5"), 0o600) == 0)
    let problems = try Verification.check(path).problems
    #expect(problems.count == 1 && problems[0].hasSuffix("it is a named pipe, expected a file"), "\(problems)")
    #expect(throws: (any Error).self) { try Verification.check(folder.file("pipe.h5")) }
  }

  @Test func aTensorThatNobodyNeedsIsNotRead() throws {
    // Written by another program, 4 TB by its own words.
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    let checkpoint = try makeCheckpoint()
    try checkpoint.write(to: path)
    let file = try File.open(path, writable: true)
    try file.root.createDataset("parameters/stray", .float32, shape: [1 << 40])
    try file.close()
    #expect(throws: CheckpointError.unexpectedTensor(tensor: "parameters/stray", file: path)) {
      try Checkpoint(contentsOf: path)
    }
  }
}
