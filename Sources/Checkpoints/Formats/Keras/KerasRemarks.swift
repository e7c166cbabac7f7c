/// What was done to a Keras file's layers, and what was not, in words.
struct KerasRemarks {
  private var isConverted = false
  private var left: [String] = []
  private var inferred: [(kind: String, names: [String])] = []
  private var remarks: [String] = []
  // Of the layers of one kind.
  private static let listedCount = 8

  /// The layer's tensors by their whole names, after taking note of what was done to it.
  mutating func noting(_ conversion: KerasConversion, of layer: KerasLayer) -> [(String, TensorView)] {
    func named(_ name: String) -> String { layer.name.isEmpty ? name : "\(layer.name).\(name)" }
    if let reason = conversion.leftReason {
      let name = conversion.kind == nil ? layer.name : named("0")
      left.append("\(name.isEmpty ? layer.weights.map(\.role).joined(separator: ", ") : name) (\(reason))")
    }
    if let kind = conversion.kind {
      isConverted = true
      if layer.configuration == nil {
        if let index = inferred.firstIndex(where: { $0.kind == kind.label }) {
          inferred[index].names.append(layer.name)
        } else {
          inferred.append((kind.label, [layer.name]))
        }
      }
    }
    if let remark = conversion.remark { remarks.append("\(layer.name): \(remark)") }
    return conversion.tensors.map { (named($0.name), $0.tensor) }
  }

  var notes: [String] {
    var notes: [String] = []
    if isConverted { notes.append("names and layouts of its layers brought from Keras' to PyTorch's") }
    if !inferred.isEmpty {
      let kinds = inferred.map { kind, names in
        let rest = names.count > Self.listedCount ? " and \(names.count - Self.listedCount) more" : ""
        return "\(kind): \(names.prefix(Self.listedCount).joined(separator: ", "))\(rest)"
      }
      notes.append(
        "it does not say its layers' classes; inferred from names and shapes: \(kinds.joined(separator: "; "))")
      if Set(inferred.map(\.kind)).isSuperset(of: [KerasKind.convolution.label, KerasKind.dense.label]) {
        notes.append(
          "it does not say where images are flattened: a dense layer after that keeps Keras' order of inputs, "
            + "(height, width, channels), where PyTorch has (channels, height, width)")
      }
    }
    notes += remarks
    if !left.isEmpty { notes.append("not converted, left as they are: \(left.joined(separator: ", "))") }
    return notes
  }
}
