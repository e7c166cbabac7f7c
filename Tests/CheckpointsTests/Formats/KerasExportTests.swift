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

  /// Every dataset but the optimizer's, and what each layer calls itself.
  private func content(of path: String) throws -> (datasets: [String: TensorView], names: [String: String]) {
    let root = try File.open(path).root
    let reader = TensorReader()
    var datasets: [String: TensorView] = [:]
    for place in try root.allDatasetPaths() where !place.hasPrefix("optimizer") {
      datasets[place] = try reader.tensor(place, in: root)
    }
    var names: [String: String] = [:]
    try root.visitGroups { group in
      if !group.path.hasPrefix("optimizer") { names[group.path] = try group.attribute("name") ?? "" }
    }
    return (datasets, names)
  }

  @Test(arguments: [
    "layers.weights.h5", "subclassed-before.weights.h5", "nested.weights.h5", "others.weights.h5",
  ])
  func aFileOfKerasComesBackAsItWas(name: String) throws {
    let folder = try TemporaryFolder()
    let template =
      name.hasPrefix("layers")
      ? try Repository.unpacked("keras/\(name).gz", in: folder) : Repository.fixture("keras/\(name)")
    let path = folder.file("out.weights.h5")
    try dictionary(WeightsFile(contentsOf: template).tensors).write(to: path, format: .keras, like: template)
    let (before, after) = (try content(of: template), try content(of: path))
    #expect(before.datasets == after.datasets)
    #expect(before.names == after.names)
  }

  @Test func anArchivesWeightsComeBackWithWhatItsConfigurationSays() throws {
    let folder = try TemporaryFolder()
    let archive = try Repository.unpacked("keras/layers.keras.gz", in: folder)
    let weights = try Repository.unpacked("keras/layers.weights.h5.gz", in: folder)
    let path = folder.file("out.weights.h5")
    let tensors = try WeightsFile(contentsOf: archive).tensors
    try dictionary(tensors).write(to: path, format: .keras, like: archive)
    #expect(try content(of: path).datasets == content(of: weights).datasets)
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
    #expect(try content(of: path).datasets["layers/lstm/cell/vars/2"]?.array(of: Float.self) == bias.map { $0 + 0.5 })
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
