import Checkpoints
import TestSupport
import Testing
import Training

/// `--gradient-checkpointing` of networks with dropout, whose generator is the process's: each run is one of its own.
@Suite(.serialized) struct GradientCheckpointingCommandTests {
  private let data = Repository.fixture("fashion-mnist-small")

  private static let program = """
    import sys, torch
    from torch import nn
    torch.manual_seed(0)
    def block(width, count):
        return nn.Sequential(nn.Linear(width, count), nn.BatchNorm1d(count), nn.ReLU(), nn.Dropout(0.3))
    model = nn.Sequential(nn.Flatten(), block(784, 32), block(32, 32), block(32, 32), nn.Linear(32, 5)).train()
    batch = torch.export.Dim("batch", min=2)
    exported = torch.export.export(model, (torch.zeros(3, 1, 28, 28),), dynamic_shapes=({0: batch},))
    torch.export.save(exported, sys.argv[1])
    """

  @Test(.enabled(if: Python.path != nil)) func dropoutIsDrawnAgainAsItWas() throws {
    let folder = try TemporaryFolder()
    let (exported, base) = (folder.file("model.pt2"), folder.file("base.h5"))
    _ = try Python.run(Self.program, exported)
    #expect(try Command("import", exported, "-o", base).status == 0)
    func trained(_ name: String, _ options: [String]) throws -> String {
      let command = try Command(
        array: [
          "train", base, "--data", data + ":0-4", "--epochs", "2", "--batch-size", "32", "--threads", "1", "--quiet",
          "-o", folder.file(name),
        ] + options)
      #expect(command.status == 0, "\(command.errors)")
      return try Checkpoint(contentsOf: Run.open(folder.file(name)).checkpointPath(epoch: 2)).fingerprint
    }
    let plain = try trained("plain", [])
    #expect(try trained("checkpointed", ["--gradient-checkpointing"]) == plain)
    // It is drawn: another seed gives others.
    #expect(try trained("other", ["--seed", "1"]) != plain)
  }

  /// A GPT-2 that is given some dropout, on one text and then on another.
  @Test func aSequenceOfTextsEndsWithTheSameWeights() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    var checkpoint = try Checkpoint(exportedProgram: Repository.fixture("texts/gpt2.pt2"), task: "source")
    var dropouts = 0
    for index in checkpoint.program.nodes.indices where checkpoint.program.nodes[index].operatorName == "aten::dropout"
    {
      for place in checkpoint.program.nodes[index].inputs.indices
      where checkpoint.program.nodes[index].inputs[place].name == "p" {
        checkpoint.program.nodes[index].inputs[place].value = .double(0.2)
        dropouts += 1
      }
    }
    #expect(dropouts == 5)
    try checkpoint.write(to: base)
    for name in ["fortunes", "python"] {
      let made = try Command(
        "data", "convert", Repository.fixture("texts/\(name).txt"), "--tokenizer", "bytes", "--length", "64",
        "--blocks", "-o", folder.file("\(name).h5"))
      #expect(made.status == 0, "\(made.errors)")
    }
    func trained(_ name: String, _ options: String...) throws -> String {
      let command = try Command(
        array: [
          "finetune", base, "--task", "english=\(folder.file("fortunes.h5"))", "--task",
          "python=\(folder.file("python.h5"))", "--epochs", "1", "--examples", "24", "--batch-size", "8", "--threads",
          "1", "--quiet", "-o", folder.file(name),
        ] + options)
      #expect(command.status == 0, "\(command.errors)")
      return try Checkpoint(contentsOf: Run.open(folder.file(name)).checkpointPath(epoch: 2)).fingerprint
    }
    let plain = try trained("plain")
    #expect(try trained("checkpointed", "--gradient-checkpointing") == plain)
    #expect(try trained("other", "--seed", "1") != plain)
  }
}
