import Files
import Foundation
import HDF5
import Programs
import TestSupport
import Testing

@testable import Checkpoints

/// What leaves for PyTorch, and weights that are one tensor under two names.
@Suite struct ExportedStateDictionaryTests {
  /// The checkpoint with a second task's head of other classes.
  private func twoTasks() throws -> Checkpoint {
    var checkpoint = try makeCheckpoint()
    var tensors: [String: TensorView] = [:]
    for name in checkpoint.program.headParameterNames {
      tensors[name] = random([7] + (checkpoint.parameters[name]?.shape.dropFirst() ?? []))
    }
    checkpoint.heads["other"] = Head(
      tensors: tensors, classNames: (0..<7).map { "o\($0)" }, labelMap: Array(0..<7))
    return checkpoint
  }

  @Test(arguments: ["model.safetensors", "model.h5"])
  func everyTensorComesBack(name: String) throws {
    let folder = try TemporaryFolder()
    let checkpoint = try twoTasks()
    let format = try #require(ExportedStateDictionary.Format(path: name))
    let exported = try ExportedStateDictionary(of: checkpoint, file: "base.h5")
    try exported.write(to: folder.file(name), format: format)
    let file = try WeightsFile(contentsOf: folder.file(name))
    #expect(file.tensors == checkpoint.parameters.merging(checkpoint.buffers) { $1 })
  }

  @Test func anotherTasksHeadTakesTheModelsNameOrAGivenOne() throws {
    let checkpoint = try twoTasks()
    let headNames = checkpoint.program.headParameterNames
    let own = try ExportedStateDictionary(of: checkpoint, file: "base.h5", task: "other")
    for name in headNames { #expect(own.tensors[name] == checkpoint.heads["other"]?.tensors[name]) }
    let renamed = try ExportedStateDictionary(of: checkpoint, file: "base.h5", task: "other", headLayer: "fc")
    #expect(renamed.tensors["fc.weight"]?.shape.first == 7)
    #expect(headNames.allSatisfy { renamed.tensors[$0] == nil })
    #expect(renamed.names.count == own.names.count)
    let error = #expect(throws: CheckpointError.self) {
      try ExportedStateDictionary(of: checkpoint, file: "base.h5", task: "third")
    }
    #expect("\(try #require(error))".contains("no head for 'third'; it has other, source"))
  }

  @Test func buffersOutsideTheStateDictStayBehind() throws {
    var checkpoint = try makeCheckpoint()
    checkpoint.program.buffers[0].isPersistent = false
    let exported = try ExportedStateDictionary(of: checkpoint, file: "base.h5")
    #expect(!exported.names.contains("steps"))
  }

  @Test func tiedTensorsAreWrittenOnceAndComeBackTied() throws {
    let folder = try TemporaryFolder()
    var checkpoint = try makeCheckpoint()
    let shape = [5]
    checkpoint.program.parameters.insert(
      contentsOf: ["a.w", "b.w"].map { TensorSpecification(name: $0, shape: shape, elementType: "float32") }, at: 0)
    let tied = random(shape)
    checkpoint.parameters["a.w"] = tied
    checkpoint.parameters["b.w"] = tied
    try checkpoint.write(to: folder.file("tied.h5"))
    let read = try Checkpoint(contentsOf: folder.file("tied.h5"))
    #expect(read.parameters["a.w"] == tied)
    #expect(read.parameters["a.w"]?.identity == read.parameters["b.w"]?.identity)
    let root = try File.open(folder.file("tied.h5")).root
    #expect(try root.dataset("parameters/a.w").fileOffset == root.dataset("parameters/b.w").fileOffset)
    // Equal values alone do not tie.
    checkpoint.parameters["b.w"] = TensorView(tied.array(of: Float.self), shape: shape)
    try checkpoint.write(to: folder.file("equal.h5"))
    let equal = try Checkpoint(contentsOf: folder.file("equal.h5"))
    #expect(equal.parameters["a.w"]?.identity != equal.parameters["b.w"]?.identity)
  }

  @Test func aFolderThatCannotBeWrittenIsNamed() throws {
    let exported = try ExportedStateDictionary(of: makeCheckpoint(), file: "base.h5")
    #expect(throws: FileError.unwritable(path: "/nowhere/model.safetensors", reason: "no such folder: /nowhere")) {
      try exported.write(to: "/nowhere/model.safetensors", format: .safetensors)
    }
  }
}
