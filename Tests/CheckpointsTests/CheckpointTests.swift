import Foundation
import HDF5
import Programs
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct CheckpointTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("a.h5")
  }

  @Test func everythingComesBack() throws {
    var checkpoint = try makeCheckpoint()
    checkpoint.epoch = 3
    checkpoint.parent = "base.h5"
    let other = try makeCheckpoint(task: "target", classCount: 4)
    checkpoint.heads["target"] = other.heads["target"]
    try checkpoint.write(to: path)
    let read = try Checkpoint(contentsOf: path)
    #expect(read.program == checkpoint.program)
    #expect(read.task == "source" && read.epoch == 3 && read.parent == "base.h5")
    #expect(read.parameters == checkpoint.parameters)
    #expect(read.buffers == checkpoint.buffers)
    #expect(read.heads == checkpoint.heads)
    #expect(read.preprocessing == checkpoint.preprocessing)
    #expect(try folder.names == ["a.h5"])
  }

  @Test func activeHeadIsStoredOnce() throws {
    let checkpoint = try makeCheckpoint()
    try checkpoint.write(to: path)
    let root = try File.open(path).root
    let names = checkpoint.program.headParameterNames
    #expect(!names.isEmpty)
    for name in names {
      #expect(
        try root.dataset("parameters/\(name)").fileOffset == root.dataset("heads/source/\(name)").fileOffset)
    }
  }

  @Test func parametersHaveTheSayOverTheActiveHead() throws {
    var checkpoint = try makeCheckpoint()
    let name = try #require(checkpoint.program.headParameterNames.first)
    let shape = try #require(checkpoint.parameters[name]?.shape)
    checkpoint.parameters[name] = random(shape)
    try checkpoint.write(to: path)
    #expect(try Checkpoint(contentsOf: path).heads["source"]?.tensors[name] == checkpoint.parameters[name])
  }

  @Test func unchangedTensorsBecomeLinksToTheFileThatHoldsThem() throws {
    var checkpoint = try makeCheckpoint()
    try checkpoint.write(to: path)
    let changed = try #require(checkpoint.program.parameters.first)
    for (parent, child) in [("a.h5", "b.h5"), ("b.h5", "c.h5")] {
      checkpoint.parameters[changed.name] = random(changed.shape)
      try checkpoint.write(to: folder.file(child), unchangedFrom: folder.file(parent))
    }
    let root = try File.open(folder.file("c.h5")).root
    #expect(try root.externalLinkTarget("parameters/\(changed.name)") == nil)
    for name in checkpoint.parameters.keys where name != changed.name {
      #expect(try root.externalLinkTarget("parameters/\(name)")?.file == "a.h5", "\(name)")
    }
    #expect(try root.externalLinkTarget("buffers/steps")?.file == "a.h5")
    let read = try Checkpoint(contentsOf: folder.file("c.h5"))
    #expect(read.parameters == checkpoint.parameters)
    #expect(read.heads == checkpoint.heads)
    // Read from the file, changed by nothing, and written again: links all over.
    try read.write(to: folder.file("d.h5"), unchangedFrom: folder.file("c.h5"))
    #expect(try Checkpoint(contentsOf: folder.file("d.h5")).parameters == checkpoint.parameters)
    #expect(try File.open(folder.file("d.h5")).root.externalLinkTarget("parameters/\(changed.name)")?.file == "c.h5")
    #expect(try Verification.check(folder.file("d.h5")).problems == [])
    // The folder can be moved.
    let moved = try TemporaryFolder()
    for name in try folder.names {
      try FileManager.default.copyItem(atPath: folder.file(name), toPath: moved.file(name))
    }
    #expect(try Checkpoint(contentsOf: moved.file("d.h5")).parameters == checkpoint.parameters)
  }

  @Test func parentElsewhereMissingOrBeingReplacedIsNotLinkedTo() throws {
    let checkpoint = try makeCheckpoint()
    try checkpoint.write(to: path)
    let elsewhere = try TemporaryFolder()
    try checkpoint.write(to: elsewhere.file("b.h5"), unchangedFrom: path)
    try checkpoint.write(to: folder.file("c.h5"), unchangedFrom: folder.file("gone.h5"))
    try Checkpoint(contentsOf: path).write(to: path, unchangedFrom: path)
    for file in [elsewhere.file("b.h5"), folder.file("c.h5"), path] {
      let root = try File.open(file).root
      #expect(try root.group("parameters").names.allSatisfy { try root.externalLinkTarget("parameters/\($0)") == nil })
      #expect(try Checkpoint(contentsOf: file).parameters == checkpoint.parameters)
    }
  }

  @Test func replacedLinkTargetIsNoticed() throws {
    let checkpoint = try makeCheckpoint()
    try checkpoint.write(to: path)
    try checkpoint.write(to: folder.file("b.h5"), unchangedFrom: path)
    try makeCheckpoint().write(to: path)
    let error = try #require(
      #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: folder.file("b.h5")) })
    #expect("\(error)".contains("which has been replaced"), "\(error)")
  }

  @Test func shapesThatAreNotTheProgramsAreRefused() throws {
    let checkpoint = try makeCheckpoint()
    let head = checkpoint.program.headParameterNames
    let backbone = try #require(checkpoint.program.parameters.first { !head.contains($0.name) })
    var wrong = checkpoint
    wrong.parameters[backbone.name] = random([backbone.shape[0] + 1] + backbone.shape.dropFirst())
    let error = #expect(throws: CheckpointError.self) { try wrong.write(to: path) }
    #expect("\(try #require(error))".contains(backbone.name))
    #expect(try folder.names == [])
    var missing = checkpoint
    missing.parameters[backbone.name] = nil
    #expect(throws: CheckpointError.missingTensor(tensor: backbone.name, file: path)) { try missing.write(to: path) }
    var extra = checkpoint
    extra.parameters["stray"] = random([1])
    #expect(throws: CheckpointError.unexpectedTensor(tensor: "stray", file: path)) { try extra.write(to: path) }
    var typed = checkpoint
    typed.buffers["steps"] = TensorView([Float(1)], shape: [])
    #expect(throws: CheckpointError.self) { try typed.write(to: path) }
    var named = checkpoint
    named.task = "a/b"
    #expect(throws: CheckpointError.self) { try named.write(to: path) }
    // A head may have another number of classes.
    var wider = checkpoint
    for specification in checkpoint.program.parameters where head.contains(specification.name) {
      wider.parameters[specification.name] = random([9] + specification.shape.dropFirst())
    }
    try wider.write(to: path)
    #expect(try Checkpoint(contentsOf: path).parameters == wider.parameters)
  }

  @Test func filesOfOthersAreRefusedInOneLine() throws {
    #expect(throws: CheckpointError.notFound(path: "/no/such.h5")) { try Checkpoint(contentsOf: "/no/such.h5") }
    try File.writeAtomically(to: path) { try $0.write("x", [1.0]) }
    let foreign = #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: path) }
    #expect("\(try #require(foreign))".hasSuffix("(no lethe_format)"))
    try File.writeAtomically(to: path) { try $0.setAttribute("lethe_format", to: 99) }
    #expect(throws: CheckpointError.unsupportedVersion(path: path, found: 99, supported: 1)) {
      try Checkpoint(contentsOf: path)
    }
    try File.writeAtomically(to: path) { root in
      try root.setAttribute("lethe_format", to: 1)
      try root.writeText("program", "{")
    }
    let program = try #require(#expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: path) })
    #expect("\(program)".hasPrefix("\(path): ") && !"\(program)".contains("\n"))
  }

  @Test(.enabled(if: Python.path != nil)) func stateDictIsOneLineOfPython() throws {
    let checkpoint = try makeCheckpoint()
    try checkpoint.write(to: path)
    try checkpoint.write(to: folder.file("b.h5"), unchangedFrom: path)
    let script = """
      import h5py, sys, json
      f = h5py.File(sys.argv[1])
      print(sorted(f["parameters"]) == sorted(p["name"] for p in json.loads(f["program"][()])["parameters"]))
      print(sum(float(d[()].astype("float64").sum()) for d in f["parameters"].values()))
      print(f["heads/source"].attrs["class_names"][1].decode(), list(f["heads/source"].attrs["label_map"]))
      """
    let sum = checkpoint.parameters.values.flatMap { $0.array(of: Float.self) }.reduce(0) { $0 + Double($1) }
    for file in ["a.h5", "b.h5"] {
      let lines = try Python.run(script, folder.file(file)).split(separator: "\n")
      #expect(lines[0] == "True")
      #expect(abs((Double(lines[1]) ?? .nan) - sum) < 1e-9, "\(lines[1]) against \(sum)")
      #expect(lines[2].hasPrefix("class 1 ["))
    }
  }
}
