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

  @Test(arguments: ["model.safetensors", "model.h5", "model.pth"])
  func everyTensorComesBack(name: String) throws {
    let folder = try TemporaryFolder()
    let checkpoint = try twoTasks()
    let format = try #require(ExportedStateDictionary.Format(path: name))
    let exported = try ExportedStateDictionary(of: checkpoint, file: "base.h5")
    try exported.write(to: folder.file(name), format: format)
    let file = try WeightsFile(contentsOf: folder.file(name))
    #expect(file.tensors == checkpoint.parameters.merging(checkpoint.buffers) { $1 })
  }

  private func bytes(_ sizes: [Int]) -> ExportedStateDictionary {
    let names = sizes.indices.map { String(UnicodeScalar(UInt8(97 + $0))) }
    let tensors = zip(names, sizes).map { ($0, TensorView([UInt8](repeating: 7, count: $1))) }
    return ExportedStateDictionary(
      names: names, tensors: Dictionary(uniqueKeysWithValues: tensors), metadata: ["format": "pt"])
  }

  /// The first is the example of `split_state_dict_into_shards_factory` in huggingface_hub; by its rule a tensor that is
  /// too long stands before those that were waiting.
  @Test func shardsAreDividedAsHuggingFaceDoes() {
    #expect(bytes([6, 6, 2, 6, 2, 2]).shards(of: 10) == [["a"], ["b", "c"], ["d", "e", "f"]])
    #expect(bytes([6, 12, 2]).shards(of: 10) == [["b"], ["a", "c"]])
    #expect(bytes([5, 5]).shards(of: 10) == [["a", "b"]])
    #expect(bytes([11]).shards(of: 10) == [["a"]])
  }

  @Test func shardsComeBackFromTheirIndex() throws {
    let folder = try TemporaryFolder()
    let exported = bytes([6, 6, 2, 6, 2, 2])
    let files = try exported.writeShards(to: folder.file("model.safetensors"), shardByteCount: 10)
    let names = files.map { URL(fileURLWithPath: $0).lastPathComponent }
    #expect(
      names == [
        "model.safetensors.index.json", "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
        "model-00003-of-00003.safetensors",
      ])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == names.sorted())
    let data = try Data(contentsOf: URL(fileURLWithPath: files[0]))
    let index = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
    #expect(index["metadata"] as? [String: Int] == ["total_size": 24])
    #expect(index["weight_map"]?["c"] as? String == names[2] && index["weight_map"]?.count == 6)
    for path in [files[0], folder.path] {
      #expect(try WeightsFile(contentsOf: path).tensors == exported.tensors)
    }
    let shard = try MappedFile(files[3])
    #expect(shard.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }.contains(#""__metadata__":{"format":"pt"}"#))
    // What is there already stays, and nothing is added.
    for file in files.dropLast() { try FileManager.default.removeItem(atPath: file) }
    #expect(throws: CheckpointError.exists(path: files[3])) {
      try exported.writeShards(to: folder.file("model.safetensors"), shardByteCount: 10)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [names[3]])
  }

  @Test func whatFitsIsOneFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.safetensors")
    #expect(try bytes([5, 5]).writeShards(to: path, shardByteCount: 10) == [path])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.safetensors"])
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

  @Test(.enabled(if: Python.path != nil)) func pyTorchLoadsItAndTiedTensorsStayTied() throws {
    let folder = try TemporaryFolder()
    let tied = TensorView([1.5, -2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    let tensors = [
      "a.weight": tied, "b.weight": tied, "c.count": TensorView([7] as [Int64], shape: []),
      "d.half": TensorView(bytes: [0x00, 0x3C, 0x00, 0xC0], elementType: .float16, shape: [2]),
      "e.empty": TensorView(bytes: [], elementType: .float64, shape: [0, 4]),
    ]
    try ExportedStateDictionary(names: tensors.keys.sorted(), tensors: tensors, metadata: [:])
      .write(to: folder.file("model.pth"), format: .torch)
    let printed = try Python.run(
      """
      import sys, torch
      state = torch.load(sys.argv[1], weights_only=True)
      for name, tensor in state.items(): print(name, tensor.dtype, tuple(tensor.shape), tensor.tolist())
      print(type(state).__name__, state["a.weight"].data_ptr() == state["b.weight"].data_ptr())
      """, folder.file("model.pth"))
    #expect(
      printed.split(separator: "\n") == [
        "a.weight torch.float32 (2, 3) [[1.5, -2.0, 3.0], [4.0, 5.0, 6.0]]",
        "b.weight torch.float32 (2, 3) [[1.5, -2.0, 3.0], [4.0, 5.0, 6.0]]", "c.count torch.int64 () 7",
        "d.half torch.float16 (2,) [1.0, -2.0]", "e.empty torch.float64 (0, 4) []", "OrderedDict True",
      ])
    let read = try WeightsFile(contentsOf: folder.file("model.pth")).tensors
    #expect(read == tensors && read["a.weight"]?.identity == read["b.weight"]?.identity)
  }

  // As where lengths and places go beyond 4 GiB.
  @Test(.enabled(if: Python.path != nil)) func longArchivesHaveTheirLengthsIn64Bits() throws {
    let folder = try TemporaryFolder()
    let writer = ZipWriter(try SequentialFile(folder.file("long.zip")), largest: 40)
    let contents: [(String, [UInt8])] = [
      ("a", Array(repeating: 1, count: 100)), ("b/c", [2, 3]), ("d", Array(repeating: 4, count: 41)),
    ]
    for (name, bytes) in contents { try writer.add(name, bytes) }
    try writer.finish()
    let archive = try ZipArchive(MappedFile(folder.file("long.zip")))
    for (name, bytes) in contents {
      let entry = try #require(try archive.entry(name))
      #expect(Array(archive.data(of: entry)) == bytes && archive.crc32(of: entry) == entry.crc32)
      #expect(entry.offset.isMultiple(of: 64))
    }
    let printed = try Python.run(
      """
      import sys, zipfile
      archive = zipfile.ZipFile(sys.argv[1])
      print(archive.testzip(), [(entry.filename, entry.file_size) for entry in archive.infolist()])
      """, folder.file("long.zip"))
    #expect(printed == "None [('a', 100), ('b/c', 2), ('d', 41)]")
  }

  @Test func aFolderThatCannotBeWrittenIsNamed() throws {
    let exported = try ExportedStateDictionary(of: makeCheckpoint(), file: "base.h5")
    #expect(throws: FileError.unwritable(path: "/nowhere/model.safetensors", reason: "no such folder: /nowhere")) {
      try exported.write(to: "/nowhere/model.safetensors", format: .safetensors)
    }
  }
}
