import Files
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoints

/// Weights that came from Keras go back: out and in again, bytes equal.
@Suite struct KerasExportTests {
  private func dictionary(_ tensors: [String: TensorView]) -> ExportedStateDictionary {
    ExportedStateDictionary(names: tensors.keys.sorted(), tensors: tensors, metadata: [:])
  }

  /// Every dataset but the optimizer's.
  private func datasets(of path: String) throws -> [String: TensorView] {
    let root = try File.open(path).root
    let reader = TensorReader()
    var datasets: [String: TensorView] = [:]
    for place in try root.allDatasetPaths() where !place.hasPrefix("optimizer") {
      datasets[place] = try reader.tensor(place, in: root)
    }
    return datasets
  }

  @Test func anArchivesWeightsComeBackWithWhatItsConfigurationSays() throws {
    let folder = try TemporaryFolder()
    let archive = try Repository.unpacked("keras/layers.keras.gz", in: folder)
    let weights = try Repository.unpacked("keras/layers.weights.h5.gz", in: folder)
    let path = folder.file("out.weights.h5")
    let tensors = try WeightsFile(contentsOf: archive).tensors
    try dictionary(tensors).write(to: path, format: .keras, like: archive)
    #expect(try datasets(of: path) == datasets(of: weights))
  }

  /// Read and written again, the file is what it was.
  @Test(arguments: [
    "layers.h5", "nested.h5", "others.h5", "cudnn.h5", "layers.weights.h5", "subclassed-before.weights.h5",
    "nested.weights.h5", "others.weights.h5",
  ])
  func aFileOfKerasComesBackByteByByte(name: String) throws {
    let folder = try TemporaryFolder()
    let template =
      name.hasPrefix("layers")
      ? try Repository.unpacked("keras/\(name).gz", in: folder) : Repository.fixture("keras/\(name)")
    let path = folder.file("out.\(name)")
    try dictionary(WeightsFile(contentsOf: template).tensors).write(to: path, format: .keras, like: template)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: path)) == Data(contentsOf: URL(fileURLWithPath: template)), "\(name)")
  }

  @Test(arguments: ["layers.keras", "nested.keras", "others.keras"])
  func anArchivesEntriesComeBackByteByByte(name: String) throws {
    let folder = try TemporaryFolder()
    let template =
      name.hasPrefix("layers")
      ? try Repository.unpacked("keras/\(name).gz", in: folder) : Repository.fixture("keras/\(name)")
    let path = folder.file("out.keras")
    try dictionary(WeightsFile(contentsOf: template).tensors).write(to: path, format: .keras, like: template)
    let (before, after) = (try ZipArchive(MappedFile(template)), try ZipArchive(MappedFile(path)))
    #expect(after.entries.map(\.name) == before.entries.map(\.name) && !after.entries.isEmpty)
    for (left, right) in zip(before.entries, after.entries) {
      #expect(after.data(of: right) == before.data(of: left) && right.crc32 == after.crc32(of: right), "\(left.name)")
    }
  }

  /// Other numbers stand where these were read, and nowhere else.
  @Test(arguments: ["nested.h5", "nested.keras"]) func onlyTheDatasetsChange(name: String) throws {
    let folder = try TemporaryFolder()
    let template = Repository.fixture("keras/\(name)")
    let path = folder.file("out.\(URL(fileURLWithPath: name).pathExtension)")
    let tensors = try WeightsFile(contentsOf: template).tensors.mapValues { tensor in
      TensorView(tensor.array(of: Float.self).map { $0 * 2 + 1 }, shape: tensor.shape)
    }
    try dictionary(tensors).write(to: path, format: .keras, like: template)
    #expect(try WeightsFile(contentsOf: path).tensors == tensors)
    let (before, after) = (
      try Data(contentsOf: URL(fileURLWithPath: template)), try Data(contentsOf: URL(fileURLWithPath: path))
    )
    let bytes = tensors.values.reduce(0) { $0 + $1.byteCount }
    if name.hasSuffix(".h5") {
      let different = zip(before, after).count { $0 != $1 }
      #expect(before.count == after.count && different > 0 && different <= bytes)
    }
  }

  @Test func aCopyOfAnotherKindOfFileIsRefused() throws {
    let folder = try TemporaryFolder()
    func refusal(_ path: String, _ template: String) throws -> String {
      let tensors = try WeightsFile(contentsOf: template).tensors
      let error = #expect(throws: CheckpointError.self) {
        try dictionary(tensors).write(to: path, format: .keras, like: template)
      }
      #expect(!FileManager.default.fileExists(atPath: path))
      return "\(try #require(error))"
    }
    let (model, archive) = (Repository.fixture("keras/nested.h5"), Repository.fixture("keras/nested.keras"))
    let (asArchive, asModel) = (folder.file("out.keras"), folder.file("out.h5"))
    #expect(try refusal(asArchive, model) == "\(model): expected a .keras archive")
    let legacy = "expected an .h5 that Keras wrote of a whole model, or before Keras 3 of its weights"
    let weights = Repository.fixture("keras/nested.weights.h5")
    for template in [archive, weights] { #expect(try refusal(asModel, template) == "\(template): \(legacy)") }
    let plain = Repository.fixture("weights/plain.h5")
    #expect(try refusal(asModel, plain) == "\(plain): \(legacy)")
    let state = Repository.fixture("weights/zip.pth")
    #expect(try refusal(asArchive, state) == "\(state): expected a .keras archive")
  }

  /// A layer of random numbers keeps their state, which no model of PyTorch's has.
  @Test(.enabled(if: Python.path != nil)) func whatIsNoWeightStays() throws {
    let folder = try TemporaryFolder()
    let template = folder.file("template.weights.h5")
    _ = try Python.run(
      """
      import sys, h5py, numpy
      with h5py.File(sys.argv[1], "w") as file:
          file["layers/dense/vars/0"] = numpy.ones((2, 3), "float32")
          file["layers/dense/vars/1"] = numpy.ones(3, "float32")
          file["layers/drop/seed_generator/vars/0"] = numpy.array([1, 9], "uint32")
      """, template)
    let weights = ["dense.weight": random([3, 2]), "dense.bias": random([3])]
    let path = folder.file("out.weights.h5")
    try dictionary(weights).writeKeras(to: path, like: template)
    let datasets = try datasets(of: path)
    #expect(datasets["layers/dense/vars/1"] == weights["dense.bias"])
    #expect(datasets["layers/drop/seed_generator/vars/0"] == TensorView([1, 9] as [Int64]))
  }

  @Test func twoBiasesBecomeTheirSumAndCellsTheirLayer() throws {
    let folder = try TemporaryFolder()
    let template = try Repository.unpacked("keras/layers.weights.h5.gz", in: folder)
    var tensors = try WeightsFile(contentsOf: template).tensors
    let bias = try #require(tensors["lstm.bias_ih_l0"]).array(of: Float.self)
    // The names of a cell, and a second bias of 0.5.
    for name in ["weight_ih", "weight_hh", "bias_ih"] {
      tensors["lstm.\(name)"] = tensors.removeValue(forKey: "lstm.\(name)_l0")
    }
    tensors["lstm.bias_hh_l0"] = nil
    tensors["lstm.bias_hh"] = TensorView([Float](repeating: 0.5, count: 16))
    let path = folder.file("out.weights.h5")
    try dictionary(tensors).writeKeras(to: path, like: template)
    #expect(try datasets(of: path)["layers/lstm/cell/vars/2"]?.array(of: Float.self) == bias.map { $0 + 0.5 })
  }

  @Test func whatHasNoPlaceIsNamedAndNothingIsWritten() throws {
    let folder = try TemporaryFolder()
    let template = Repository.fixture("keras/nested.weights.h5")
    let path = folder.file("out.weights.h5")
    func error(_ change: (inout [String: TensorView]) -> Void) throws -> String {
      var tensors = try WeightsFile(contentsOf: template).tensors
      change(&tensors)
      let changed = dictionary(tensors)
      let error = #expect(throws: CheckpointError.self) { try changed.writeKeras(to: path, like: template) }
      return "\(try #require(error))"
    }
    let vector = TensorView([1, 2] as [Float])
    let more = try error { $0["more.weight"] = vector }
    #expect(more == "\(template): it has no place for the tensor more.weight")
    let less = try error { $0["head.bias"] = nil }
    #expect(less == "\(template): it has head.bias, which the model does not have")
    let other = try error { $0["head.bias"] = vector }
    #expect(other == "\(template): its head.bias is float32 of shape [3], found float32 of shape [2]")
    #expect(!FileManager.default.fileExists(atPath: path))
    let legacy = Repository.fixture("keras/nested.h5")
    #expect(
      throws: CheckpointError.malformed(path: legacy, reason: "expected a .weights.h5 or .keras that Keras 3 wrote")
    ) { try dictionary([:]).writeKeras(to: path, like: legacy) }
  }
}
