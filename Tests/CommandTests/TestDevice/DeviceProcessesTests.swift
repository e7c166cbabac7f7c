import Checkpoints
import Foundation
import TestSupport
import Testing

/// Several processes with a GPU each, without one: what they exchange goes through the host's memory, and comes to what one
/// process comes to on the CPU.
@Suite(.serialized, .enabled(if: TestDevice.isUsable)) struct DeviceProcessesTests {
  private static let data = Repository.fixture("fashion-mnist-small")
  private static let common = [
    "--epochs", "2", "--batch-size", "32", "--examples", "129", "--lr", "0.02", "--quiet", "--threads", "1",
  ]
  /// Of a network without normalization and dropout, trained under `si`, with weights that are worth parts.
  private static let source = Result {
    try trainedPerceptron(hidden: "64", on: data, ["--regularizer", "si", "--device", "cpu"] + common)
  }

  private func words(_ device: String, _ run: String, _ options: [String]) throws -> [String] {
    ["finetune", try Self.source.get().path, "--source", Self.data + ":0-4", "--target", Self.data + ":5-9"]
      + Self.common + ["--device", device, "-o", run] + options
  }

  @Test(arguments: [
    ["--clip-norm", "0.5", "--regularizer", "l2-sp"], ["--optimizer", "adamw", "--accumulate", "3", "--ema", "0.9"],
    ["--regularizer", "lwf", "--regularizer", "replay", "--regularizer", "delta:alpha=0.001"],
    ["--shard", "--optimizer", "adamw", "--clip-norm", "0.5"],
  ]) func trainTogetherAsOneDoes(_ options: [String]) throws {
    let folder = try TemporaryFolder()
    let alone = options.filter { $0 != "--shard" }
    let one = try Command(try words("cpu", folder.file("one"), alone), environment: ["OMP_NUM_THREADS": "1"])
    try #require(one.status == 0, "\(one.errors)")
    let arguments = try words("cuda", folder.file("two"), options)
    let all = try ProcessesAtWork(2, environment: TestDevice().environment()) { _ in arguments }.wait()
    #expect(all.allSatisfy { $0.status == 0 }, "\(all.map(\.errors))")
    #expect(all[0].output.contains("in each of 2 processes"))
    try expectSameRuns(folder.file("one"), folder.file("two"), within: 2e-5, beginsAlike: false)
    let state = try Run.open(folder.file("two")).record.state
    #expect(state.processCount == 2)
  }

  /// The statistics of a batch are of the batches of all, which lie on a device each.
  @Test func normalizeTogetherAsOneDoes() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    try #require(
      Command("new", "resnet18", "--input", "1x28x28", "--classes", "5", "-o", base).status == 0)
    func words(_ device: String, _ run: String) -> [String] {
      [
        "train", base, "--data", Self.data + ":0-4", "--epochs", "1", "--batch-size", "16", "--examples", "16",
        "--lr", "0.01", "--quiet", "--threads", "1", "--device", device, "-o", folder.file(run),
      ]
    }
    let one = try Command(words("cpu", "one"), environment: ["OMP_NUM_THREADS": "1"])
    try #require(one.status == 0, "\(one.errors)")
    let all = try ProcessesAtWork(2, environment: TestDevice().environment()) { _ in
      words("cuda", "two") + ["--sync-norm"]
    }.wait()
    #expect(all.allSatisfy { $0.status == 0 && $0.errors.isEmpty }, "\(all.map(\.errors))")
    try expectSameRuns(folder.file("one"), folder.file("two"), within: 1e-5, epochCount: 1, beginsAlike: false)
  }

  @Test(arguments: [
    ["evaluate", "RUN"], ["cka", "SOURCE", "RUN", "--samples", "100"], ["probe", "SOURCE", "RUN", "--samples", "60"],
    ["diagnose", "RUN", "--samples", "60"],
  ]) func lookAtModelsAsOneDoes(_ command: [String]) throws {
    let folder = try TemporaryFolder()
    let run = folder.file("run")
    try #require(Command(array: try self.words("cpu", run, [])).status == 0)
    let source = try Self.source.get().path
    func words(_ device: String) -> [String] {
      command.map { $0 == "RUN" ? run : $0 == "SOURCE" ? source : $0 }
        + (command[0] == "diagnose" ? [] : ["--data", Self.data + ":0-4"]) + [
          "--device", device, "--json", "--threads", "1",
        ]
    }
    let one = try Command(words("cpu"), environment: ["OMP_NUM_THREADS": "1"])
    try #require(one.status == 0, "\(one.errors)")
    let all = try ProcessesAtWork(2, environment: TestDevice().environment()) { _ in words("cuda") }.wait()
    #expect(all.allSatisfy { $0.status == 0 }, "\(all.map(\.errors))")
    #expect(all[1].output.isEmpty)
    let found = try differences(one.output, all[0].output, relative: 1e-4, except: ["seconds"])
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }
}
