import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoints

/// Runs that version 0.1 wrote are read for ever: `Fixtures/runs-0.1`.
@Suite struct Version01Tests {
  private func record(_ name: String) throws -> RunRecord {
    try Run.open(Repository.fixture("runs-0.1/\(name)")).record
  }

  private func base(in command: CommandRecord?) throws -> String { try #require(command?.arguments[2]) }

  @Test func aRunWithABestEpoch() throws {
    let record = try record("best")
    let data = "fashion-mnist-small"
    let base = try base(in: record.command)
    #expect(record.letheVersion == "0.1.0" && record.seed == 3)
    #expect(record.data.base == BaseReference(path: base, folder: ""))
    #expect(
      record.data.target
        == DataReference(
          specification: "\(data):5-9", name: "\(data):5-9", fingerprint: "16de45594416d4c9", testCount: 100,
          head: "\(data):5-9"))
    #expect(
      record.data.source
        == DataReference(
          specification: "\(data):0-4", name: "\(data):0-4", fingerprint: "38fc27cbdf650de4", testCount: 100,
          head: "\(data):0-4"))
    #expect(record.data.proxy == nil && record.data.tasks.isEmpty)
    let summary = try #require(record.state.regularizers.first).summary
    #expect(summary.hasPrefix("L2-SP pulls on 1 tensor (6,272 weights) with 0.01"))
    #expect(
      record.state
        == RunState(
          isFinished: true, best: .init(epoch: 2, rule: "target", keepsBounds: true), targetHeadIsNew: true,
          stepsPerEpoch: 8, plannedEpochs: 4, regularizers: [.init(name: "l2-sp", summary: summary)], device: "cpu",
          libtorch: "2.13.0", threads: 2))
    #expect(record.command?.arguments.prefix(2) == ["lethe", "finetune"])
    #expect(record.command?.options.hasPrefix("base: \(base)\nsource: \(data):0-4\n") == true)
    #expect(record.metrics.rowCount == 5 && record.predictions["source"]?.keys.sorted() == [0, 1, 2, 3, 4])
    #expect(record.analysis.keys.sorted() == ["cka", "diagnosis", "drift"])
  }

  @Test func aRunOnAProxy() throws {
    let record = try record("proxy")
    let data = "fashion-mnist-small"
    #expect(record.data.source == nil && record.data.tasks.isEmpty)
    #expect(
      record.data.proxy
        == DataReference(
          specification: "\(data):5-9", name: "\(data):5-9", fingerprint: "16de45594416d4c9", testCount: 100,
          head: "\(data):0-4"))
    #expect(record.data.target?.specification == "\(data):5-9" && record.data.target?.testCount == 100)
    #expect(
      record.state
        == RunState(
          isFinished: true, targetHeadIsNew: true, stepsPerEpoch: 4, plannedEpochs: 1, device: "cpu",
          libtorch: "2.13.0", threads: 2))
  }

  @Test func aSequence() throws {
    let record = try record("sequence")
    func task(_ name: String, _ classes: String) -> TaskReference {
      TaskReference(
        name: name,
        data: DataReference(
          specification: "fashion-mnist-small:\(classes)", name: "fashion-mnist-small:\(classes)", head: name))
    }
    #expect(record.data == RunData(base: record.data.base, tasks: [task("a", "5-6"), task("b", "7-8")]))
    #expect(record.data.base?.path == (try base(in: record.command)))
    #expect(record.state == RunState(kind: .sequence, isFinished: true, plannedEpochs: 1, device: "cpu"))
    #expect(record.analysis["accuracy_matrix"]?.strings["tasks"] == ["a", "b"])
  }

  /// Written again, an old run has the present layout and says the same.
  @Test(arguments: ["best", "proxy", "sequence"]) func itIsTheSameWhenItIsWrittenAgain(_ name: String) throws {
    var record = try record(name)
    // Numbers that were not measured there are not equal to themselves.
    #expect(!record.analysis.isEmpty)
    record.analysis = [:]
    let folder = try TemporaryFolder()
    let run = try Run.create(at: folder.file("run"), record: record)
    #expect(try Run.open(run.path).record == record)
    let root = try File.open("\(run.path)/run.h5").root
    #expect(try root.contains("state") && !root.contains("environment") && record.letheVersion == "0.1.0")
  }

  /// Names that YAML writes in quotes, and what only an option says.
  @Test func optionsInQuotesAndOfImages() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("run.h5")
    try File.writeAtomically(to: path) { root in
      try FileFormat.mark(root, as: "run", writtenBy: "0.1.0")
      try root.setAttribute("created", to: "now")
      try root.setAttribute("seed", to: "1")
      try root.writeCheckedText("configuration", #"{"epochCount":2,"fitsImages":true}"#)
      try root.writeStrings("command_line", [])
      try root.writeCheckedText(
        "command_options",
        """
        base: base.h5
        data: 'an owl''s: pictures'
        "output": run
        lr:
        - 0.1
        - "layers.2=0.1"
        image-size: 96x128
        skip-unreadable: true

        """)
      try root.createGroup("environment").setTextAttributes(["targetTask": "pictures", "targetFingerprint": "0f"])
      try root.createGroup("metrics").setAttribute("columns", to: [String]())
      for name in ["predictions", "labels", "analysis"] { _ = try root.createGroup(name) }
    }
    let record = try RunRecord(contentsOf: path)
    #expect(
      record.data.target
        == DataReference(
          specification: "an owl's: pictures", name: "pictures", fingerprint: "0f", imageShape: [96, 128],
          skipsUnreadable: true, fitsImages: true, head: "pictures"))
    #expect(record.state == RunState(plannedEpochs: 2))
  }
}
