import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoints

/// Which tensors a Keras file has and what is said of them; what is computed with them, see `KerasParityTests`.
@Suite struct KerasFileTests {
  private func file(_ name: String) throws -> WeightsFile {
    try WeightsFile(contentsOf: Repository.fixture("keras/\(name)"))
  }

  @Test(arguments: ["subclassed-before.weights.h5", "nested.weights.h5", "others.weights.h5", "nested.h5", "others.h5"])
  func everyDatasetIsATensorButForTheOptimizers(name: String) throws {
    let root = try File.open(Repository.fixture("keras/\(name)")).root
    let weights = try root.allDatasetPaths().filter { !$0.hasPrefix("optimizer") }
    let stored = try weights.reduce(0) { $0 + (try root.dataset($1).shape.reduce(1, *)) }
    let added = name.hasPrefix("others") ? 16 : 0  // bias_hh of the LSTM, which Keras does not have
    #expect(try file(name).tensors.values.reduce(0) { $0 + $1.count } == stored + added)
  }

  @Test func aSubclassedModelHasAllLayersWhereverTheyLie() throws {
    let (before, after) = (try file("subclassed-before.weights.h5"), try file("subclassed-after.weights.h5"))
    #expect(before.kind == .keras)
    let layers = Set(before.names.map { $0.split(separator: ".").dropLast().joined(separator: ".") })
    #expect(
      layers == [
        "block.b", "block.c", "branches.dense", "branches.dense_1", "mine", "sequential.conv2d", "sequential.conv2d_1",
      ])
    let changed = before.names.filter { before.tensors[$0] != after.tensors[$0] }
    #expect(
      Set(changed) == [
        "sequential.conv2d.weight", "sequential.conv2d.bias", "sequential.conv2d_1.weight", "sequential.conv2d_1.bias",
      ])
    let notes = before.notes.joined(separator: "\n")
    #expect(notes.contains("it does not say its layers' classes; inferred from names and shapes: "))
    #expect(notes.contains("convolution: block.c, mine, sequential.conv2d, sequential.conv2d_1"))
    #expect(!notes.contains("not converted"))
  }

  @Test func withoutAListOfLayersItIsKerasStill() throws {
    let folder = try TemporaryFolder()
    try File.writeAtomically(to: folder.file("a.weights.h5")) { root in
      try root.createGroup("vars").setAttribute("name", to: "model")
      let variables = try root.createGroup("fuse/vars")
      try variables.setAttribute("name", to: "conv2d_4")
      try variables.writeTensor("0", TensorView([1, 2, 3, 4, 5, 6] as [Float], shape: [1, 1, 2, 3]))
      try root.createGroup("odd/vars").writeTensor("0", TensorView([1, 2, 3, 4] as [Float], shape: [2, 2]))
    }
    let file = try WeightsFile(contentsOf: folder.file("a.weights.h5"))
    #expect(file.kind == .keras)
    // (1, 1, in, out) becomes (out, in, 1, 1).
    #expect(file.tensors["fuse.weight"]?.shape == [3, 2, 1, 1])
    #expect(file.tensors["fuse.weight"]?.array(of: Float.self) == [1, 4, 2, 5, 3, 6])
    // Nothing says what it is.
    #expect(file.tensors["odd.0"]?.array(of: Float.self) == [1, 2, 3, 4])
    #expect(file.notes.contains("not converted, left as they are: odd (of unknown kind)"))
  }

  @Test func theFirstVersionsOfKeras3AreRead() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.weights.h5")
    try File.writeAtomically(to: path) { root in
      let layers = try root.createGroup("_layer_checkpoint_dependencies")
      let kernel = TensorView([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
      try layers.createGroup("dense_1/vars").writeTensor("0", kernel)
      let cell = try layers.createGroup("lstm/cell/vars")
      try cell.writeTensor("0", TensorView((0..<8).map(Float.init), shape: [1, 8]))
      try cell.writeTensor("1", TensorView((0..<16).map(Float.init), shape: [2, 8]))
    }
    let file = try WeightsFile(contentsOf: path)
    #expect(file.tensors["dense_1.weight"]?.array(of: Float.self) == [1, 4, 2, 5, 3, 6])
    #expect(Set(file.names) == ["dense_1.weight", "lstm.weight_ih_l0", "lstm.weight_hh_l0"])
  }

  @Test func groupsNamedLayersAloneAreNotKeras() throws {
    let folder = try TemporaryFolder()
    try File.writeAtomically(to: folder.file("a.h5")) { root in
      try root.createGroup("layers/0").writeTensor("weight", TensorView([1, 2] as [Float]))
    }
    let file = try WeightsFile(contentsOf: folder.file("a.h5"))
    #expect(file.kind == .hdf5)
    #expect(file.names == ["layers.0.weight"])
  }

  /// As Keras 2 wrote weights alone: nothing says the layers' classes.
  private func older(
    _ weights: KeyValuePairs<String, [String: [Int]]>, in folder: TemporaryFolder
  ) throws -> WeightsFile {
    let path = folder.file("older.h5")
    try File.writeAtomically(to: path) { root in
      try root.setAttribute("layer_names", to: weights.map(\.key))
      for (layer, shapes) in weights {
        let group = try root.createGroup(layer)
        try group.setAttribute("weight_names", to: shapes.keys.sorted())
        for (name, shape) in shapes {
          let count = shape.reduce(1, *)
          try group.writeTensor(name, TensorView((0..<count).map(Float.init), shape: shape))
        }
      }
    }
    return try WeightsFile(contentsOf: path)
  }

  @Test func namesOfWeightsTellLayersOfOlderFiles() throws {
    let folder = try TemporaryFolder()
    let file = try older(
      [
        "application": [
          "block1_conv1/kernel:0": [3, 3, 2, 4], "block1_conv1/bias:0": [4],
          "conv_dw_1/depthwise_kernel:0": [3, 3, 4, 1],
          "norm/gamma:0": [4], "norm/beta:0": [4], "norm/moving_mean:0": [4], "norm/moving_variance:0": [4],
        ],
        "both": [
          "both/forward_x/kernel:0": [2, 8], "both/forward_x/recurrent_kernel:0": [2, 8], "both/forward_x/bias:0": [8],
          "both/backward_x/kernel:0": [2, 8], "both/backward_x/recurrent_kernel:0": [2, 8],
          "both/backward_x/bias:0": [8],
        ],
        // The names of attention's layers, but not all four.
        "encoder": ["model/encoder/self/query/kernel:0": [2, 3], "model/encoder/self/key/kernel:0": [2, 3]],
        "before": ["before/kernel:0": [2, 6], "before/recurrent_kernel:0": [2, 6], "before/bias:0": [6]],
      ], in: folder)
    let shapes = file.tensors.mapValues(\.shape)
    #expect(shapes["application.block1_conv1.weight"] == [4, 2, 3, 3])
    #expect(shapes["application.conv_dw_1.weight"] == [4, 1, 3, 3])
    #expect(shapes["application.norm.running_var"] == [4])
    #expect(shapes["both.weight_hh_l0_reverse"] == [8, 2])
    // Column by column of (2, 3): 0 1 2, 3 4 5.
    #expect(file.tensors["encoder.self.key.weight"]?.array(of: Float.self) == [0, 3, 1, 4, 2, 5])
    #expect(shapes["encoder.self.query.weight"] == [3, 2])
    #expect(shapes["before.kernel"] == [2, 6])
    let without = "before (GRU with reset_after=False, which PyTorch does not have)"
    #expect(file.notes.contains("not converted, left as they are: \(without)"))
  }

  @Test(arguments: ["nested.keras", "nested.h5", "nested.weights.h5"])
  func aModelInAModelKeepsItsLayersNames(name: String) throws {
    let file = try file(name)
    let reference = try self.file("nested.keras")
    #expect(file.tensors == reference.tensors)
    #expect(
      Set(file.names) == [
        "application.stem.weight", "application.stem.bias", "application.depthwise.weight",
        "application.depthwise.bias", "application.norm.weight", "application.norm.bias",
        "application.norm.running_mean", "application.norm.running_var", "head.weight", "head.bias",
      ])
    #expect(file.tensors["application.depthwise.weight"]?.shape == [4, 1, 3, 3])
    #expect(file.notes.contains("left out: the optimizer's state, 2 tensors"))
  }

  @Test(arguments: ["others.keras", "others.h5"]) func whatIsNotBroughtOverIsNamed(name: String) throws {
    let file = try file(name)
    let left = try #require(file.notes.last { $0.hasPrefix("not converted, left as they are: ") })
    #expect(left.contains("before (GRU with reset_after=False, which PyTorch does not have)"))
    #expect(left.contains("prelu (PReLU)"))
    #expect(left.contains("turned (EinsumDense of abc,dc->abd)"))
    #expect(file.notes.contains("hard: recurrent_activation is hard_sigmoid, not PyTorch's"))
    let kernel = name.hasSuffix("h5") ? "before.kernel" : "before.0"
    #expect(file.tensors[kernel]?.shape == [3, 12])
    #expect(!file.notes.contains { $0.contains("inferred") })
  }

  @Test func aDamagedArchiveIsRefusedUnderItsOwnName() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.keras")
    let whole = try Data(contentsOf: URL(fileURLWithPath: Repository.fixture("keras/nested.keras")))
    var bytes = whole
    let start = try #require(bytes.range(of: Data([0x89, 0x48, 0x44, 0x46]))).lowerBound
    bytes[start + 9000] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    let expected = CheckpointError.malformed(
      path: path, reason: "model.weights.h5: its bytes have changed: their CRC-32 is another")
    #expect(throws: expected) { try WeightsFile(contentsOf: path) }
    // Sound as an archive, but not what it should hold.
    let zip = makeZip(["model.weights.h5": [UInt8]("no HDF5 at all".utf8)])
    try Data(zip).write(to: URL(fileURLWithPath: path))
    let error = try #require(#expect(throws: CheckpointError.self) { try WeightsFile(contentsOf: path) })
    #expect("\(error)" == "\(path): model.weights.h5: not an HDF5 file")
    try Data(
      makeZip(["model.weights.h5": [], "config.json": [UInt8]("[".utf8)])
    ).write(to: URL(fileURLWithPath: path))
    #expect(throws: CheckpointError.malformed(path: path, reason: "its config.json is not one of a Keras model")) {
      try WeightsFile(contentsOf: path)
    }
  }
}

/// A zip file whose entries lie in it as they are.
private func makeZip(_ entries: KeyValuePairs<String, [UInt8]>) -> [UInt8] {
  func little(_ value: UInt32, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * UInt32($0)) & 255) } }
  func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0 as UInt32) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
  var file: [UInt8] = []
  var directory: [UInt8] = []
  for (name, bytes) in entries {
    let size = little(UInt32(bytes.count), 4)
    // Version, flags, method, time, date; checksum, lengths of the bytes twice, of the name and of the extra field.
    let head: [UInt8] =
      [20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + little(crc32(bytes), 4) + size + size + little(UInt32(name.utf8.count), 2)
      + [0, 0]
    directory += [0x50, 0x4B, 1, 2, 20, 0] + head + [UInt8](repeating: 0, count: 10)
    directory += little(UInt32(file.count), 4) + Array(name.utf8)
    file += [0x50, 0x4B, 3, 4] + head + Array(name.utf8) + bytes
  }
  let count = little(UInt32(entries.count), 2)
  let place = little(UInt32(directory.count), 4) + little(UInt32(file.count), 4)
  return file + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count + place + [0, 0]
}
