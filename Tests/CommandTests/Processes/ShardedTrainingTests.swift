import Checkpoints
import Foundation
import TestSupport
import Testing

/// Training by several processes that have a part of the weights each: it comes to what one process comes to that has all.
@Suite(.serialized) struct ShardedTrainingTests {
  private static let data = Repository.fixture("fashion-mnist-small")
  /// 129 examples in batches of 32: the last has one, which is fewer than there are processes.
  private static let common = ["--batch-size", "32", "--examples", "129", "--lr", "0.02", "--quiet", "--threads", "1"]
  /// Of a source, of a network whose first kernel is sharded (50,176 weights, no multiple of 3) and whose others are not.
  private static let source = Result { try trainedPerceptron(hidden: "64,32", on: data, ["--epochs", "2"] + common) }

  private static func words(_ source: String, _ run: String, epochs: Int = 2) -> [String] {
    [
      "finetune", source, "--source", data + ":0-4", "--target", data + ":5-9", "-o", run, "--epochs", "\(epochs)",
    ] + common
  }

  /// The lines on standard error of all processes.
  private func lines(_ all: [(status: Int32, output: String, errors: String)]) -> [String] {
    all.flatMap { $0.errors.split(separator: "\n").map(String.init) }
  }

  /// The note of a fine-tuning is all that is said beside.
  private func expectDone(_ all: [(status: Int32, output: String, errors: String)]) {
    #expect(all.allSatisfy { $0.status == 0 }, "\(all.map(\.errors))")
    #expect(lines(all).allSatisfy { $0.contains("their weights were sharded (--shard)") }, "\(lines(all))")
  }

  static let settings: [[String]] = [
    ["--momentum", "0.9", "--clip-norm", "0.5", "--weight-decay", "0.01"],
    ["--optimizer", "adamw", "--accumulate", "3", "--label-smoothing", "0.1", "--clip-norm", "0.2"],
    ["--optimizer", "adam", "--ema", "0.9", "--schedule", "cosine", "--eval-every", "3", "--best", "target"],
    ["--regularizer", "l2-sp", "--regularizer", "l1-sp", "--regularizer", "l2"],
    // Many steps, of which some measure doses.
    ["--regularizer", "l2-sp", "--regularizer", "l2", "--batch-size", "4"],
    ["--regularizer", "l2-sp", "--decoupled", "--gradient-checkpointing"],
    ["--feature-extraction", "--lr", "0.5"],
    ["--unfreeze-every", "1", "--optimizer", "adamw"],
  ]

  @Test(arguments: settings) func severalProcessesDoWhatOneDoes(asked: [String]) throws {
    let (folder, source) = try Self.source.get()
    let place = UUID().uuidString
    let one = try Command(
      Self.words(source, folder.file("\(place)-1")) + asked, environment: ["OMP_NUM_THREADS": "1"])
    try #require(one.status == 0, "\(one.errors)")
    for count in [2, 3] {
      let run = folder.file("\(place)-\(count)")
      let all = try ProcessesAtWork(count) { _ in Self.words(source, run) + asked + ["--shard"] }.wait()
      expectDone(all)
      try expectSameRuns(folder.file("\(place)-1"), run, within: 1e-5)
      let verified = try Command("verify", run)
      #expect(verified.status == 0, "\(verified.errors)")
    }
  }

  /// A checkpoint is one as a process by itself writes it: the same tensors of the same shapes under the same names, and what
  /// did not change is not there again.
  @Test func aCheckpointReadsAsOne() throws {
    let (folder, source) = try Self.source.get()
    let frozen = ["--feature-extraction"]
    try #require(Command(array: Self.words(source, folder.file("whole")) + frozen).status == 0)
    expectDone(
      try ProcessesAtWork(2) { _ in Self.words(source, folder.file("sharded")) + frozen + ["--shard"] }.wait())
    func stored(_ run: String) throws -> [String: [Int]] {
      let checkpoint = try Checkpoint(contentsOf: Run.open(folder.file(run)).checkpointPath(epoch: 2))
      return checkpoint.parameters.merging(
        checkpoint.heads.flatMap { task, head in
          head.tensors.map { ("\(task)/\($0)", $1) }
        }.reduce(into: [:]) { $0[$1.0] = $1.1 }
      ) { $1 }.mapValues(\.shape)
    }
    #expect(try stored("whole") == stored("sharded"))
    func size(_ run: String) throws -> Int {
      let path = try Run.open(folder.file(run)).checkpointPath(epoch: 2)
      return try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    }
    #expect(try size("sharded") == size("whole"))
    // Frozen weights are those of before, to the bit.
    let states = try [0, 2].map { epoch in
      try Checkpoint(contentsOf: Run.open(folder.file("sharded")).checkpointPath(epoch: epoch)).parameters
    }
    let large = states[0].filter { $0.value.count > 10_000 }
    #expect(!large.isEmpty && large.allSatisfy { states[1][$0.key] == $0.value })
  }

  /// In another number of processes, in one, and from one that was not sharded.
  @Test(arguments: ["sgd", "adamw"]) func aRunGoesOnAnyway(optimizer: String) throws {
    let (folder, source) = try Self.source.get()
    let place = UUID().uuidString
    let more = ["--optimizer", optimizer, "--ema", "0.9"]
    let straight = folder.file("\(place)-straight")
    try #require(Command(array: Self.words(source, straight, epochs: 3) + more).status == 0)
    let begun = folder.file("\(place)-begun")
    expectDone(try ProcessesAtWork(2) { _ in Self.words(source, begun) + more + ["--shard"] }.wait())
    let apart = folder.file("\(place)-apart")
    try #require(Command(array: Self.words(source, apart) + more).status == 0)
    func copy(_ run: String, _ name: String) throws -> String {
      let path = folder.file("\(place)-\(name)")
      try FileManager.default.copyItem(atPath: run, toPath: path)
      return path
    }
    let three = try copy(begun, "three")
    expectDone(
      try ProcessesAtWork(3) { _ in ["finetune", "--resume", three, "--epochs", "3", "--quiet", "--threads", "1"] }
        .wait())
    let alone = try copy(begun, "alone")
    let resumed = try Command("finetune", "--resume", alone, "--epochs", "3", "--quiet", "--threads", "1")
    #expect(resumed.status == 0, "\(resumed.errors)")
    let sharded = try copy(apart, "sharded")
    expectDone(
      try ProcessesAtWork(2) { _ in
        ["finetune", "--resume", sharded, "--epochs", "3", "--quiet", "--threads", "1", "--shard"]
      }.wait())
    for run in [three, alone, sharded] { try expectSameRuns(straight, run, within: 1e-5, epochCount: 3) }
  }

  /// Blocks with batch normalization over all processes, convolutions, and a head that is drawn; of one step.
  @Test func blocksAreGatheredWhileTheyRun() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    try #require(Command("new", "resnet18", "--input", "1x28x28", "--classes", "5", "-o", base).status == 0)
    func words(_ run: String) -> [String] {
      [
        "train", base, "--data", Self.data + ":0-4", "--epochs", "1", "--examples", "16", "--batch-size", "16", "--lr",
        "0.01", "--quiet", "--threads", "1", "--sync-norm", "-o", folder.file(run),
      ]
    }
    let one = try Command(words("one"), environment: ["OMP_NUM_THREADS": "1"])
    try #require(one.status == 0, "\(one.errors)")
    expectDone(try ProcessesAtWork(2) { _ in words("two") + ["--shard"] }.wait())
    func found(_ run: String) throws -> [String: [Float]] {
      let checkpoint = try Checkpoint(contentsOf: Run.open(folder.file(run)).checkpointPath(epoch: 1))
      return checkpoint.parameters.merging(checkpoint.buffers) { $1 }.filter { $0.value.elementType == .float32 }
        .mapValues { $0.array(of: Float.self) }
    }
    let (expected, two) = (try found("one"), try found("two"))
    #expect(expected.count > 100 && two.keys == expected.keys)
    for (name, values) in expected {
      let worst = zip(values, two[name] ?? []).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst <= 1e-5, "\(name): \(worst)")
    }
  }

  /// A language model, whose embedding is its head too.
  @Test func tiedWeightsStayOne() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    try Checkpoint(exportedProgram: Repository.fixture("texts/gpt2.pt2"), task: "source").write(to: base)
    let made = try Command(
      "data", "convert", Repository.fixture("texts/python.txt"), "--tokenizer", "bytes", "--length", "64", "--blocks",
      "-o", folder.file("data.h5"))
    try #require(made.status == 0, "\(made.errors)")
    func words(_ run: String) -> [String] {
      [
        "finetune", base, "--target", folder.file("data.h5"), "--epochs", "2", "--examples", "24", "--batch-size", "8",
        "--threads", "1", "--optimizer", "adamw", "--lr", "0.002", "--quiet", "--regularizer", "l2-sp:alpha=0.01", "-o",
        folder.file(run),
      ]
    }
    let one = try Command(words("one"), environment: ["OMP_NUM_THREADS": "1"])
    try #require(one.status == 0, "\(one.errors)")
    expectDone(try ProcessesAtWork(3) { _ in words("three") + ["--shard"] }.wait())
    try expectSameRuns(folder.file("one"), folder.file("three"), within: 1e-5)
    func tied(_ run: String) throws -> [[String]] {
      try Checkpoint(contentsOf: Run.open(folder.file(run)).checkpointPath(epoch: 2)).sharedParameters
    }
    #expect(try tied("one") == tied("three"))
  }

  @Test(arguments: [0, 1]) func oneThatIsKilledEndsAllAndTheRunGoesOn(rank: Int) throws {
    let (folder, source) = try Self.source.get()
    let run = folder.file(UUID().uuidString)
    let all = try ProcessesAtWork(2) { _ in
      Self.words(source, run, epochs: 100000) + ["--shard", "--process-timeout", "5"]
    }
    for _ in 0..<600 where !FileManager.default.fileExists(atPath: "\(run)/checkpoints/epoch-0001.h5") { usleep(50000) }
    let number = all.processes[rank].process.processIdentifier
    kill(number, SIGKILL)
    let found = all.wait()
    #expect(found[1 - rank].status == 76, "\(found)")
    #expect(
      lines(found).count == 1 && lines(found)[0].hasPrefix("lethe: rank \(rank) (process \(number) on "), "\(found)")
    let done = try #require(Run.open(run).record.lastEpoch)
    let more = try Command("finetune", "--resume", run, "--epochs", "\(done + 1)", "--quiet")
    #expect(more.status == 0, "\(more.errors)")
  }

  @Test(arguments: [
    (
      ["--regularizer", "ewc"],
      "regularizer 'ewc' reads whole weights, of which --shard leaves each process a part; l2, l2-sp, l1-sp work with it"
    ),
    (["--lora", "rank=2"], "--shard leaves no process a whole weight to change; --lora contradicts it"),
    (["--stop-when", "forgetting > 2pp"], "--shard keeps no weights to go back to; --stop-when contradicts it"),
  ]) func whatNeedsWholeWeightsIsRefused(asked: [String], said: String) throws {
    let (folder, source) = try Self.source.get()
    let run = folder.file(UUID().uuidString)
    let all = try ProcessesAtWork(2) { _ in Self.words(source, run) + asked + ["--shard"] }.wait()
    #expect(all.map(\.status) == [64, 64], "\(all)")
    #expect(lines(all) == ["lethe: \(said)"])
    #expect(!FileManager.default.fileExists(atPath: run))
  }

  @Test func oneProcessHasNobodyToShareWith() throws {
    let (folder, source) = try Self.source.get()
    let alone = try Command(array: Self.words(source, folder.file("alone")) + ["--shard"])
    #expect(alone.status == 64)
    #expect(
      alone.errors == "lethe: --shard: weights are sharded over several processes, and this is one by itself: start "
        + "several with torchrun\n")
  }
}
