import Checkpoints
import HDF5
import Models
import TestSupport
import Torch

/// Programs that `torch.export` wrote, with inputs and what PyTorch computed from them.
enum ExportedFixture {
  static let names = [
    "resnet", "efficientnet", "mobilenet_v3", "convnext", "vgg", "densenet", "vit", "swin", "bert", "distilbert",
    "lstm", "versions-2.11", "versions-2.12", "versions-2.13", "versions-2.14", "versions-2.15",
  ]

  static func load(_ name: String) throws -> (Model, Group) {
    let folder = try TemporaryFolder()
    let path = try Repository.unpacked("programs/\(name).pt2.gz", in: folder)
    let checkpoint = try Checkpoint(exportedProgram: path, task: "source")
    // Through a file of ours, so that its form is proved too.
    try checkpoint.write(to: folder.file("base.h5"))
    let model = try Model(Checkpoint(contentsOf: folder.file("base.h5")))
    return (model, try File.open(Repository.fixture("programs/\(name).h5")).root)
  }

  static func inputs(_ model: Model, _ expected: Group) throws -> [String: Tensor] {
    var inputs: [String: Tensor] = [:]
    for input in model.program.inputs {
      let stored = try expected.dataset("inputs/\(input.name)")
      inputs[input.name] =
        input.elementType == "int64"
        ? try Tensor(try stored.read(as: Int64.self), shape: try stored.shape)
        : try Tensor(try stored.read(as: Float.self), shape: try stored.shape)
    }
    return inputs
  }
}
