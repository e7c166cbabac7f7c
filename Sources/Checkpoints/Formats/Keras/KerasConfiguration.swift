import Foundation

/// What a Keras file says of a model or a layer: its class, its settings, the layers in it.
struct KerasConfiguration {
  let name: String
  let className: String
  /// The layers of a model.
  let layers: [KerasConfiguration]
  private let settings: [String: Any]
  private let wrappedLayer: [KerasConfiguration]

  /// The layer that this one runs in two directions, or at every step.
  var wrapped: KerasConfiguration? { wrappedLayer.first }

  /// - Parameter json: `config.json`, or the attribute `model_config`.
  init?(json: Data) {
    guard let object = try? JSONSerialization.jsonObject(with: json) else { return nil }
    self.init(object, depth: 0)
  }

  private init?(_ object: Any?, depth: Int) {
    guard depth < 32, let object = object as? [String: Any], let className = object["class_name"] as? String else {
      return nil
    }
    // A Sequential model of the first versions was the list of its layers.
    let settings = object["config"] as? [String: Any] ?? ["layers": object["config"] as? [Any] ?? []]
    self.className = className
    self.settings = settings
    name = settings["name"] as? String ?? object["name"] as? String ?? ""
    layers = (settings["layers"] as? [Any] ?? []).compactMap { KerasConfiguration($0, depth: depth + 1) }
    wrappedLayer = KerasConfiguration(settings["layer"], depth: depth + 1).map { [$0] } ?? []
  }

  func flag(_ setting: String) -> Bool? { settings[setting] as? Bool }

  func text(_ setting: String) -> String? { settings[setting] as? String }

  /// All layers at or below this model that are none themselves, with the names of the models they are in.
  var leaves: [(path: [String], layer: KerasConfiguration)] {
    layers.flatMap { layer in
      layer.layers.isEmpty
        ? [([layer.name], layer)] : layer.leaves.map { ([layer.name] + $0.path, $0.layer) }
    }
  }

  /// The layer that Keras saves under a name it makes of the class: `conv2d_1` is the second Conv2D.
  func layer(savedAs saved: String) -> KerasConfiguration? {
    var counts: [String: Int] = [:]
    for layer in layers {
      let name = Self.snakeCase(layer.className)
      let count = counts[name, default: 0]
      counts[name] = count + 1
      if saved == (count == 0 ? name : "\(name)_\(count)") { return layer }
    }
    return nil
  }

  /// Keras' own rule: `SeparableConv2D` is `separable_conv2d`, `CuDNNLSTM` `cu_dnnlstm`.
  static func snakeCase(_ name: String) -> String {
    String(name.filter { $0.isLetter || $0.isNumber || $0 == "_" })
      .replacing(#/(.)([A-Z][a-z]+)/#) { "\($0.output.1)_\($0.output.2)" }
      .replacing(#/([a-z])([A-Z])/#) { "\($0.output.1)_\($0.output.2)" }
      .lowercased()
  }

  /// What the order of a flattened image means to the dense layer after it; nil where nothing is flattened so.
  var flatteningNote: String? {
    let layers = leaves.map(\.layer)
    guard layers.contains(where: { KerasKind(className: $0.className) == .convolution }),
      let flatten = layers.first(where: {
        $0.className == "Flatten" && $0.text("data_format") != "channels_first"
      })
    else { return nil }
    return "\(flatten.name) flattens (height, width, channels), PyTorch (channels, height, width): "
      + "the dense layer after it keeps Keras' order of inputs"
  }
}
