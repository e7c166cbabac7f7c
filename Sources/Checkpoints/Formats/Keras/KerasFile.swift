import Foundation
import HDF5

/// The weights of a Keras model: a legacy `.h5` file (of weights, or of a whole model), or Keras 3's `.weights.h5`.
///
/// Every dataset of the file is a tensor, but for the optimizer's state. A layer of a kind that PyTorch has comes under
/// PyTorch's names and in its layouts (``KerasKind``), any other as it is.
struct KerasFile {
  let names: [String]
  let tensors: [String: TensorView]
  let notes: [String]

  /// Whether an HDF5 file is one of Keras'.
  static func matches(_ root: Group) throws -> Bool { try KerasLegacyFile.matches(root) || KerasGroups.matches(root) }

  /// - Parameter configuration: what else says the layers' classes: `config.json` of a `.keras` archive.
  /// - Throws: ``CheckpointError/malformed(path:reason:)`` or `HDF5Error`, naming the layer or tensor.
  init(_ root: Group, configuration: KerasConfiguration? = nil) throws {
    let content = try KerasContent(of: root, configuration: configuration)
    let reader = TensorReader()
    var names: [String] = []
    var tensors: [String: TensorView] = [:]
    var remarks = KerasRemarks()
    for layer in content.layers {
      let weights = try layer.weights.map { ($0, try reader.tensor($0.path, in: root)) }
      for (name, tensor) in remarks.noting(KerasConversion(layer, weights), of: layer) {
        guard tensors.updateValue(tensor, forKey: name) == nil else {
          throw CheckpointError.malformed(path: root.file.path, reason: "two of its tensors are \(name)")
        }
        names.append(name)
      }
    }
    guard !names.isEmpty else {
      throw CheckpointError.malformed(path: root.file.path, reason: "a Keras file without weights")
    }
    (self.names, self.tensors) = (names, tensors)
    notes = remarks.notes + content.notes
  }
}

/// What is found in a Keras file.
struct KerasContent {
  let layers: [KerasLayer]
  /// What was left out, and what the order of the layers means to their weights.
  let notes: [String]

  /// Layers that would have one name take their places in the file for it.
  init(layers: [KerasLayer], optimizerTensorCount: Int, configuration: KerasConfiguration?) {
    let counts = Dictionary(layers.map { ($0.name, 1) }, uniquingKeysWith: +)
    self.layers = layers.map { layer in
      var layer = layer
      if counts[layer.name] != 1 { layer.name = layer.place }
      return layer
    }
    notes =
      (optimizerTensorCount > 0 ? ["left out: the optimizer's state, \(optimizerTensorCount) tensors"] : [])
      + [configuration?.flatteningNote].compactMap { $0 }
  }
}

extension KerasContent {
  /// That of a file in either layout.
  ///
  /// - Parameter configuration: what else says the layers' classes.
  init(of root: Group, configuration: KerasConfiguration?) throws {
    self =
      try KerasLegacyFile.matches(root)
      ? KerasLegacyFile.content(of: root) : KerasGroups.content(of: root, configuration: configuration)
  }
}
