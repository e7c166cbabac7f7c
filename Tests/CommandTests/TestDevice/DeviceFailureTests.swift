import Foundation
import TestSupport
import Testing

/// What is said, and what is left, where a GPU is not there, is full, or a run on it goes wrong.
@Suite(.serialized, .enabled(if: TestDevice.isUsable)) struct DeviceFailureTests {
  private let data = Repository.fixture("fashion-mnist-small")
  private let folder: TemporaryFolder
  private let base: String

  init() throws {
    folder = try TemporaryFolder()
    base = folder.file("base.h5")
    let new = try Command("new", "cnn", "--input", "1x28x28", "--classes", "5", "-o", base)
    try #require(new.status == 0, "\(new.errors)")
  }

  private func train(_ run: String, _ options: String...) -> [String] {
    ["train", base, "--data", data + ":0-4", "--batch-size", "50", "--quiet", "-o", folder.file(run)] + options
  }

  @Test func aDeviceThatIsNotThereIsOneLine() throws {
    let none = try Command(array: train("none", "--device", "cuda"))
    #expect(none.status == 64)
    #expect(none.errors == "lethe: device 'cuda': this libtorch sees no CUDA device\n")
    let second = try TestDevice().run(train("second", "--device", "cuda:1"))
    #expect(second.status == 64)
    #expect(second.errors == "lethe: device 'cuda:1': this libtorch sees 1 CUDA devices\n")
    #expect(try folder.names == ["base.h5"])
  }

  /// 24 MiB hold the weights and their momentum, 5 MiB each, and not what a batch becomes in the layers.
  @Test func aFullDeviceIsSaidWithTheLayerAndWhatHelps() throws {
    let full = try TestDevice(memory: 24 << 20).run(train("full", "--epochs", "1", "--device", "cuda"))
    #expect(full.status == 71 && full.errorLines.count == 1, "\(full.errors)")
    let expected =
      /lethe: layer 'features\.\d' \(aten::\w+\): the GPU's memory is full: asked for [\d.]+ MiB, [\d.]+ MiB free of 24.00 MiB; .*a smaller --batch-size and --accumulate.*\n/
    #expect(full.errors.wholeMatch(of: expected) != nil, "\(full.errors)")
  }

  @Test func aRunThatFoundTheDeviceFullGoesOn() throws {
    let run = folder.file("run")
    let begun = try TestDevice().run(train("run", "--epochs", "1", "--device", "cuda"))
    try #require(begun.status == 0, "\(begun.errors)")
    let further = ["train", "--resume", run, "--epochs", "2", "--device", "cuda", "--quiet"]
    let full = try TestDevice(memory: 24 << 20).run(further)
    #expect(full.status == 71 && full.errors.contains("the GPU's memory is full"), "\(full.errors)")
    #expect(try Command("verify", run).status == 0)
    let resumed = try TestDevice().run(further)
    #expect(resumed.status == 0, "\(resumed.errors)")
  }

  @Test(arguments: [["--optimizer", "sgd"], ["--optimizer", "adamw", "--accumulate", "2"]])
  func aLossThatIsNotFiniteEndsTheRunAsOnTheCPU(_ options: [String]) throws {
    let outcomes = try ["cpu", "cuda"].map { device in
      let command = try TestDevice().run(
        train(device, "--lr", "1e30", "--epochs", "2", "--device", device) + options)
      #expect(command.status == 65 && command.errorLines.count == 1, "\(command.errors)")
      return command.errors.replacingOccurrences(of: folder.file(device), with: "RUN")
    }
    #expect(outcomes[0] == outcomes[1])
    #expect(outcomes[0].contains("loss is not a number at epoch 1, step 1;"), "\(outcomes[0])")
  }

  @Test func itIsNotLoadedBesideARealOne() throws {
    // A libtorch with a file of that name beside it.
    let libraries = folder.file("torch/lib")
    try FileManager.default.createDirectory(atPath: libraries, withIntermediateDirectories: true)
    let real = "\(TestDevice.libtorch)/lib"
    for name in try FileManager.default.contentsOfDirectory(atPath: real) {
      try FileManager.default.createSymbolicLink(
        atPath: "\(libraries)/\(name)",
        withDestinationPath: URL(fileURLWithPath: "\(real)/\(name)").resolvingSymlinksInPath().path)
    }
    try Data().write(to: URL(fileURLWithPath: "\(libraries)/libtorch_cuda.so"))
    let environment = try TestDevice().environment().merging(["LD_LIBRARY_PATH": libraries]) { $1 }
    let command = try Command(["--version"], environment: environment)
    #expect(command.status == 78)
    #expect(
      command.errors == "test device: \(libraries)/libtorch_cuda.so is there: this libtorch has a CUDA of its own\n")
  }
}
