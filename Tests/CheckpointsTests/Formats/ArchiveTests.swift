import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// Files from anywhere: whatever is wrong with them is said, and nothing is read outside them.
@Suite struct ArchiveTests {
  /// A small program, unpacked.
  private func program(in folder: TemporaryFolder) throws -> [UInt8] {
    Array(
      try Data(contentsOf: URL(fileURLWithPath: try Repository.unpacked("programs/versions-2.13.pt2.gz", in: folder))))
  }

  private func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  @Test func aTruncatedArchiveIsRefusedWhereverItEnds() throws {
    let folder = try TemporaryFolder()
    let bytes = try program(in: folder)
    let path = folder.file("cut.pt2")
    for length in stride(from: 0, to: bytes.count, by: 997) {
      try write(bytes.prefix(length), to: path)
      #expect(throws: CheckpointError.self, "cut at \(length)") { try Checkpoint(exportedProgram: path, task: "t") }
    }
  }

  @Test(.enabled(if: Python.path != nil)) func outputsBeyondAllMeasureAreNoClasses() throws {
    let folder = try TemporaryFolder()
    let graph = """
      {"schema_version":{"major":8,"minor":15},"graph_module":{"graph":{"nodes":[{"target":"torch.ops.aten.relu.default",\
      "inputs":[{"name":"self","arg":{"as_tensor":{"name":"x"}}}],"outputs":[{"as_tensor":{"name":"y"}}],"metadata":{}}],\
      "tensor_values":{"x":{"dtype":7,"sizes":[{"as_name":"s0"},{"as_int":3}]},\
      "y":{"dtype":7,"sizes":[{"as_name":"s0"},{"as_int":4611686018427387904}]}}},\
      "signature":{"input_specs":[{"user_input":{"arg":{"as_tensor":{"name":"x"}}}}],\
      "output_specs":[{"user_output":{"arg":{"as_tensor":{"name":"y"}}}}]}}}
      """
    let path = folder.file("a.pt2")
    _ = try Python.run(
      "import sys, zipfile\nzipfile.ZipFile(sys.argv[1], 'w').writestr('m/models/model.json', sys.argv[2])", path, graph
    )
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(exportedProgram: path, task: "t") }
    #expect("\(try #require(error))".contains("its output has 4611686018427387904 numbers an example"))
  }

  @Test func changedBytesAreRefusedOrHarmlessButNeverFatal() throws {
    let folder = try TemporaryFolder()
    let bytes = try program(in: folder)
    let seed = TestSeed.any()
    var state = seed
    func random(below limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let path = folder.file("changed.pt2")
    // The directory is what the reader trusts least: half of the changes go there.
    let directory = bytes.count - 4000
    for round in 0..<400 {
      var changed = bytes
      for _ in 0..<3 {
        let place = round % 2 == 0 ? directory + random(below: 4000) : random(below: bytes.count)
        changed[place] = UInt8(random(below: 256))
      }
      try write(changed, to: path)
      // Most changes fall on weights, which have no checksum here: opening may succeed.
      if let archive = try? ExportedProgramArchive(contentsOf: path) {
        for tensor in archive.tensors.values { #expect(!tensor.checksum.isEmpty, "seed \(seed), round \(round)") }
        _ = try? archive.program()
      }
    }
  }

  @Test func compressedEntriesAreRefusedByName() throws {
    let folder = try TemporaryFolder()
    var bytes = try program(in: folder)
    let signature: [UInt8] = [0x50, 0x4B, 0x01, 0x02]
    // The list of weights is the one that is needed first.
    let name = Array("model_weights_config.json".utf8)
    func isNeeded(_ place: Int) -> Bool {
      Array(bytes[place..<place + 4]) == signature
        && bytes[place...].dropFirst(46).prefix(100).firstRange(of: name) != nil
    }
    let place = try #require(bytes.indices.dropLast(4).first { isNeeded($0) })
    bytes[place + 10] = 8
    let path = folder.file("deflated.pt2")
    try write(bytes, to: path)
    let error = #expect(throws: CheckpointError.self) { try ExportedProgramArchive(contentsOf: path) }
    #expect("\(try #require(error))".contains("is compressed"))
  }

  // MARK: safetensors

  private func safetensors(_ header: String, data: [UInt8], in folder: TemporaryFolder) throws -> String {
    let path = folder.file("weights.safetensors")
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    try write(length + Array(header.utf8) + data, to: path)
    return path
  }

  @Test func safetensorsAreReadWithTheirTypesAndShapes() throws {
    let folder = try TemporaryFolder()
    let numbers: [Float] = [1, -2, 3.5]
    let data = numbers.withUnsafeBytes { Array($0) } + [7, 0, 0, 0, 0, 0, 0, 0]
    let path = try safetensors(
      #"{"__metadata__": {"format": "pt"}, "n": {"dtype": "I64", "shape": [], "data_offsets": [12, 20]}, "#
        + #""w": {"dtype": "F32", "shape": [3, 1], "data_offsets": [0, 12]}}"#, data: data, in: folder)
    let file = try WeightsFile(contentsOf: path)
    #expect(file.kind == .safetensors)
    #expect(file.names == ["w", "n"])
    #expect(file.tensors["w"]?.array(of: Float.self) == numbers)
    #expect(file.tensors["w"]?.shape == [3, 1])
    #expect(file.tensors["n"]?.array(of: Int64.self) == [7])
  }

  @Test(arguments: [
    #"{"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}"#,
    #"{"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 12]}}"#,
    #"{"w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}"#,
    #"{"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}"#,
    #"{"w": {"dtype": "F32", "shape": [9223372036854775807, 3], "data_offsets": [0, 12]}}"#,
    #"{"w": {"dtype": "F32", "shape": [-3], "data_offsets": [0, 12]}}"#,
    #"{"w": {"dtype": "C64", "shape": [1], "data_offsets": [0, 12]}}"#,
    #"{"w": 3}"#, #"{"w""#,
  ])
  func safetensorsThatContradictThemselvesAreRefused(header: String) throws {
    let folder = try TemporaryFolder()
    let path = try safetensors(header, data: [UInt8](repeating: 0, count: 12), in: folder)
    #expect(throws: CheckpointError.self) { try WeightsFile(contentsOf: path) }
  }
}
