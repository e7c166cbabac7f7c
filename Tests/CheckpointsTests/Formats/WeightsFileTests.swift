import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoints

/// Files of weights as PyTorch, safetensors and Keras wrote them: see Fixtures/weights/make_weights.py.
@Suite struct WeightsFileTests {
  private func fixture(_ name: String) -> String { Repository.fixture("weights/\(name)") }

  @Test(arguments: [
    ("zip.pth", WeightsFile.Kind.torch), ("legacy.pth", .torch), ("protocol4.pth", .torch), ("script.pth", .torch),
    ("gpu.pth", .torch), ("gpu-legacy.pth", .torch), ("whole.safetensors", .safetensors),
    ("model.safetensors.index.json", .shards), ("keras3.weights.h5", .keras), ("keras-legacy.h5", .keras),
    ("plain.h5", .hdf5),
  ])
  func everyTensorIsReadAsItWasWritten(name: String, kind: WeightsFile.Kind) throws {
    let file = try WeightsFile(contentsOf: fixture(name))
    #expect(file.kind == kind)
    let expected = try File.open(fixture("expected.h5")).root.group(name)
    let paths = try expected.allDatasetPaths()
    #expect(Set(file.names) == Set(paths.map { $0 }))
    #expect(Set(file.tensors.keys) == Set(paths))
    for path in paths {
      let dataset = try expected.dataset(path)
      let tensor = try #require(file.tensors[path], "\(path)")
      #expect(tensor.shape == (try dataset.shape), "\(path)")
      #expect(tensor.elementType.rawValue == (try dataset.requiredAttribute("dtype")), "\(path)")
      let found: [Double] =
        switch tensor.elementType {
        case .int64: tensor.array(of: Int64.self).map(Double.init)
        case .int32: tensor.array(of: Int32.self).map(Double.init)
        case .uint8, .bool: tensor.withUnsafeBytes { $0.map(Double.init) }
        default: tensor.converted(to: .float64).array(of: Double.self)
        }
      #expect(found == (try dataset.read(as: Double.self)), "\(path)")
    }
  }

  @Test func namesKeepTheStateDictsOrder() throws {
    let names = try WeightsFile(contentsOf: fixture("gpu.pth")).names
    #expect(
      names == [
        "conv.weight", "conv.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var",
        "norm.num_batches_tracked", "head.weight", "head.bias",
      ])
  }

  @Test func whatWasDoneToFindTheStateDictIsSaid() throws {
    let notes = try WeightsFile(contentsOf: fixture("script.pth")).notes
    #expect(notes.contains { $0.contains("'model_state_dict'") })
    #expect(notes.contains { $0.contains("'_orig_mod.', 'module.'") })
  }

  @Test(arguments: ["zip.pth", "legacy.pth"])
  func tiedTensorsShareTheirBytes(name: String) throws {
    let tensors = try WeightsFile(contentsOf: fixture(name)).tensors
    let (left, right) = (try #require(tensors["tied.a"]), try #require(tensors["tied.b"]))
    let same = left.withUnsafeBytes { left in right.withUnsafeBytes { left.baseAddress == $0.baseAddress } }
    #expect(same)
  }

  @Test func aFolderOfHuggingFacesIsReadByItsIndex() throws {
    let folder = try TemporaryFolder()
    for name in [
      "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
    ] {
      try FileManager.default.copyItem(atPath: fixture(name), toPath: folder.file(name))
    }
    #expect(try WeightsFile(contentsOf: folder.path).tensors.count == 23)
    try FileManager.default.removeItem(atPath: folder.file("model-00002-of-00002.safetensors"))
    let error = #expect(throws: CheckpointError.self) { try WeightsFile(contentsOf: folder.path) }
    #expect("\(try #require(error))".contains("model-00002-of-00002.safetensors is missing"))
  }
}
