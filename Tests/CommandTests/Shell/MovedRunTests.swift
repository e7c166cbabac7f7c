import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite(.serialized) struct MovedRunTests {
  /// A place with data and a base, and in it a run of two epochs.
  private func begin(_ place: String, data: String) throws {
    try FileManager.default.createDirectory(atPath: place + "/data", withIntermediateDirectories: true)
    let script = """
      lethe data convert "\(Repository.fixture("fashion-mnist-small")):0-2" -o data/table.h5 >/dev/null &&
      lethe new mlp --classes 3 --hidden 8 -o base.h5 >/dev/null &&
      lethe train base.h5 --data "\(data)" --epochs 2 -o runs/run --quiet >/dev/null
      """
    try FileManager.default.createDirectory(atPath: place + "/runs", withIntermediateDirectories: true)
    let run = try Command(script: script, in: place)
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test(arguments: [false, true]) func aRunGoesOnWhereItWasMovedWithItsData(isAbsolute: Bool) throws {
    let folder = try TemporaryFolder()
    let (old, new) = (folder.file("old"), folder.file("far/new"))
    try FileManager.default.createDirectory(atPath: folder.file("far"), withIntermediateDirectories: true)
    try begin(old, data: isAbsolute ? old + "/data/table.h5" : "data/table.h5")
    try FileManager.default.moveItem(atPath: old, toPath: new)

    // From a folder that knows of neither.
    let resumed = try Command(script: "lethe train --resume \"$PWD/far/new/runs/run\" --epochs 3", in: folder.path)
    #expect(resumed.status == 0, "\(resumed.errors)")
    let run = try Run.open(new + "/runs/run")
    #expect(run.epochs == [0, 1, 2, 3])
    #expect(run.record.data.base?.found?.hasSuffix("far/new/base.h5") == true)
    let stored = try RunRecord(contentsOf: run.path + "/run.h5")
    #expect(stored.data.target?.fromRun == (isAbsolute ? "../../data/table.h5" : "../.."))

    // Moved alone, it finds its data where they were.
    try FileManager.default.moveItem(atPath: new + "/runs/run", toPath: folder.file("alone"))
    let alone = try Command("train", "--resume", folder.file("alone"), "--epochs", "4", "--quiet")
    #expect(alone.status == 0, "\(alone.errors)")
  }

  @Test func whereBothAreThereTheOldPlaceIsTaken() throws {
    let folder = try TemporaryFolder()
    let (old, new) = (folder.file("old"), folder.file("new"))
    try begin(old, data: "data/table.h5")
    try FileManager.default.copyItem(atPath: old, toPath: new)
    let reference = try #require(try Run.open(new + "/runs/run").record.data.target)
    #expect(reference.folder == URL(fileURLWithPath: old).standardizedFileURL.path)
    try FileManager.default.removeItem(atPath: old)
    #expect(
      try Run.open(new + "/runs/run").record.data.target?.folder == URL(fileURLWithPath: new).standardizedFileURL.path)
    // Neither: what is said is where they were.
    try FileManager.default.removeItem(atPath: new + "/data")
    #expect(
      try Run.open(new + "/runs/run").record.data.target?.folder == URL(fileURLWithPath: old).standardizedFileURL.path)
  }
}
