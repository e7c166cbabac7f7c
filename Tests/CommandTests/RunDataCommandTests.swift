import Checkpoints
import Datasets
import Foundation
import Models
import Programs
import TestSupport
import Testing
import Torch
import Training

/// Runs that know their data: made by a program, or gone on with from another folder after the base is gone.
@Suite(.serialized) struct RunDataCommandTests {
  private static let data = "fashion-mnist-small"

  /// A folder that data lie in.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      atPath: folder.file(Self.data), withDestinationPath: Repository.fixture(Self.data))
    return folder
  }

  private func shell(_ script: String, in folder: String, sourceLocation: SourceLocation = #_sourceLocation) throws
    -> Command
  {
    let command = try Command(script: script, in: folder)
    #expect(command.status == 0, "\(command.errors)", sourceLocation: sourceLocation)
    return command
  }

  private func object(_ output: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
  }

  /// The checksums of all tensors of a checkpoint.
  private func weights(_ run: String, epoch: Int) throws -> [String: String] {
    let checkpoint = try Checkpoint(contentsOf: Run.open(run).checkpointPath(epoch: epoch))
    var found = checkpoint.parameters.merging(checkpoint.buffers) { $1 }.mapValues(\.checksum)
    for (task, head) in checkpoint.heads {
      for (name, tensor) in head.tensors { found["\(task)/\(name)"] = tensor.checksum }
    }
    return found
  }

  private func options(epochs: Int) throws -> TrainingOptions {
    var options = TrainingOptions()
    options.epochCount = epochs
    options.batchSize = 32
    options.learningRate = 0.1
    options.rateRules = [GlobRule(pattern: "layers.2", value: 0.2)]
    options.schedule = Schedule(.step(epochs: 1, factor: 0.5))
    options.seed = 11
    options.regularizers = [try RegularizerSpecification("l2-sp", ["alpha": "0.01"])]
    return options
  }

  /// A fine-tuning by the libraries alone.
  private func program(_ path: String, epochs: Int, in folder: TemporaryFolder, inMemory: Bool = false) throws
    -> TrainingRun
  {
    func load(_ classes: String) throws -> Datasets.Dataset { try .load("\(Self.data):\(classes)", from: folder.path) }
    let start = folder.file("program-source")
    if !FileManager.default.fileExists(atPath: start) {
      let program = try Architecture.mlp.program(
        options: ArchitectureOptions(inputShape: [1, 28, 28], classCount: 5, hiddenSizes: [16]))
      let model = try Model(
        initializing: program, task: Checkpoint.untrainedTask, classNames: (0..<5).map { "\($0)" }, seed: 1)
      try TrainingRun(options: options(epochs: 3), path: start, target: load("0-4"), device: .cpu)
        .run(from: model.checkpoint(epoch: 0), basePath: "") { _ in }
    }
    let target = try load("5-9")
    let run = TrainingRun(
      options: try options(epochs: epochs), path: folder.file(path),
      target: inMemory
        ? try Dataset(
          name: "mine", classNames: target.classNames, labelMap: target.labelMap, train: target.train, test: target.test
        )
        : target, source: try load("0-4"), device: .cpu)
    let base = try Run.open(start).checkpointPath(epoch: 3)
    try run.run(from: Checkpoint(contentsOf: base), basePath: base) { _ in }
    return run
  }

  @Test func aRunOfAProgramIsReportedDiagnosedAndResumed() throws {
    let (folder, elsewhere) = (try folder(), try TemporaryFolder())
    let whole = try program("whole", epochs: 3, in: folder)
    let run = try program("run", epochs: 1, in: folder).path
    #expect(try Run.open(run).record.command == nil)

    let report = try shell("lethe report \(run)", in: elsewhere.path)
    #expect(report.output.contains("report: \(run)/report.html"))
    let page = try String(contentsOfFile: "\(run)/report.html", encoding: .utf8)
    // Long names may be broken at their dots.
    let words = page.replacing("<wbr>", with: "")
    #expect(words.contains("data.source.specification") && words.contains("state.stepsPerEpoch"))

    let resumed = try shell("lethe finetune --resume \(run) --epochs 3 --quiet", in: elsewhere.path)
    #expect(resumed.output.hasPrefix("\(run) · mlp · "), "\(resumed.output)")
    #expect(resumed.output.contains("seed 11 · resumed"))
    for epoch in 0...3 { #expect(try weights(run, epoch: epoch) == weights(whole.path, epoch: epoch), "\(epoch)") }

    let diagnosed = try object(shell("lethe diagnose \(run) --no-probes --json", in: elsewhere.path).output)
    let forgetting = try #require(diagnosed["forgetting"] as? [String: Any])
    let metrics = try Run.open(run).record.metrics
    let lost = metrics.value("source_accuracy", row: 0) - metrics.value("source_accuracy", row: 3)
    let final = try #require(forgetting["final"] as? Double)
    #expect(lost > 0 && abs(final - lost) < 1e-12)
    let remedies = try #require(diagnosed["remedies"] as? [[String: Any]])
    let retraining = try #require(remedies.compactMap { $0["command"] as? String }.last)
    #expect(
      retraining.hasPrefix(
        "lethe finetune \(folder.path)/program-source/checkpoints/epoch-0003.h5 --source \(Self.data):0-4 "
          + "--target \(Self.data):5-9 --epochs 3 --lr 0.1 --lr layers.2=0.2 --optimizer sgd --schedule step:1,0.5"),
      "\(retraining)")

    // What a program chose, the command does not change.
    let changed = try Command("finetune", "--resume", run, "--lr", "0.3")
    #expect(changed.status == 64 && changed.errors.contains("--lr: a program made \(run)"), "\(changed.errors)")
    let wrong = try Command("train", "--resume", run)
    #expect(wrong.status == 64 && wrong.errors.contains("lethe finetune --resume goes on"), "\(wrong.errors)")
  }

  @Test func dataInMemoryHaveToBeGiven() throws {
    let folder = try folder()
    let run = try program("run", epochs: 1, in: folder, inMemory: true).path
    let stopped = try Command("finetune", "--resume", run, "--epochs", "2", "--quiet")
    #expect(
      stopped.status == 65 && stopped.errors.contains("mine: these data were made in memory"),
      "\(stopped.status) \(stopped.errors)")
    // Their fingerprint tells that they are the same.
    let given = try shell(
      "lethe finetune --resume \(run) --epochs 2 --quiet --target \(Self.data):5-9", in: folder.path)
    #expect(given.output.contains("· resumed"))
    let others = try Command(
      "finetune", "--resume", run, "--epochs", "3", "--quiet", "--target", Repository.fixture(Self.data) + ":9,8,7,6,5")
    #expect(others.status == 65 && others.errors.contains("not those it began with"), "\(others.errors)")
    // Without the target its costs are not measured; the causes are.
    let diagnosed = try object(shell("lethe diagnose \(run) --no-probes --json", in: folder.path).output)
    #expect(diagnosed["waterfall"] is [Any])
  }

  @Test func aRunGoesOnWithoutItsBaseFromAnotherFolder() throws {
    let (folder, elsewhere) = (try folder(), try TemporaryFolder())
    let options =
      "--source \(Self.data):0-4 --target \(Self.data):5-9 --epochs 3 --lr 0.05 --seed 2 --quiet --regularizer lwf"
    _ = try shell(
      """
      lethe new mlp --classes 5 -o base.h5
      lethe train base.h5 --data \(Self.data):0-4 --epochs 1 -o source --quiet
      lethe finetune source \(options) -o whole
      """, in: folder.path)
    let stopped = folder.file("stopped")
    _ = try Command(
      script: "lethe finetune source \(options) --epochs 1 -o stopped".replacing("--epochs 3 ", with: ""),
      in: folder.path)
    for name in ["base.h5", "source"] { try FileManager.default.removeItem(atPath: folder.file(name)) }
    // The data are looked for from where they were given.
    let resumed = try shell("lethe finetune --resume \(stopped) --epochs 3 --quiet", in: elsewhere.path)
    #expect(resumed.output.hasPrefix("\(stopped) · mlp · "), "\(resumed.output)")
    for epoch in 0...3 {
      #expect(try weights(stopped, epoch: epoch) == weights(folder.file("whole"), epoch: epoch), "\(epoch)")
    }
    let record = try Run.open(stopped).record
    #expect(record.command?.arguments.contains("--epochs") == true && record.data.target?.folder == folder.path)
    // Its base is gone: the run's own epoch 0 stands in for it.
    let diagnosed = try shell("lethe diagnose \(stopped) --no-probes --json", in: elsewhere.path)
    let remedies = try #require(object(diagnosed.output)["remedies"] as? [[String: Any]])
    let commands = remedies.compactMap { $0["command"] as? String }
    #expect(commands.allSatisfy { !$0.contains("finetune") || $0.contains("stopped/checkpoints/epoch-0000.h5") })

    try FileManager.default.removeItem(atPath: folder.file(Self.data))
    let gone = try Command(script: "lethe diagnose \(stopped) --no-probes", in: elsewhere.path)
    #expect(gone.status == 66 && gone.errors.contains("--source DATA gives others"), "\(gone.errors)")
  }

  @Test func aSequenceGoesOnWithoutItsBaseFromAnotherFolder() throws {
    let (folder, elsewhere) = (try folder(), try TemporaryFolder())
    let options = "--task a=\(Self.data):0-1 --task b=\(Self.data):2-3 --shared-head --lr 0.05 --epochs 2 --json"
    let whole = try shell(
      """
      lethe new mlp --classes 2 -o base.h5 > /dev/null
      lethe finetune base.h5 \(options) -o whole
      """, in: folder.path)
    // Killed in the first task.
    _ = try Command(
      script: """
        lethe finetune base.h5 \(options) -o stopped > /dev/null 2>&1 &
        for attempt in $(seq 3000); do
          [ -e stopped/tasks/1-a/checkpoints/epoch-0000.h5 ] && break
          sleep 0.005
        done
        kill -9 $!
        rm base.h5
        """, in: folder.path)
    let resumed = try shell("lethe finetune --resume \(folder.file("stopped")) --json", in: elsewhere.path)
    let (first, second) = (try object(whole.output), try object(resumed.output))
    #expect(first["matrix"] as? NSArray == second["matrix"] as? NSArray)
    #expect(first["baseline"] as? NSArray == second["baseline"] as? NSArray)
    #expect(
      try weights(folder.file("whole"), epoch: 2) == weights(folder.file("stopped"), epoch: 2))
  }

  @Test func otherDataOfTheSameNameAreNotTakenForTheRuns() throws {
    let folder = try folder()
    let run = try program("run", epochs: 1, in: folder).path
    let copy = folder.file("copy")
    try FileManager.default.removeItem(atPath: folder.file(Self.data))
    try FileManager.default.copyItem(atPath: Repository.fixture(Self.data), toPath: copy)
    // Test and training examples change places.
    for kind in ["images-idx3", "labels-idx1"] {
      let (train, test) = ("\(copy)/train-\(kind)-ubyte.gz", "\(copy)/t10k-\(kind)-ubyte.gz")
      try FileManager.default.moveItem(atPath: train, toPath: copy + "/x")
      try FileManager.default.moveItem(atPath: test, toPath: train)
      try FileManager.default.moveItem(atPath: copy + "/x", toPath: test)
    }
    try FileManager.default.moveItem(atPath: copy, toPath: folder.file(Self.data))
    let changed = try Command(script: "lethe diagnose run --no-probes", in: folder.path)
    #expect(changed.status == 65 && changed.errorLines.count == 1, "\(changed.errors)")
    #expect(changed.errors.contains("expected fingerprint") && changed.errors.contains("--source DATA gives others"))
    let script = "lethe diagnose run --no-probes --json --source \(Self.data):0-4 --target \(Self.data):5-9"
    #expect(try object(shell(script, in: folder.path).output)["forgetting"] != nil)
    #expect(try Run.open(run).record.data.source?.testCount == 100)
  }

  /// A run of version 0.1 is reported, diagnosed and trained further from where its data are.
  @Test func aRunOfVersion01GoesOn() throws {
    let folder = try folder()
    try FileManager.default.copyItem(
      atPath: Repository.fixture("runs-0.1/best"), toPath: folder.file("run"))
    let old = try Run.open(folder.file("run")).record
    _ = try shell("lethe report run", in: folder.path)
    let diagnosed = try shell("lethe diagnose run --no-probes --json", in: folder.path)
    let forgetting = try #require(object(diagnosed.output)["forgetting"] as? [String: Any])
    let lost = old.metrics.value("source_accuracy", row: 0) - old.metrics.value("source_accuracy", row: 2)
    #expect(abs((try #require(forgetting["final"] as? Double)) - lost) < 1e-12)
    let resumed = try shell("lethe finetune --resume run --epochs 5 --quiet", in: folder.path)
    #expect(resumed.output.contains("seed 3 · resumed"))
    let record = try Run.open(folder.file("run")).record
    #expect(record.metrics.rowCount == 6 && record.data == old.data && record.letheVersion == "0.1.0")
    #expect(record.state.plannedEpochs == 5 && record.command == old.command)
  }
}
