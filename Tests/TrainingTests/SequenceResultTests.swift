import Checkpoints
import Findings
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Training

@Suite struct SequenceResultTests {
  @Test func aRunOfVersion01HasOnlyArraysAndIsRead() throws {
    let run = try Run.open(Repository.fixture("runs-0.1/sequence"))
    #expect(run.record.analysis["accuracy_matrix"]?.strings["finding"] == nil)
    let result = try #require(SequenceResult(run))
    #expect(result.tasks == ["a", "b"] && !result.sharesHead && result.baseline == nil && result.run == run.path)
    let values = try #require(run.record.analysis["accuracy_matrix"]?.numbers["accuracy"]?.values)
    #expect(result.matrix[0][0] == values[0] && result.matrix[0][1].isNaN && result.matrix[1] == Array(values[2...]))
    #expect(result.averageScore == (values[2] + values[3]) / 2 && result.forgetting == values[0] - values[2])
  }

  @Test func whatARunKeepsIsReadBackWhereverItStands() throws {
    let folder = try TemporaryFolder()
    let result = SequenceResult(
      run: "elsewhere", tasks: ["a", "b"], matrix: [[0.9, 0.2], [0.7, 0.8]], baseline: [0.1, 0.15], sharesHead: true)
    var record = RunRecord()
    try record.store(result)
    _ = try Run.create(at: folder.file("run"), record: record)
    let run = try Run.open(folder.file("run"))
    var read = try #require(SequenceResult(run))
    #expect(read.run == folder.file("run"))
    read.run = "elsewhere"
    #expect(try FindingEncoder.encode(read) == FindingEncoder.encode(result))
    // The arrays beside it say the same, for h5py.
    let stored = try #require(run.record.analysis["accuracy_matrix"])
    #expect(stored.numbers["accuracy"]?.values == [0.9, 0.2, 0.7, 0.8] && stored.strings["tasks"] == ["a", "b"])
    // What is no sequence has none.
    #expect(SequenceResult(try Run.open(Repository.fixture("runs-0.1/best"))) == nil)
  }
}
