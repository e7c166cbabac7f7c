import Files
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoints

/// Models on their way back into the `.pt2` they came from.
@Suite struct ProgramWritingTests {
  private func exported(_ checkpoint: Checkpoint) throws -> ExportedStateDictionary {
    try ExportedStateDictionary(of: checkpoint, file: "base.h5")
  }

  @Test(arguments: ["averaged", "named", "last_token"]) func outAndInAgainEveryEntryIsTheSame(name: String) throws {
    let folder = try TemporaryFolder()
    let path = Repository.fixture("heads/\(name).pt2")
    let checkpoint = try Checkpoint(exportedProgram: path, task: "source")
    try exported(checkpoint).write(to: folder.file("again.pt2"), format: .exportedProgram, like: path)
    let (before, after) = (try ZipArchive(MappedFile(path)), try ZipArchive(MappedFile(folder.file("again.pt2"))))
    #expect(before.entries.map(\.name) == after.entries.map(\.name) && !before.entries.isEmpty)
    for (old, new) in zip(before.entries, after.entries) {
      #expect(before.data(of: old) == after.data(of: new), "\(old.name)")
    }
  }

  // Biases of the two heads, of which the mean is taken, 1 and 2 greater: answers 1.5 greater.
  @Test(.enabled(if: Python.path != nil)) func pyTorchRunsItWithTheNewValues() throws {
    let folder = try TemporaryFolder()
    let path = Repository.fixture("heads/averaged.pt2")
    var checkpoint = try Checkpoint(exportedProgram: path, task: "source")
    for (name, more) in [("head.bias", Float(1)), ("head_dist.bias", 2)] {
      let bias = try #require(checkpoint.parameters[name])
      checkpoint.parameters[name] = TensorView(bias.array(of: Float.self).map { $0 + more }, shape: bias.shape)
    }
    try exported(checkpoint).write(to: folder.file("tuned.pt2"), format: .exportedProgram, like: path)
    let difference = try Python.run(
      """
      import sys, h5py, torch
      file = h5py.File(sys.argv[2])["averaged"]
      outputs = torch.export.load(sys.argv[1]).module()(torch.tensor(file["inputs/x"][:]))
      print((outputs - torch.tensor(file["logits"][:]) - 1.5).abs().max().item() < 1e-5)
      """, folder.file("tuned.pt2"), Repository.fixture("heads/heads.h5"))
    #expect(difference == "True")
  }

  @Test func aHeadOfOtherClassesIsRefusedByName() throws {
    let folder = try TemporaryFolder()
    let path = Repository.fixture("heads/named.pt2")
    let tensors = try ExportedProgramArchive(contentsOf: path).tensors
    var other = tensors
    other["fc.bias"] = TensorView([1, 2, 3, 4, 5] as [Float], shape: [5])
    let dictionary = ExportedStateDictionary(names: other.keys.sorted(), tensors: other, metadata: [:])
    let error = #expect(throws: CheckpointError.self) {
      try dictionary.write(to: folder.file("o.pt2"), format: .exportedProgram, like: path)
    }
    #expect(
      "\(try #require(error))"
        == "\(path): fc.bias: its shape is [3], the checkpoint's [5]; a program is exported for one number of classes")
    #expect(try folder.names.isEmpty)
  }
}
