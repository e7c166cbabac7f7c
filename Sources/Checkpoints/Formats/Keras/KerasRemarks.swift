/// What was done to a Keras file's layers, and what was not, in words.
struct KerasRemarks {
  private var isConverted = false
  private var left: [String] = []
  private var inferred: [(kind: String, names: [String])] = []
  private var remarks: [String] = []

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
      let kinds = inferred.map { "\($0.kind): \($0.names.joined(separator: ", "))" }
      notes.append(
        "it does not say its layers' classes; inferred from names and shapes: \(kinds.joined(separator: "; "))")
    }
    notes += remarks
    if !left.isEmpty { notes.append("not converted, left as they are: \(left.joined(separator: ", "))") }
    return notes
  }
}
