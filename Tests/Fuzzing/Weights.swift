import Files
import Foundation

@testable import Checkpoints

/// The pickle itself, without a zip file around it.
enum Pickle: Reader {
  static let name = "pickle"

  static func seeds() throws -> [Data] {
    try ["zip", "protocol4", "gpu", "hostile", "script", "whole-model"].map { name in
      let archive = try ZipArchive(MappedFile(Fixture.path("weights/\(name).pth")))
      return archive.entries.first { $0.name.hasSuffix("data.pkl") }.map(archive.data) ?? Data()
    }
  }

  static func read(_ data: Data) throws {
    try data.withUnsafeBytes { bytes in
      var machine = PickleMachine(bytes, path: "fuzzed")
      let value = try machine.load()
      _ = try StateDictionary(value, machine.heap, path: "fuzzed")
    }
  }
}

/// A file of weights: every tensor's every byte, and the checks of `verify`.
protocol Weights: FileReader {}

extension Weights {
  static func read(file path: String) throws {
    // What libhdf5 parses is not ours; `hdf5` gives files that are well-formed.
    guard try !MappedFile(path).isHDF5 else { return }
    _ = try Verification.check(path)
    let file = try WeightsFile(contentsOf: path)
    precondition(Set(file.names) == Set(file.tensors.keys), "\(file.names), \(file.tensors.keys)")
    for tensor in file.tensors.values {
      precondition(tensor.withUnsafeBytes(\.count) == tensor.count * tensor.elementType.byteCount)
      _ = (tensor.checksum, tensor.firstNonFinite)
    }
  }
}

/// The stream of before PyTorch 1.6.
enum LegacyTorchFile: Weights {
  static let name = "legacy"
  static func seeds() throws -> [Data] {
    try Fixture.data("weights/gpu-legacy.pth", "weights/hostile-legacy.pth", "weights/legacy.pth")
  }
}

/// The zip file of PyTorch since.
enum TorchArchive: Weights {
  static let name = "zip"
  static func seeds() throws -> [Data] {
    try Fixture.data(
      "weights/protocol4.pth", "weights/hostile.pth", "hostile/shape.pth", "weights/gpu.pth", "weights/script.pth",
      "weights/whole-model.pth")
  }
}

enum Safetensors: Weights {
  static let name = "safetensors"
  static func seeds() throws -> [Data] {
    try Fixture.data(
      "weights/whole.safetensors", "weights/model-00001-of-00002.safetensors",
      "weights/model-00002-of-00002.safetensors")
  }
}

/// An ONNX model, whose tensors lie in it as bytes, as numbers or in a file beside it.
enum ONNX: Weights {
  static let name = "onnx"

  static func seeds() -> [Data] {
    func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(content.count)] + content }
    let common: [UInt8] = [0x08, 2, 0x08, 1, 0x10, 1] + field(8, Array("fc.weight".utf8))
    let floats: [UInt8] = [0, 0, 128, 63, 0, 0, 0, 64]
    let place = field(13, field(1, Array("location".utf8)) + field(2, Array("beside.bin".utf8)))
    let kinds = [field(9, floats), field(4, floats), place + [0x70, 1]]
    return kinds.map { Data([0x08, 8] + field(7, field(5, common + $0))) }
  }
}

/// The index of shards, which are not there.
enum Shards: Weights {
  static let name = "shards"
  static func seeds() throws -> [Data] { try Fixture.data("weights/model.safetensors.index.json") }
}

/// An exported program with its weights.
enum ExportedArchive: FileReader {
  static let name = "exported"

  static func read(file path: String) throws {
    _ = try WeightsFile(contentsOf: path)
    _ = try Checkpoint(exportedProgram: path, task: "fuzzed")
  }

  /// One of PyTorch's, and one so small that much of it can be changed.
  static func seeds() throws -> [Data] {
    let list = """
      {"config":{"fc.weight":{"path_name":"weight_0","use_pickle":false,"tensor_meta":{"dtype":7,\
      "sizes":[{"as_int":2},{"as_int":3}],"strides":[{"as_int":3},{"as_int":1}],"storage_offset":{"as_int":0}}}}}
      """
    let small = StoredZip([
      ("small/models/model.json", GraphText.small), ("small/data/weights/model_weights_config.json", Data(list.utf8)),
      ("small/data/weights/weight_0", Data(repeating: 1, count: 24)),
    ])
    return try Fixture.data("hostile/from_file.pt2") + [small.data]
  }
}
