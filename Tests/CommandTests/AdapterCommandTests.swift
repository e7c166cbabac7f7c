import Checkpoints
import Foundation
import TestSupport
import Testing

/// What a run with `--lora` has learnt, written as PEFT's adapter and read again.
@Suite(.serialized) struct AdapterCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private func run(_ options: String..., in folder: borrowing TemporaryFolder) throws -> String {
    let (base, run) = (folder.file("base.h5"), folder.file("run"))
    #expect(try Command("new", "cnn", "--classes", "10", "-o", base).status == 0)
    let trained = try Command(
      array: ["train", base, "--data", data + ":0-4", "--epochs", "2", "--examples", "60", "--lr", "0.05", "-o", run]
        + options)
    #expect(trained.status == 0, "\(trained.errors)")
    return run
  }

  private func expectSame(_ left: String, _ right: String) throws {
    let (found, wanted) = (try Checkpoint(contentsOf: left), try Checkpoint(contentsOf: right))
    #expect(found.parameters.keys.sorted() == wanted.parameters.keys.sorted() && found.buffers == wanted.buffers)
    for (name, tensor) in wanted.parameters {
      let pairs = zip(
        tensor.array(of: Float.self), try #require(found.parameters[name]).array(of: Float.self))
      #expect(pairs.allSatisfy { abs($0 - $1) <= 1e-6 }, "\(name)")
    }
  }

  @Test func anAdapterComesBackAsTheModelItWasMadeOf() throws {
    let folder = try TemporaryFolder()
    let run = try run("--lora", "rank=2,alpha=8", "--ema", "0.9", in: folder)
    let inspected = try Command("inspect", run)
    #expect(
      inspected.output.contains(
        "low-rank adapters of rank 2, alpha 8, merged into classifier.0.weight, features.0.weight, features.2.weight"))
    let adapter = folder.file("adapter")
    let exported = try Command("export", run, "--adapter", "--base", "org/base", "-o", adapter)
    #expect(exported.status == 0, "\(exported.errors)")
    #expect(
      exported.output
        == "\(adapter) · LoRA adapter · 3 weights of rank 2 · whole: classifier.2.bias, classifier.2.weight\n")
    let last = "\(run)/checkpoints/epoch-0002.h5"
    #expect(try Command("verify", last).status == 0)

    let same = folder.file("same.h5")
    let merged = try Command("import", "\(run)/checkpoints/epoch-0000.h5", "--adapter", adapter, "-o", same)
    #expect(merged.status == 0, "\(merged.errors)")
    try expectSame(same, last)
    #expect(try Checkpoint(contentsOf: same).adapters == nil)
    // The model before it had a head of ten classes; that of five takes its place.
    let other = folder.file("other.h5")
    let again = try Command("import", folder.file("base.h5"), "--adapter", adapter, "--task", "five", "-o", other)
    #expect(again.status == 0, "\(again.errors)")
    try expectSame(other, last)
    let checkpoint = try Checkpoint(contentsOf: other)
    #expect(checkpoint.task == "five" && checkpoint.heads["five"]?.classNames.count == 5)
    #expect(checkpoint.heads["untrained"]?.tensors["classifier.2.bias"]?.shape == [10])
  }

  @Test func whatIsNoAdapterIsRefusedInOneLine() throws {
    let folder = try TemporaryFolder()
    let run = try run(in: folder)
    let output = folder.file("adapter")
    let cases: [(arguments: [String], status: Int32, words: String)] = [
      ([run, "--adapter"], 65, "it keeps no low-rank factors"),
      ([folder.file("base.h5"), "--adapter"], 65, "--adapter takes a run or one of its checkpoints"),
      ([run, "--adapter", "--head-name", "fc"], 64, "--head-name does not go with --adapter"),
      ([run, "--base", "org/base"], 64, "--base goes with --adapter"),
    ]
    for (arguments, status, words) in cases {
      let command = try Command(array: ["export"] + arguments + ["-o", output])
      #expect(command.status == status, "\(arguments): \(command.errors)")
      #expect(command.errors.contains(words), "\(command.errors)")
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }
}
