import Foundation
import HDF5

/// The weights of a Keras model: a legacy `.h5` file (of weights, or of a whole model), or Keras 3's `.weights.h5`.
///
/// Tensors come under PyTorch's names for their roles and in PyTorch's layouts where the kind of layer is known:
/// a dense kernel `(in, out)` is transposed, a convolution's `(height, width, in, out)` becomes `(out, in, height,
/// width)`, normalization's gamma, beta and moving statistics become weight, bias and running statistics.
struct KerasFile {
  let names: [String]
  let tensors: [String: TensorView]
  let notes: [String]

  /// Whether an HDF5 file is one of Keras'.
  static func matches(_ root: Group) throws -> Bool {
    try isLegacy(root) || (!root.contains("program") && (root.isGroup("layers") || root.isGroup(olderTop)))
  }

  // Where the first versions of Keras 3 had the layers.
  private static let olderTop = "_layer_checkpoint_dependencies"

  private static func isLegacy(_ root: Group) throws -> Bool {
    try root.attributes.contains("layer_names") || root.attributes.contains("layer_names0")
      || root.isGroup("model_weights")
  }

  /// - Throws: ``CheckpointError/malformed(path:reason:)`` or `HDF5Error`, naming the layer or tensor.
  init(_ root: Group) throws {
    let layers = try Self.isLegacy(root) ? Self.legacyLayers(root) : Self.layers(root)
    let reader = TensorReader()
    var names: [String] = []
    var tensors: [String: TensorView] = [:]
    var unknown: [String] = []
    for layer in layers {
      let views = try layer.weights.map { try reader.tensor($0.path, in: root) }
      let roles = KerasRole.roles(kind: layer.kind, weights: layer.weights.map(\.role), shapes: views.map(\.shape))
      for (role, view) in zip(roles, views) {
        let name = "\(layer.name).\(role.name)"
        if case .unknown = role { unknown.append(name) }
        guard tensors[name] == nil else {
          throw CheckpointError.malformed(path: root.file.path, reason: "two of its tensors are \(name)")
        }
        tensors[name] = role.converted(view)
        names.append(name)
      }
    }
    guard !names.isEmpty else {
      throw CheckpointError.malformed(path: root.file.path, reason: "a Keras file without weights")
    }
    self.names = names
    self.tensors = tensors
    notes =
      ["names and layouts of its layers brought from Keras' to PyTorch's"]
      + (unknown.isEmpty ? [] : ["left as they are, their role being unknown: \(unknown.joined(separator: ", "))"])
  }

  private struct Layer {
    let name: String
    /// Its class, as `Conv2D` or `conv2d`, or what comes nearest to it: its name.
    let kind: String
    let weights: [(path: String, role: String?)]
  }

  // MARK: Legacy: `layer_names` of the model, `weight_names` of each layer

  private static func legacyLayers(_ root: Group) throws -> [Layer] {
    let path = root.file.path
    let model = root.isGroup("model_weights") ? try root.group("model_weights") : root
    let prefix = model.path.isEmpty ? "" : "\(model.path)/"
    let kinds = try layerClasses(root)
    return try list("layer_names", of: model).compactMap { layer in
      guard model.isGroup(layer) else {
        throw CheckpointError.malformed(path: path, reason: "its layer \(layer) is missing")
      }
      let group = try model.group(layer)
      // A layer without weights has no members; its list is then one of numbers.
      guard try !group.names.isEmpty else { return nil }
      return Layer(
        name: layer.replacing("/", with: "."), kind: kinds[layer] ?? layer,
        weights: try list("weight_names", of: group).map { weight in
          let last = weight.split(separator: "/").last.map(String.init) ?? weight
          return ("\(prefix)\(layer)/\(weight)", String(last.split(separator: ":").first ?? ""))
        })
    }
  }

  /// The class of each layer, where the whole model was saved.
  private static func layerClasses(_ root: Group) throws -> [String: String] {
    guard let text: String = try root.attribute("model_config"),
      let model = try? JSONDecoder().decode(ModelConfiguration.self, from: Data(text.utf8))
    else { return [:] }
    return Dictionary(model.config.layers.map { ($0.config.name, $0.className) }) { first, _ in first }
  }

  private struct ModelConfiguration: Decodable {
    struct Layers: Decodable { let layers: [LayerConfiguration] }
    struct LayerConfiguration: Decodable {
      struct Name: Decodable { let name: String }
      let className: String
      let config: Name

      enum CodingKeys: String, CodingKey {
        case className = "class_name"
        case config
      }
    }
    let config: Layers
  }

  /// A list that Keras splits into `name0`, `name1`… where it is long.
  private static func list(_ name: String, of group: Group) throws -> [String] {
    if let whole: [String] = try group.attribute(name) { return whole }
    var result: [String] = []
    var part = 0
    while let strings: [String] = try group.attribute("\(name)\(part)") {
      result += strings
      part += 1
    }
    return result
  }

  // MARK: Keras 3: `layers/<name>/vars/0`…, layers within layers

  private static func layers(_ root: Group) throws -> [Layer] {
    let top = root.isGroup("layers") ? "layers" : olderTop
    var found: [Layer] = []
    func visit(_ group: Group, _ path: [String]) throws {
      guard path.count < 32 else {
        throw CheckpointError.malformed(path: root.file.path, reason: "its layers lie within each other without end")
      }
      // Vars are numbered; a count of ten and more must not be sorted as text.
      if group.isGroup("vars") {
        let variables = try group.group("vars").names.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
        if !variables.isEmpty {
          // The folder is named for the layer's class; the layer's own name stands beside it.
          let own: String? = try group.group("vars").attribute("name")
          let parts = path.dropLast().filter { $0 != "layers" } + [own ?? path.last ?? ""]
          found.append(
            Layer(
              name: parts.joined(separator: ".").replacing("/", with: "."), kind: path.last ?? "",
              weights: variables.map { ("\(group.path)/vars/\($0)", nil) }))
        }
      }
      for name in try group.names where name != "vars" && group.isGroup(name) {
        try visit(try group.group(name), path + [name])
      }
    }
    for name in try root.group(top).names.sorted(by: { $0.compare($1, options: .numeric) == .orderedAscending })
    where try root.group(top).isGroup(name) {
      try visit(try root.group("\(top)/\(name)"), [name])
    }
    return found
  }
}
