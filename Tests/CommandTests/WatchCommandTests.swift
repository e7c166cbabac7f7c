import Checkpoints
import Foundation
import TestSupport
import Testing

/// Checkpoints that other trainers wrote, judged as PyTorch judges them: see Fixtures/trainers.
@Suite struct WatchCommandTests {
  private let folder: TemporaryFolder
  private static let trainers = Repository.fixture("trainers")

  init() throws { folder = try TemporaryFolder() }

  /// What PyTorch makes of a trainer's checkpoints: source and target, before training and after each.
  private func expected(_ trainer: String) throws -> [String: [String: Double]] {
    let all = try JSONDecoder().decode(
      [String: [String: [String: Double]]].self,
      from: Data(contentsOf: URL(fileURLWithPath: "\(Self.trainers)/expected.json")))
    return try #require(all[trainer])
  }

  private func language(_ watched: String, _ more: String...) -> [String] {
    [
      "watch", watched, "--program", "\(Self.trainers)/gpt2.pt2", "--source", "\(Self.trainers)/old.h5", "--target",
      "\(Self.trainers)/new.h5", "-o", folder.file("run"),
    ] + more
  }

  private func network(_ watched: String, _ more: String...) -> [String] {
    [
      "watch", watched, "--program", "\(Self.trainers)/net.pt2", "--source", "\(Self.trainers)/first.h5", "--target",
      "\(Self.trainers)/second.h5", "--target-head", "keep", "-o", folder.file("run"),
    ] + more
  }

  private func column(_ name: String) throws -> [Double] {
    try #require(try Run.open(folder.file("run")).record.metrics[name])
  }

  private func expectClose(_ found: [Double], _ wanted: [Double?], within tolerance: Double = 2e-6) {
    #expect(found.count == wanted.count)
    for (mine, theirs) in zip(found, wanted) {
      #expect(abs(mine - (theirs ?? .nan)) < tolerance, "\(mine) \(theirs ?? .nan)")
    }
  }

  @Test func checkpointsOfATrainerAreJudgedAsPyTorchJudgesThem() throws {
    let command = try Command(array: language("\(Self.trainers)/hf", "--once"))
    #expect(command.status == 0, "\(command.errors)")
    let (values, names) = (try expected("hf"), ["before", "checkpoint-2", "checkpoint-4", "checkpoint-6"])
    expectClose(try column("source_nats_per_token"), names.map { values[$0]?["source"] })
    expectClose(try column("target_nats_per_token"), names.map { values[$0]?["target"] })
    #expect(
      command.output.contains(
        "epochs are checkpoints that were trained elsewhere: 1 checkpoint-2, 2 checkpoint-4, 3 checkpoint-6"))
    // The trainer's own log says how it trained.
    let losses = try column("training_loss")
    #expect(losses[0].isNaN && losses[1...].allSatisfy { $0 > 1 && $0 < 5 } && losses[1] > losses[3])
    #expect(try Run.open(folder.file("run")).record.state.watched?.checkpoints.map(\.step) == [2, 4, 6])
    // What results is a run like any other.
    let report = try Command("report", folder.file("run"), "-o", folder.file("report.html"))
    #expect(report.status == 0 && report.output.contains("checkpoint") == false, "\(report.errors)")
    let page = try String(contentsOfFile: folder.file("report.html"), encoding: .utf8)
    #expect(page.contains("epochs are checkpoints that were trained elsewhere") && page.contains("checkpoint-4"))
    let drift = try Command("drift", folder.file("run"))
    #expect(drift.status == 0, "\(drift.errors)")
    let diagnosis = try Command("diagnose", folder.file("run"), "--no-probes", "--samples", "32")
    #expect(diagnosis.status == 0, "\(diagnosis.errors)")
    let state = try String(contentsOfFile: folder.file("run/trainer_state.json"), encoding: .utf8)
    #expect(state.contains("\"global_step\": 6"))
    // Given again, nothing is new, and what was judged stays.
    let again = try Command(array: language("\(Self.trainers)/hf", "--once"))
    #expect(again.status == 0, "\(again.errors)")
    #expect(try column("epoch") == [0, 1, 2, 3])
  }

  @Test func shardsAndAdaptersAreCheckpointsToo() throws {
    let shards = try Command(array: language("\(Self.trainers)/shards", "--once"))
    #expect(shards.status == 0, "\(shards.errors)")
    expectClose([try column("source_nats_per_token")[1]], [try expected("hf")["checkpoint-6"]?["source"]])
    try FileManager.default.removeItem(atPath: folder.file("run"))
    let adapters = try Command(array: language("\(Self.trainers)/lora", "--once"))
    #expect(adapters.status == 0, "\(adapters.errors)")
    let values = try expected("lora")
    for task in ["source", "target"] {
      expectClose(
        Array(try column("\(task)_nats_per_token")[1...]), ["checkpoint-2", "checkpoint-4"].map { values[$0]?[task] })
    }
  }

  @Test func lightningsCheckpointsAreReadAsTheyAre() throws {
    let command = try Command(array: network("\(Self.trainers)/lightning", "--once"))
    #expect(command.status == 0, "\(command.errors)")
    let (values, names) = (
      try expected("lightning"), ["before", "epoch=0-step=4.ckpt", "epoch=1-step=8.ckpt", "epoch=2-step=12.ckpt"]
    )
    expectClose(try column("source_accuracy"), names.map { values[$0]?["source"] })
    expectClose(try column("target_accuracy"), names.map { values[$0]?["target"] })
  }

  /// With a head of the target's own the source keeps the one that it had.
  @Test func aNewHeadIsTheTargets() throws {
    var words = network("\(Self.trainers)/lightning", "--once")
    words.removeSubrange((words.firstIndex(of: "--target-head") ?? 0)...(words.firstIndex(of: "keep") ?? 0))
    let command = try Command(array: words)
    #expect(command.status == 0, "\(command.errors)")
    let values = try expected("lightning")
    expectClose([try column("target_accuracy")[3]], [values["epoch=2-step=12.ckpt"]?["target"]])
    let source = try column("source_accuracy")
    #expect(source[0] == values["before"]?["source"])
    let run = try Run.open(folder.file("run"))
    let (before, after) = try (
      Checkpoint(contentsOf: run.checkpointPath(epoch: 0)), Checkpoint(contentsOf: run.checkpointPath(epoch: 3))
    )
    #expect(before.heads["net"]?.tensors.mapValues(\.checksum) == after.heads["net"]?.tensors.mapValues(\.checksum))
    #expect(
      before.heads["second"]?.tensors.mapValues(\.checksum) != after.heads["second"]?.tensors.mapValues(\.checksum))
  }

  @Test func whatAppearsIsJudgedWhenItIsWhole() throws {
    let manager = FileManager.default
    let watched = folder.file("out")
    try manager.createDirectory(atPath: watched, withIntermediateDirectories: true)
    // Half a file, as one that is written just now; and what is none of the model's.
    let file = "\(Self.trainers)/lightning/epoch=0-step=4.ckpt"
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: "\(watched)/epoch=0-step=4.ckpt"))
    try manager.copyItem(
      atPath: "\(Self.trainers)/hf/checkpoint-2/model.safetensors", toPath: "\(watched)/other.safetensors")
    let words = network(watched, "--until", "2", "--settle", "0.5", "--timeout", "120")
    let (process, pipe) = try Command.start(array: words)
    func wait(until isDone: () -> Bool) {
      for _ in 0..<1200 where !isDone() { usleep(50_000) }
    }
    func count() -> Int { (try? Run.open(folder.file("run")).record.metrics.rowCount) ?? 0 }
    wait { count() == 1 }
    try bytes.write(to: URL(fileURLWithPath: "\(watched)/epoch=0-step=4.ckpt"))
    wait { count() == 2 }
    #expect(count() == 2)
    // Written aside and moved, as careful trainers do.
    try manager.copyItem(atPath: "\(Self.trainers)/lightning/epoch=1-step=8.ckpt", toPath: "\(watched)/.epoch=1")
    try manager.moveItem(atPath: "\(watched)/.epoch=1", toPath: "\(watched)/epoch=1-step=8.ckpt")
    process.waitUntilExit()
    let errors = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(process.terminationStatus == 0, "\(errors)")
    let values = try expected("lightning")
    expectClose(
      try column("target_accuracy"),
      ["before", "epoch=0-step=4.ckpt", "epoch=1-step=8.ckpt"].map { values[$0]?["target"] })
    #expect(
      errors.contains("not judged: \(watched)/other.safetensors: none of its tensors is one of the model's"),
      "\(errors)")
  }

  @Test func abudgetThatIsExceededEndsItWithAFile() throws {
    let refused = try Command(array: language("\(Self.trainers)/hf", "--once", "--max-forgetting", "2pp"))
    #expect(
      refused.status == 64 && refused.errors.contains("expected nats a token as a bare number"), "\(refused.errors)")
    let command = try Command(
      array: language(
        "\(Self.trainers)/hf", "--once", "--max-forgetting", "0.1", "--stop-file", folder.file("stop.json"),
        "--junit", folder.file("forgetting.xml")))
    #expect(command.status == 2 && command.errors.contains("more than --max-forgetting allows"), "\(command.errors)")
    // The first that is over it is the last.
    #expect(try column("epoch") == [0, 1])
    let stop = try String(contentsOfFile: folder.file("stop.json"), encoding: .utf8)
    #expect(stop.contains("\"checkpoint\": \"checkpoint-2\"") && stop.contains("nats a token were lost"), "\(stop)")
    let xml = try String(contentsOfFile: folder.file("forgetting.xml"), encoding: .utf8)
    #expect(xml.contains("classname=\"lethe.watch\"") && xml.contains("<failure type=\"forgetting\""), "\(xml)")
    let idle = try Command(array: language("\(Self.trainers)/hf", "--once", "--junit", folder.file("x.xml")))
    #expect(idle.status == 64 && idle.errors.contains("--junit needs something to judge by"), "\(idle.errors)")
  }

  @Test func whatCannotBeWatchedIsSaidInALine() throws {
    let empty = folder.file("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    let never = try Command(array: network(empty, "--timeout", "0.5"))
    #expect(never.status == 66)
    #expect(
      never.errors.hasSuffix("lethe: \(empty): no checkpoint of \(Self.trainers)/net.pt2 was judged; it is empty\n"),
      "\(never.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("run")))
    let gone = try Command(array: network(folder.file("gone"), "--once"))
    #expect(gone.status == 66 && gone.errors.contains("gone"), "\(gone.errors)")
    let weights = try Command(
      "watch", empty, "--program", "\(Self.trainers)/hf/checkpoint-2/model.safetensors", "--target",
      "\(Self.trainers)/second.h5", "-o", folder.file("run"))
    #expect(weights.status == 64 && weights.errors.contains("without the model they belong to"), "\(weights.errors)")
    let grown = try Command(array: network(empty, "--once", "--target-head", "grow"))
    #expect(grown.status == 64, "\(grown.errors)")
    // Another folder's run is not gone on with.
    #expect(try Command(array: network("\(Self.trainers)/lightning", "--once")).status == 0)
    let other = try Command(array: network(empty, "--once"))
    #expect(
      other.status == 65 && other.errors.contains("watches \(Self.trainers)/lightning, not \(empty)"), "\(other.errors)"
    )
  }
}
