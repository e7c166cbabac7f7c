import Foundation
import TestSupport
import Testing

/// A run that goes on where it was not begun: on a GPU, or without one.
@Suite(.serialized, .enabled(if: TestDevice.isUsable)) struct DeviceResumeTests {
  private let data = Repository.fixture("fashion-mnist-small")

  @Test(
    .enabled(if: Python.path != nil), arguments: [["cuda", "cpu"], ["cpu", "cuda"], ["cuda", "cuda"]]
  ) func itGoesOnElsewhere(_ devices: [String]) throws {
    let folder = try TemporaryFolder()
    let (base, run) = (folder.file("base.h5"), folder.file("run"))
    let exported = folder.file("model.pt2")
    _ = try Python.run(dropoutPerceptron, exported)
    let imported = try Command("import", exported, "-o", base)
    try #require(imported.status == 0, "\(imported.errors)")
    func lethe(_ arguments: [String], on device: String) throws -> Command {
      let command = try TestDevice().run(arguments + ["--device", device, "--json", "--quiet"])
      #expect(command.status == 0, "\(devices): \(command.errors)")
      return command
    }
    func options(_ run: String, epochs: Int) -> [String] {
      [
        "train", base, "--data", data + ":0-4", "--optimizer", "adamw", "--ema", "0.9", "--clip-norm", "1",
        "--regularizer",
        "si", "--examples", "40", "--batch-size", "20", "--epochs", String(epochs), "-o", run,
      ]
    }
    _ = try lethe(options(run, epochs: 1), on: devices[0])
    let resumed = try lethe(["train", "--resume", run, "--epochs", "2"], on: devices[1])
    let object = try JSONSerialization.jsonObject(with: Data(resumed.output.utf8)) as? [String: Any]
    #expect((object?["epochs"] as? [Any])?.count == 3)
    #expect(try Command("verify", run).status == 0)
    guard devices[0] == devices[1] else { return }
    // On one device it is the run that was not ended.
    let whole = folder.file("whole")
    _ = try lethe(options(whole, epochs: 2), on: devices[0])
    let drift = try Command("drift", whole, run, "--json")
    let total = (try JSONSerialization.jsonObject(with: Data(drift.output.utf8)) as? [String: Any])?["total"]
    #expect((total as? [String: Any])?["l2"] as? Double == 0, "\(drift.output.prefix(300))")
  }
}
