import Foundation
import TestSupport
import Testing

/// How often a step waits for a GPU: once, for its loss.
@Suite(.serialized, .enabled(if: TestDevice.isUsable)) struct DeviceWaitTests {
  private let data = Repository.fixture("fashion-mnist-small")
  private let folder: TemporaryFolder
  private let source: String

  init() throws {
    folder = try TemporaryFolder()
    source = folder.file("source")
    let new = try Command("new", "cnn", "--input", "1x28x28", "--classes", "5", "-o", folder.file("base.h5"))
    try #require(new.status == 0, "\(new.errors)")
    let train = try Command(
      "train", folder.file("base.h5"), "--data", data + ":0-4", "--epochs", "1", "--examples", "20", "--quiet", "-o",
      source)
    try #require(train.status == 0, "\(train.errors)")
  }

  /// What `--max-steps` many steps ask of the device.
  private func counts(steps: Int, _ options: [String]) throws -> TestDevice.Counts {
    try TestDevice().counting(
      [
        "finetune", source, "--source", data + ":0-4", "--target", data + ":5-9", "--batch-size", "5", "--max-steps",
        String(steps), "--lr", "0.01", "--device", "cuda", "--quiet", "-o",
        folder.file(UUID().uuidString),
      ] + options
    ).counts
  }

  /// An epoch of the 250 examples has 50 steps; of those from the 11th to the 20th none is measured.
  @Test(arguments: [
    [], ["--clip-norm", "0.1"], ["--regularizer", "l2-sp"], ["--regularizer", "ewc:samples=2,lambda=1"],
    ["--regularizer", "l1-sp", "--regularizer", "gl-sp"], ["--regularizer", "lwf", "--regularizer", "ldifs"],
    ["--regularizer", "der++:count=20", "--optimizer", "adamw", "--ema", "0.9", "--clip-norm", "1"],
    ["--precision", "bfloat16", "--regularizer", "l2-sp", "--decoupled"],
  ]) func aStepWaitsOnce(_ options: [String]) throws {
    let (fewer, more) = (try counts(steps: 10, options), try counts(steps: 20, options))
    #expect(more.waits - fewer.waits == 10, "\(fewer.waits) and \(more.waits) waits")
    #expect(more.downloads - fewer.downloads == 10)
    // Images and labels, and what a regularizer draws, go up while the device computes.
    let uploads = more.uploads - fewer.uploads
    #expect(uploads >= 20 && more.asynchronousUploads - fewer.asynchronousUploads == uploads, "\(uploads)")
  }

  /// The 26th step of an epoch of 50 is measured: doses are read with the loss, but for the share of a weighed pull.
  @Test(arguments: [("l2-sp", 0), ("l1-sp", 0), ("lwf", 0), ("ewc:samples=2,lambda=1", 2)])
  func aMeasuredStepReadsDosesWithItsLoss(_ regularizer: String, more: Int) throws {
    let options = ["--regularizer", regularizer]
    let (before, after) = (try counts(steps: 25, options), try counts(steps: 26, options))
    #expect(after.waits - before.waits == 1 + more, "\(before.waits) and \(after.waits) waits")
  }

  @Test func aStepOfSeveralBatchesWaitsOnce() throws {
    let (fewer, more) = (
      try counts(steps: 4, ["--accumulate", "3"]), try counts(steps: 8, ["--accumulate", "3"])
    )
    #expect(more.waits - fewer.waits == 4)
  }
}
