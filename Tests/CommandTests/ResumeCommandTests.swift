import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ResumeCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private func options(_ run: String) -> [String] {
    [
      "--epochs", "4", "--optimizer", "adam", "--lr", "0.001", "--schedule", "one-cycle", "--batch-size", "16",
      "--regularizer", "lwf", "--quiet", "-o", run,
    ]
  }

  @Test(.enabled(if: Python.path != nil)) func aKilledRunGoesOnToTheSameBits() throws {
    let folder = try TemporaryFolder()
    let (exported, base) = (folder.file("model.pt2"), folder.file("base.h5"))
    _ = try Python.run(dropoutPerceptron, exported)
    #expect(try Command("import", exported, "-o", base).status == 0)
    let source = folder.file("source")
    #expect(try Command("train", base, "--data", data + ":0-4", "--epochs", "1", "-o", source).status == 0)
    let start = ["finetune", source, "--source", data + ":0-4", "--target", data + ":5-9"]
    let whole = try Command(array: start + options(folder.file("whole")))
    #expect(whole.status == 0, "\(whole.errors)")

    let stopped = folder.file("stopped")
    let (process, _) = try Command.start(array: start + options(stopped))
    for _ in 0..<3000 where !FileManager.default.fileExists(atPath: "\(stopped)/checkpoints/epoch-0002.h5") {
      usleep(10_000)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let resumed = try Command("finetune", "--resume", stopped, "--quiet")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.output.contains("· resumed"))
    let script = """
      import sys, h5py, numpy
      def tensors(path):
          found = {}
          h5py.File(path).visititems(lambda n, o: found.update({n: o[()].tobytes()}) if isinstance(o, h5py.Dataset) else None)
          return found
      for epoch in range(5):
          a, b = (tensors(f"{run}/checkpoints/epoch-000{epoch}.h5") for run in sys.argv[1:3])
          assert a.keys() == b.keys() and all(a[name] == b[name] for name in a), epoch
      a, b = (tensors(f"{run}/resume.h5") for run in sys.argv[1:3])
      assert a.keys() == b.keys() and all(a[name] == b[name] for name in a if name != "progress"), "resume"
      print(len(a))
      """
    #expect(try Int(Python.run(script, folder.file("whole"), stopped)) ?? 0 > 10)
  }

  @Test func aFinishedRunIsTrainedFurther() throws {
    let folder = try TemporaryFolder()
    let (base, run) = (folder.file("base.h5"), folder.file("run"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    #expect(try Command("train", base, "--data", data + ":0-4", "--epochs", "1", "-o", run).status == 0)
    let more = try Command("train", "--resume", run, "--epochs", "3", "--json")
    #expect(more.status == 0, "\(more.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(more.output.utf8)) as? [String: Any]
    #expect((object?["epochs"] as? [Any])?.count == 4)
    let none = try Command("train", "--resume", base)
    #expect(none.status == 65 && none.errorLines.count == 1, "\(none.errors)")
  }

  @Test func aRateThatRisesAgainIsSaid() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    for schedule in ["cosine", "constant"] {
      let run = folder.file(schedule)
      let train = ["train", base, "--data", data + ":0-4", "--epochs", "1", "--schedule", schedule, "--lr", "0.01"]
      #expect(try Command(array: train + ["-o", run]).status == 0)
      // Half of two epochs: half a cosine is at 1/2.
      let more = try Command("train", "--resume", run, "--epochs", "2", "--quiet")
      #expect(more.status == 0, "\(more.errors)")
      let isSaid = more.errors.contains(
        "at the last step to 0.005 at the next: --schedule cosine is spread over 2 epochs")
      #expect(isSaid == (schedule == "cosine") && more.errors.contains("rises again") == isSaid, "\(more.errors)")
    }
  }

  @Test func optionsFromAFileAreTheSameAsOnTheCommandLine() throws {
    let folder = try TemporaryFolder()
    let (base, file) = (folder.file("base.h5"), folder.file("run.yaml"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    let options = ["--lr", "0.02", "--lr", "layers.2=0.1", "--nesterov", "--seed", "7", "--schedule", "step:1,0.5"]
    let printed = try Command(
      array: ["train", base, "--data", data + ":0-4", "-o", "nowhere", "--print-config"] + options)
    #expect(printed.status == 0 && !FileManager.default.fileExists(atPath: "nowhere"))
    #expect(printed.output.contains("lr:\n- 0.02\n- layers.2=0.1\n"), "\(printed.output)")
    try Data(printed.output.utf8).write(to: URL(fileURLWithPath: file))
    // What stands on the command line wins.
    let again = try Command("train", "--config", file, "--seed", "9", "--print-config")
    #expect(again.output == printed.output.replacingOccurrences(of: "seed: 7", with: "seed: 9"))
    let run = folder.file("run")
    let trained = try Command("train", "--config", file, "-o", run, "--epochs", "1")
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.output.contains("seed 7"))
  }

  @Test(arguments: [
    ("epoch: 1", 64, "it is called epochs here"), ("- a", 65, "expected options as NAME: VALUE"),
    ("epochs: [", 65, "not YAML"),
    ("nesterov: perhaps", 64, "expected true or false"), ("lr: {a: 1}", 65, "expected a value"),
    ("epochs: many", 64, "many"),
  ]) func aWrongFileIsNamed(_ text: String, _ status: Int32, _ reason: String) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("wrong.yaml")
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    let command = try Command("train", "base.h5", "--data", "x", "-o", "y", "--config", file)
    #expect(command.status == status, "\(command.errors)")
    #expect(command.errors.contains(reason), "\(command.errors)")
    #expect(command.errors.contains("wrong.yaml") || text == "epochs: many")
  }

  @Test func aFileThatIsNotThereIsMissing() throws {
    let command = try Command("train", "base.h5", "--data", "x", "-o", "y", "--config", "nowhere.yaml")
    #expect(command.status == 66 && command.errorLines == ["lethe: nowhere.yaml: no such file"])
  }

  @Test func whatContradictsIsRefused() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    let cases: [([String], String)] = [
      (["--freeze", "layers.2"], "the head 'layers.2' of task"),
      (["--lr", "layers.2=0"], "the head 'layers.2' of task"),
      (["--unfreeze-every", "1", "--probe-epochs", "1"], "contradict each other"),
      (["--feature-extraction", "--lora", "rank=2"], "contradicts it"),
      (["--feature-extraction", "--unfreeze-every", "1"], "contradicts it"),
      (["--probe-epochs", "4"], "leaves none of --epochs 4"), (["--best", "source"], "needs --source DATA"),
      (["--clip-norm", "0"], "--clip-norm must be above 0"), (["--ema", "1"], "--ema must be between 0 and 1"),
      (["--accumulate", "0"], "--accumulate must be at least 1"),
      (["--patience", "0"], "--patience must be at least 1"),
      (["--keep-checkpoints", "0"], "--keep-checkpoints must be at least 1"),
      (["--best", "target", "--validation", "0"], "--validation must be above 0 and below 1, or test, found 0.0"),
      (["--best", "target", "--validation", "1.5"], "--validation must be above 0 and below 1, or test, found 1.5"),
      (
        ["--best", "target", "--validation", "some"],
        "--validation: expected a fraction between 0 and 1, as 0.1, or test"
      ),
      (["--best", "target", "--validation", "0.999"], "leaves none of the"),
      (["--class-weights", "1,2"], "expected 5 numbers"), (["--class-weights", "rare"], "--class-weights: expected"),
      (["--schedule", "sawtooth"], "found 'sawtooth'"), (["--warmup", "9"], "is longer than --epochs 4"),
      (["--weight-decay", "a=b"], "expected DECAY or GLOB=DECAY"),
      (["--lora", "rank=2", "--regularizer", "l2-sp"], "--lora"),
    ]
    for (options, reason) in cases {
      let run = folder.file("run")
      let command = try Command(array: ["train", base, "--data", data + ":0-4", "-o", run] + options)
      #expect(command.status == 64, "\(options): \(command.status) \(command.errors)")
      #expect(command.errors.contains(reason), "\(options): \(command.errors)")
      #expect(!FileManager.default.fileExists(atPath: run))
    }
  }
}
