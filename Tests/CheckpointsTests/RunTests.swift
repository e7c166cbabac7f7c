import Files
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct RunTests {
  private func makeRecord() -> RunRecord {
    var record = RunRecord(
      configuration: #"{"alpha":0.1}"#,
      data: RunData(
        base: BaseReference(path: "base/epoch.h5", folder: "/an/where"),
        target: DataReference(
          specification: "blätter:5-9", folder: "/da ta", name: "blätter:5-9", fingerprint: "0123456789abcdef",
          testCount: 3, imageShape: [3, 96, 128], imageResize: 140, readsImagesWhole: false, skipsUnreadable: true,
          fitsImages: true, head: "b"),
        source: DataReference(name: "in memory", imageShape: []),
        tasks: [TaskReference(name: "a", data: DataReference(specification: "x.h5", name: "x"))]),
      state: RunState(
        isFinished: true, best: .init(epoch: 1, rule: "target subject to source >= 0.9", keepsBounds: false),
        targetHeadIsNew: true, stepsPerEpoch: 8, plannedEpochs: 4, sharesHead: true,
        regularizers: [.init(name: "l2-sp", summary: "pulls \"hard\"")], device: "cuda:0", libtorch: "2.13.0",
        threads: 2), command: CommandRecord(arguments: ["lethe", "finetune", "a b"], options: "lr:\n- 0.1\n"),
      seed: .max)
    record.metrics.append(["source.accuracy": 0.9, "target/accuracy": .nan])
    record.metrics.append(["source.accuracy": 0.8, "target/accuracy": 0.7])
    record.predictions = ["source": [0: [1, 2, 0], 1: [1, 1, 1]], "target": [1: [3]]]
    record.labels = ["source": [1, 2, 2], "target": []]
    record.analysis["cka"] = AnalysisRecord(
      attributes: ["estimator": "debiased"],
      numbers: ["matrix": NumberArray(shape: [2, 2], values: [1, 0.5, .infinity, -0.1]), "a/b": NumberArray([])],
      strings: ["layers": ["features.0", "fc"], "none": []])
    return record
  }

  @Test func recordComesBack() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("run")
    var run = try Run.create(at: path)
    #expect(try Run.open(path).record == run.record)
    let record = makeRecord()
    try run.save(record)
    #expect(run.record == record)
    let opened = try Run.open(path)
    #expect(opened.record == record)
    #expect(opened.record.metrics.names == ["source.accuracy", "target/accuracy"])
    #expect(opened.record.metrics["target/accuracy"]?.first?.isNaN == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == ["checkpoints", "run.h5"])
  }

  /// What the documentation of ``RunRecord`` promises to those who read with h5py alone.
  @Test(.enabled(if: Python.path != nil)) func otherToolsReadTheRecord() throws {
    let folder = try TemporaryFolder()
    let run = try Run.create(at: folder.file("run"), record: makeRecord())
    let script = """
      import sys, json, h5py
      f = h5py.File(sys.argv[1])
      assert f.attrs["lethe_format"] == 1 and f.attrs["kind"] == b"run" and int(f.attrs["seed"]) == 2**64 - 1
      data, state, command = (json.loads(f[name][()]) for name in ("data", "state", "command"))
      assert data["target"]["specification"] == "blätter:5-9" and data["target"]["imageShape"] == [3, 96, 128] and data["target"]["imageResize"] == 140
      assert data["base"] == {"path": "base/epoch.h5", "folder": "/an/where", "fromRun": data["base"]["fromRun"]}
      assert data["base"]["fromRun"].endswith("../an/where") and data["target"]["fromRun"].endswith("../da ta")
      assert "fromRun" not in data["source"] and data["tasks"][0]["name"] == "a"
      assert "fingerprint" not in data["source"] and "proxy" not in data
      assert state["best"] == {"epoch": 1, "rule": "target subject to source >= 0.9", "keepsBounds": False}
      assert state["kind"] == "training" and state["isFinished"] and state["stepsPerEpoch"] == 8
      assert command["arguments"][2] == "a b"
      assert json.loads(f["configuration"][()])["alpha"] == 0.1
      assert list(f["metrics"].attrs["columns"]) == [b"source.accuracy", b"target/accuracy"]
      assert f["metrics"]["source.accuracy"][()].tolist() == [0.9, 0.8]
      assert f["predictions/source/0001"][()].tolist() == [1, 1, 1] and f["labels/source"][()].tolist() == [1, 2, 2]
      print("read")
      """
    #expect(try Python.run(script, "\(run.path)/run.h5") == "read")
  }

  @Test func aTextThatSaysSomethingElseIsRefused() throws {
    let folder = try TemporaryFolder()
    let run = try Run.create(at: folder.file("run"))
    let path = "\(run.path)/run.h5"
    try File.writeAtomically(to: path) { root in
      try FileFormat.mark(root, as: "run")
      try root.setAttribute("created", to: "now")
      try root.setAttribute("seed", to: "1")
      for name in ["configuration", "data", "state"] { try root.writeCheckedText(name, "[]") }
    }
    let error = #expect(throws: CheckpointError.self) { try Run.open(run.path) }
    #expect(error == .malformed(path: path, reason: "'data' does not say what it should: []"))
  }

  @Test func forgettingEpochsForgetsTheBestOfThem() {
    var record = makeRecord()
    record.keepEpochs(through: 1)
    #expect(record.bestEpoch == 1 && !record.isFinished)
    record.keepEpochs(through: 0)
    #expect(record.bestEpoch == nil)
  }

  @Test func theBaseIsFoundFromAnywhereWhileItIsThere() throws {
    let folder = try TemporaryFolder()
    let base = BaseReference(path: "base.h5", folder: folder.path)
    #expect(base.found == nil)
    try Data().write(to: URL(fileURLWithPath: folder.file("base.h5")))
    #expect(base.found == folder.file("base.h5"))
    #expect(BaseReference(path: folder.file("base.h5"), folder: "/no/such").found == folder.file("base.h5"))
  }

  @Test func whatExistsIsNotOverwritten() throws {
    let folder = try TemporaryFolder()
    for name in ["folder", "file", "link"] {
      let path = folder.file(name)
      switch name {
      case "folder": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      case "file": try Data().write(to: URL(fileURLWithPath: path))
      default: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/no/such")
      }
      let error = #expect(throws: CheckpointError.self) { try Run.create(at: path) }
      #expect(error == .exists(path: path))
    }
    #expect(try folder.names == ["file", "folder", "link"])
    #expect(throws: FileError.unwritable(path: folder.file("file/run"), reason: "Not a directory")) {
      try Run.create(at: folder.file("file/run"))
    }
  }

  @Test func whatIsNoRunIsRefused() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CheckpointError.notFound(path: "/no/such")) { try Run.open("/no/such") }
    #expect(throws: CheckpointError.self) { try Run.open(folder.path) }
    try makeCheckpoint().write(to: folder.file("run.h5"))
    #expect(throws: CheckpointError.malformed(path: folder.file("run.h5"), reason: "not the record of a run")) {
      try Run.open(folder.path)
    }
  }

  @Test func epochsAreListedInOrderAndPartsIgnored() throws {
    let folder = try TemporaryFolder()
    let run = try Run.create(at: folder.file("run"), record: makeRecord())
    let checkpoint = try makeCheckpoint()
    for epoch in [10_000, 2, 0] { try checkpoint.write(to: run.checkpointPath(epoch: epoch)) }
    let part = folder.file("run/checkpoints/.epoch-0003.h5.partial-1-2")
    try Data([1]).write(to: URL(fileURLWithPath: part))
    #expect(run.epochs == [0, 2, 10_000])
    #expect(run.checkpointPath(epoch: 2).hasSuffix("run/checkpoints/epoch-0002.h5"))
    #expect(try Run.open(run.path).epochs == [0, 2, 10_000])
    #expect(try Verification.check(run.path).problems == [])
    let path = run.checkpointPath(epoch: 2)
    let offset = try #require(try File.open(path).root.dataset("buffers/steps").fileOffset)
    try damage(path, at: offset)
    let problems = try Verification.check(run.path).problems
    #expect(problems.count == 2 && problems.allSatisfy { $0.contains("epoch-0002.h5") }, "\(problems)")
    #expect(problems.last?.contains("buffers/steps") == true, "\(problems)")
  }

  @Test func partLeftByAKilledWriterHarmsNothing() throws {
    // What a kill can leave behind is a part of any length beside the old file.
    let folder = try TemporaryFolder()
    var run = try Run.create(at: folder.file("run"))
    let record = makeRecord()
    try run.save(record)
    let whole = try Data(contentsOf: URL(fileURLWithPath: "\(run.path)/run.h5"))
    let part = "\(run.path)/.run.h5.partial-\(pid_t.max)-9"
    try whole.prefix(Int.random(in: 0..<whole.count)).write(to: URL(fileURLWithPath: part))
    #expect(try Run.open(run.path).record == record)
    try run.save(record)
    #expect(!FileManager.default.fileExists(atPath: part))
  }

  @Test func metricTableFillsWithNaN() {
    var table = MetricTable()
    table.append(["a": 1])
    table.append(["b": 2])
    table.set("a", row: 3, to: 4)
    #expect(table.rowCount == 4)
    #expect(table.names == ["a", "b"])
    #expect(table["a"]?.map(\.isNaN) == [false, true, true, false])
    #expect(table["b"]?.map(\.isNaN) == [true, false, true, true])
  }
}
