import Foundation
import TestSupport
import Testing
import Training

/// `--device cuda`, without a GPU: all that is computed is on one device, and what comes out is what the CPU gives.
@Suite(.serialized, .enabled(if: TestDevice.isUsable)) struct DeviceParityTests {
  private static let data = Repository.fixture("fashion-mnist-small")
  private static let judged = ["--source", data + ":0-4", "--target", data + ":5-9"]

  /// A source model and a run from it, made once, on the CPU.
  private static let start = Result {
    let folder = try TemporaryFolder()
    let (base, source) = (folder.file("base.h5"), folder.file("source"))
    let new = try Command("new", "cnn", "--input", "1x28x28", "--classes", "5", "-o", base)
    try #require(new.status == 0, "\(new.errors)")
    let train = try Command(
      "train", base, "--data", data + ":0-4", "--epochs", "1", "--examples", "60", "--batch-size", "20", "--lr", "0.02",
      "--regularizer", "si", "--device", "cpu", "--quiet", "-o", source)
    try #require(train.status == 0, "\(train.errors)")
    return folder
  }

  /// The same command on both devices.
  private func onBoth(_ arguments: [String], output: String? = nil) throws -> (cpu: Command, cuda: Command) {
    let folder = try TemporaryFolder()
    func run(on device: String) throws -> Command {
      let place = output.map { ["-o", folder.file("\(device)-\($0)")] } ?? []
      let command = try TestDevice().run(arguments + ["--device", device, "--json", "--quiet"] + place)
      #expect(command.status == 0, "\(arguments) on \(device): \(command.errors)")
      return command
    }
    return (try run(on: "cpu"), try run(on: "cuda"))
  }

  private func expectSame(_ arguments: [String], output: String? = nil, within tolerance: Double = 1e-6) throws {
    let (cpu, cuda) = try onBoth(arguments, output: output)
    let found = try differences(
      cpu.output, cuda.output, relative: tolerance,
      except: ["seconds", "run", "runs", "configuration", "sweep", "command"])
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }

  /// Several regularizers a run, so that all kinds are there in few.
  private static let regularizers = [
    ["l2:beta=0.01", "lwf", "replay:count=20", "l2-sp-fisher:samples=4"],
    ["l1-sp", "kl:direction=reverse", "ldifs", "der++:count=20"],
    ["gl-sp-fisher:samples=4", "bss", "delta:attention=1", "kl:inputs=source,count=20"],
    ["ewc:samples=4,lambda=1", "mas:samples=4,lambda=0.01", "si", "gl-sp", "l2-sp:alpha=0.1,beta=0.01"],
  ]

  @Test func everyKindOfRegularizerIsAmongThem() {
    let named = Set(Self.regularizers.joined().map { String($0.prefix { $0 != ":" }) })
    #expect(named == Set(RegularizerKind.own.map(\.name)))
  }

  private func tuning(_ options: [String]) throws -> [String] {
    let source = try Self.start.get().file("source")
    return ["finetune", source] + Self.judged
      + ["--epochs", "1", "--examples", "60", "--batch-size", "20", "--lr", "0.02"] + options
  }

  @Test(arguments: regularizers) func regularizersDoTheSame(_ kinds: [String]) throws {
    try expectSame(try tuning(kinds.flatMap { ["--regularizer", $0] }), output: "run", within: 2e-6)
  }

  @Test(arguments: [
    ["--optimizer", "adamw", "--ema", "0.9", "--clip-norm", "0.5", "--accumulate", "3"],
    ["--lora", "rank=2,alpha=4,layers=*", "--optimizer", "adam"], ["--precision", "bfloat16"],
    ["--decoupled", "--regularizer", "l2-sp:alpha=0.1,beta=0.01", "--momentum", "0.9", "--nesterov"],
    ["--feature-extraction", "--epochs", "2"], ["--freeze", "features*", "--gradient-checkpointing"],
    ["--unfreeze-every", "1", "--epochs", "3", "--augment", "flip", "--class-weights", "balanced"],
  ]) func trainingDoesTheSame(_ options: [String]) throws {
    try expectSame(try tuning(options), output: "run", within: options.contains("bfloat16") ? 1e-3 : 2e-6)
  }

  @Test func whatLooksAtModelsDoesTheSame() throws {
    let folder = try TemporaryFolder()
    let (base, run) = (try Self.start.get().file("source"), folder.file("run"))
    let tuned = try TestDevice().run(try tuning(["--device", "cpu", "--quiet", "-o", run]))
    try #require(tuned.status == 0, "\(tuned.errors)")
    try expectSame(["evaluate", run, "--data", Self.data + ":5-9"])
    try expectSame(["cka", base, run, "--data", Self.data + ":0-4", "--samples", "60"], within: 1e-5)
    try expectSame(
      [
        "cka", base, run, "--data", Self.data + ":0-4", "--samples", "100", "--pool", "mean", "--measure", "procrustes",
      ],
      within: 1e-4)
    try expectSame(["interpolate", run] + Self.judged + ["--points", "3"])
  }

  @Test func whatTrainsManyDoesTheSame() throws {
    let source = try Self.start.get().file("source")
    let few = ["--epochs", "1", "--examples", "60"]
    try expectSame(
      ["sweep", source] + Self.judged + ["--regularizer", "none|l2-sp:alpha=1"] + few, output: "sweep")
    try expectSame(
      ["transfer", source, "--target", Self.data + ":5-9", "--seeds", "1"] + few, output: "transfer", within: 1e-4)
  }

  @Test func aDiagnosisSaysTheSame() throws {
    let folder = try TemporaryFolder()
    let run = folder.file("run")
    let tuned = try TestDevice().run(try tuning(["--device", "cpu", "--quiet", "-o", run]))
    try #require(tuned.status == 0, "\(tuned.errors)")
    let results = try ["cpu", "cuda"].map { device in
      let diagnosis = try TestDevice().run([
        "diagnose", run, "--samples", "60", "--device", device, "--json", "--quiet",
      ])
      #expect(diagnosis.status == 0, "\(diagnosis.errors)")
      return diagnosis.output
    }
    let found = try differences(results[0], results[1], relative: 1e-4, except: ["seconds"])
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }

  /// LSTM and GRU, whose cells are single kernels on a GPU.
  private static let recurrent = """
    import sys, torch
    from torch import nn
    class Rows(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(28, 8, batch_first=True, bidirectional=True)
            self.gru = nn.GRU(16, 6, batch_first=True)
            self.head = nn.Linear(6, 5)
        def forward(self, x):
            return self.head(self.gru(self.lstm(x.squeeze(1))[0])[0][:, -1])
    torch.manual_seed(0)
    batch = torch.export.Dim("batch", min=1)
    exported = torch.export.export(Rows().train(), (torch.zeros(2, 1, 28, 28),), dynamic_shapes=({0: batch},))
    torch.export.save(exported, sys.argv[1])
    """

  @Test(.enabled(if: Python.path != nil)) func aRecurrentNetworkDoesTheSame() throws {
    let folder = try TemporaryFolder()
    let (exported, base) = (folder.file("rows.pt2"), folder.file("rows.h5"))
    _ = try Python.run(Self.recurrent, exported)
    let imported = try Command("import", exported, "-o", base)
    try #require(imported.status == 0, "\(imported.errors)")
    try expectSame(
      [
        "train", base, "--data", Self.data + ":0-4", "--epochs", "1", "--examples", "60", "--batch-size", "20", "--lr",
        "0.1",
      ], output: "run")
  }
}
