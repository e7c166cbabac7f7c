import Checkpoints
import Foundation
import TestSupport
import Testing
import Training

/// Training by several processes that share each batch: it comes to what one process comes to with the same batches.
@Suite(.serialized) struct SharedTrainingTests {
  private static let data = Repository.fixture("fashion-mnist-small")
  /// 129 examples in batches of 32: the last has one, which is fewer than there are processes.
  private static let common = [
    "--epochs", "2", "--batch-size", "32", "--examples", "129", "--lr", "0.02", "--quiet", "--threads", "1",
  ]
  /// Of a source that was trained under `si`, of a tiny network without normalization and dropout.
  private static let source = Result { try trainedPerceptron(hidden: "8", on: data, ["--regularizer", "si"] + common) }

  struct Case: CustomTestStringConvertible {
    let words: [String]
    /// Of weights and metrics.
    var tolerance = 1e-5
    var isOfFour = false
    var testDescription: String { words.isEmpty ? "plain" : words.joined(separator: " ") }

    init(_ words: String..., tolerance: Double = 1e-5, isOfFour: Bool = false) {
      (self.words, self.tolerance, self.isOfFour) = (words, tolerance, isOfFour)
    }

    private init(words: [String], isOfFour: Bool) { (self.words, self.isOfFour) = (words, isOfFour) }

    static func held(_ regularizers: String..., isOfFour: Bool = false) -> Case {
      Case(words: regularizers.flatMap { ["--regularizer", $0] }, isOfFour: isOfFour)
    }

    var kinds: [String] { words.filter { $0 != "--regularizer" }.map { String($0.prefix { $0 != ":" }) } }
  }

  static let settings = [
    Case("--clip-norm", "0.5", "--weight-decay", "0.01", "--nesterov", isOfFour: true),
    Case("--optimizer", "adamw", "--accumulate", "3", "--label-smoothing", "0.1"),
    Case("--optimizer", "adam", "--ema", "0.9", "--schedule", "cosine", "--eval-every", "3"),
    Case("--lora", "rank=2", "--class-weights", "1,2,3,4,5", "--balanced-sampling"),
    // A mean gradient of half a batch is rounded to 8 binary digits, as that of a whole one is.
    Case("--precision", "bfloat16", tolerance: 5e-3),
    Case("--unfreeze-every", "1"),
  ]

  static let regularizers = [
    Case.held("l2-sp", "l1-sp", "gl-sp:alpha=0.01", "l2"),
    .held("ewc:samples=20", "mas:samples=20", "si", isOfFour: true),
    .held("l2-sp-fisher:samples=20", "gl-sp-fisher:samples=20"),
    .held("lwf", "delta:alpha=0.001", "kl:inputs=source", isOfFour: true),
    .held("ldifs", "ldifs:scale=none,lambda=0.001", "bss:eta=0.01,k=2"),
    .held("replay", "der++", isOfFour: true),
    // One or two examples beside a batch: fewer than there are processes.
    .held("replay:share=0.05,mean=examples", "der++:share=0.05"),
  ]

  @Test func everyKindOfRegularizerIsTried() {
    let tried = Set(Self.regularizers.flatMap(\.kinds))
    #expect(Set(RegularizerKind.own.map(\.name)).isSubset(of: tried))
  }

  @Test(arguments: settings + regularizers) func severalProcessesDoWhatOneDoes(asked: Case) throws {
    let (folder, source) = try Self.source.get()
    let place = UUID().uuidString
    func words(_ run: String) -> [String] {
      ["finetune", source, "--source", Self.data + ":0-4", "--target", Self.data + ":5-9", "-o", folder.file(run)]
        + Self.common + asked.words
    }
    let one = try Command(words("\(place)-1"), environment: ["OMP_NUM_THREADS": "1"])
    try #require(one.status == 0, "\(one.errors)")
    for count in asked.isOfFour ? [2, 4] : [2] {
      let all = try ProcessesAtWork(count) { _ in words("\(place)-\(count)") }.wait()
      #expect(all.allSatisfy { $0.status == 0 && $0.errors.isEmpty }, "\(all.map(\.errors))")
      // The first one speaks.
      #expect(all[0].output.contains("in each of \(count) processes") && all.dropFirst().allSatisfy(\.output.isEmpty))
      try expectSameRuns(folder.file("\(place)-1"), folder.file("\(place)-\(count)"), within: asked.tolerance)
      #expect(try Run.open(folder.file("\(place)-\(count)")).record.state.processCount == count)
    }
  }

  @Test(.enabled(if: Python.path != nil)) func torchrunStartsThem() throws {
    let (folder, source) = try Self.source.get()
    let words =
      ["finetune", source, "--source", Self.data + ":0-4", "--target", Self.data + ":5-9"] + Self.common
    let one = try Command(words + ["-o", folder.file("torchrun-1")], environment: ["OMP_NUM_THREADS": "1"])
    #expect(one.status == 0)
    let script = """
      import subprocess, sys
      found = subprocess.run([sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python",
                              "--nproc-per-node", "2", *sys.argv[1:]], capture_output=True, text=True)
      assert found.returncode == 0, found.stderr
      print(found.stdout)
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Python.path))
    process.arguments = ["-c", script, Command.executable.path] + words + ["-o", folder.file("torchrun-2")]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(said.components(separatedBy: "next: lethe diagnose").count == 2, "\(said)")
    try expectSameRuns(folder.file("torchrun-1"), folder.file("torchrun-2"), within: 1e-5)
  }

  /// One step: what is rounded otherwise grows from step to step where few values are normalized.
  @Test(arguments: [
    ["--batch-size", "16"], ["--batch-size", "8", "--accumulate", "2", "--gradient-checkpointing"],
  ]) func synchronizedStatisticsAreThoseOfTheWholeBatch(more: [String]) throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    try #require(Command("new", "resnet18", "--input", "1x28x28", "--classes", "5", "-o", base).status == 0)
    func words(_ run: String, _ others: String...) -> [String] {
      [
        "train", base, "--data", Self.data + ":0-4", "--epochs", "1", "--examples", "16", "--lr", "0.01", "--quiet",
        "--threads", "1", "-o", folder.file(run),
      ] + more + others
    }
    func found(_ run: String) throws -> (loss: Double, tensors: [String: [Float]]) {
      let run = try Run.open(folder.file(run))
      let checkpoint = try Checkpoint(contentsOf: run.checkpointPath(epoch: 1))
      let tensors = checkpoint.parameters.merging(checkpoint.buffers) { $1 }.filter { $0.value.elementType == .float32 }
      return (
        run.record.metrics.value("training_loss", row: 1), tensors.mapValues { $0.array(of: Float.self) }
      )
    }
    // One by itself has the whole batch anyway.
    let one = try Command(words("one", "--sync-norm"), environment: ["OMP_NUM_THREADS": "1"])
    try #require(one.status == 0, "\(one.errors)")
    for (run, others) in [("two", ["--sync-norm"]), ("apart", [])] {
      let all = try ProcessesAtWork(2) { _ in words(run) + others }.wait()
      #expect(all.allSatisfy { $0.status == 0 && $0.errors.isEmpty }, "\(all.map(\.errors))")
    }
    let (expected, two, apart) = (try found("one"), try found("two"), try found("apart"))
    #expect(abs(two.loss - expected.loss) <= 1e-5 && abs(apart.loss - expected.loss) > 1e-3)
    #expect(expected.tensors.count > 100 && two.tensors.keys == expected.tensors.keys)
    for (name, values) in expected.tensors {
      let worst = zip(values, two.tensors[name] ?? []).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst <= 1e-5, "\(name): \(worst)")
    }
  }

  /// Of batch normalization, the running statistics of the first process are kept; of dropout each draws its own.
  @Test func statisticsAreOfTheFirstProcess() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    try #require(Command("new", "resnet18", "--input", "1x28x28", "--classes", "5", "-o", base).status == 0)
    let all = try ProcessesAtWork(2) { _ in
      [
        "train", base, "--data", Self.data + ":0-4", "--epochs", "1", "--examples", "32", "--batch-size", "16",
        "--quiet", "-o", folder.file("run"),
      ]
    }.wait()
    #expect(all.allSatisfy { $0.status == 0 }, "\(all.map(\.errors))")
    let verified = try Command("verify", folder.file("run"))
    #expect(verified.status == 0, "\(verified.errors)")
  }
}
