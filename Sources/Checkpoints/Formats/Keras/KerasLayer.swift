/// A layer of a Keras file.
struct KerasLayer {
  /// A tensor of the layer.
  struct Weight {
    /// Where its dataset is in the file.
    let path: String
    let part: Part
    /// What the file calls the part: `query_dense`; empty for the whole.
    let component: String
    /// What the file calls it: `kernel`, or a number where the file only counts.
    let role: String
  }

  /// Which of the layers that one consists of.
  enum Part {
    case whole, forward, backward, query, key, value, output
  }

  /// Its name, as the path of layers to it, with dots.
  var name: String
  /// Its place in the file, with dots: unlike names, places are never two layers'.
  var place: String
  /// What the file says of it; nil where it says nothing.
  var configuration: KerasConfiguration?
  /// Names that tell its class where nothing else does, the most certain first: `conv2d_4`.
  var hints: [String]
  /// Whether the file's version of Keras calls a depthwise kernel by that name, so that any other is none.
  var namesDepthwiseKernels = false
  var weights: [Weight]

  /// The layer's kind; nil for one that is not brought over.
  ///
  /// - Parameter shapes: of its weights.
  func kind(shapes: [[Int]]) -> KerasKind? {
    if let configuration { return KerasKind(className: (configuration.wrapped ?? configuration).className) }
    if isAttention { return hints.contains { $0.contains("grouped_query") } ? nil : .attention }
    let hinted = hints.lazy.compactMap(KerasKind.init(layerName:)).first
    let isNumbered = weights.allSatisfy { Int($0.role) != nil }
    if isNumbered { return hinted ?? (isBidirectional ? KerasKind(recurrent: shapes[1]) : nil) }
    return KerasKind(
      roles: weights.map(\.role), shapes: shapes, namesDepthwiseKernels: namesDepthwiseKernels) ?? hinted
  }

  private var parts: Set<Part> { Set(weights.map(\.part)) }
  private var isAttention: Bool { parts == [.query, .key, .value, .output] }
  private var isBidirectional: Bool { parts == [.forward, .backward] && weights.count >= 4 }

  /// The layer itself where its parts are those of a kind that has such; otherwise a layer for each, as another class may
  /// call its layers the same.
  var separated: [KerasLayer] {
    let components = Set(weights.map(\.component))
    let areRecurrent = weights.allSatisfy {
      Int($0.role) != nil || ["kernel", "recurrent_kernel", "bias"].contains($0.role)
    }
    if components.count == parts.count, parts == [.whole] || isAttention || (isBidirectional && areRecurrent) {
      return [self]
    }
    var order: [String] = []
    for weight in weights where !order.contains(weight.component) { order.append(weight.component) }
    return order.map { component in
      var layer = self
      let members = weights.filter { $0.component == component }
      layer.weights = members.map { Weight(path: $0.path, part: .whole, component: "", role: $0.role) }
      guard !component.isEmpty else { return layer }
      layer.name += ".\(component)"
      layer.place += ".\(component)"
      layer.configuration = nil
      layer.hints = [component]
      return layer
    }
  }

  /// Splits a path of layers into a layer's and the part of it that the last ones are.
  ///
  /// A recurrent layer keeps its weights in a cell, one of both directions in two layers, attention in four.
  static func split(_ path: [String]) -> (layer: [String], part: Part, component: String, cell: String?) {
    var layer = path
    let cell = layer.count > 1 && layer.last.map(isCell) == true ? layer.removeLast() : nil
    guard layer.count > 1, let last = layer.last, let part = part(last) else { return (layer, .whole, "", cell) }
    return (Array(layer.dropLast()), part, last, cell)
  }

  static func isCell(_ name: String) -> Bool {
    let name = KerasKind.withoutNumber(name)
    return name == "cell" || name.hasSuffix("_cell")
  }

  private static func part(_ name: String) -> Part? {
    switch name.drop(while: { $0 == "_" }) {
    case let name where name.hasPrefix("forward_"): .forward
    case let name where name.hasPrefix("backward_"): .backward
    case "query", "query_dense": .query
    case "key", "key_dense": .key
    case "value", "value_dense": .value
    case "attention_output", "output_dense": .output
    default: nil
    }
  }
}
