import Foundation
import HDF5

/// The layout of Keras 3's `.weights.h5`: each layer's tensors in a group `vars`, which says the layer's own name; layers
/// within layers under the attribute that has them, those of a list (`layers`) under their class' names.
struct KerasGroups {
  // `layers`, and where the first versions of Keras 3 had them.
  private static let lists = ["layers", "_layer_checkpoint_dependencies"]

  /// Whether anything of the file lies in a group `vars`.
  static func matches(_ root: Group) throws -> Bool {
    guard try !root.contains("program") else { return false }
    var isKeras = false
    try root.visitGroups { group in
      if !isKeras, group.isGroup("vars") {
        let variables = try group.group("vars")
        isKeras = try variables.names.contains { variables.isDataset($0) }
      }
    }
    return isKeras
  }

  static func content(of root: Group, configuration: KerasConfiguration?) throws -> KerasContent {
    let paths = try root.allDatasetPaths().map { $0.split(separator: "/").map(String.init) }
    let groups = KerasGroups(root: root, configuration: configuration)
    return KerasContent(
      layers: try groups.layers(paths.filter { !isState($0) }), optimizerTensorCount: paths.count(where: isState),
      configuration: configuration)
  }

  /// Whether a path is one of the optimizer's.
  static func isState(_ path: [String]) -> Bool { path.first == "optimizer" && path.count > 1 }

  private let root: Group
  private let configuration: KerasConfiguration?

  /// - Parameter paths: of all datasets.
  private func layers(_ paths: [[String]]) throws -> [KerasLayer] {
    var order: [[String]] = []
    var layers: [[String]: KerasLayer] = [:]
    // Numbers as numbers: `conv2d_10` after `conv2d_9`.
    for path in paths.sorted(by: {
      $0.joined(separator: "/").compare($1.joined(separator: "/"), options: .numeric) == .orderedAscending
    }) {
      let owner = try owner(of: path)
      if layers[owner.layer] == nil {
        order.append(owner.layer)
        layers[owner.layer] = try layer(owner.layer, hints: owner.hints)
      }
      layers[owner.layer]?.weights.append(
        KerasLayer.Weight(
          path: path.joined(separator: "/"), part: owner.part, component: owner.component, role: path.last ?? ""))
    }
    return order.flatMap { layers[$0]?.separated ?? [] }
  }

  /// The layer that a dataset is of, which part of it, and what hints at its class besides its own names.
  private func owner(
    of path: [String]
  ) throws -> (layer: [String], part: KerasLayer.Part, component: String, hints: [String]) {
    guard path.dropLast().last == "vars" else { return (Array(path.dropLast()), .whole, "", []) }
    let group = Array(path.dropLast(2))
    var (layer, part, component, cell) = KerasLayer.split(group)
    let own = try ownName(of: group)
    if cell != nil, let own, !KerasLayer.isCell(own) { (layer, part, component, cell) = (group, .whole, "", nil) }
    var hints = layer == group ? [] : [own].compactMap { $0 }
    if cell != nil { hints += [try ownName(of: Array(group.dropLast()))].compactMap { $0 } }
    if layer.last == "layer", layer.count > 1, layer[layer.count - 2].hasPrefix("time_distributed") {
      hints.append(contentsOf: [own].compactMap { $0 })
      layer.removeLast()
    }
    return (layer, part, component, hints)
  }

  private func layer(_ path: [String], hints: [String]) throws -> KerasLayer {
    let described = try describe(path)
    // In a list, whose group is no layer's, the folder is named for the class.
    let isOfList = path.count > 1 && !isLayer(Array(path.dropLast()))
    return KerasLayer(
      name: described.name.joined(separator: ".").replacing("/", with: "."),
      place: path.isEmpty ? "vars" : path.joined(separator: "."), configuration: described.layer,
      hints: [isOfList ? path.last : nil, try ownName(of: path)].compactMap { $0 } + hints, weights: [])
  }

  /// A layer's name, and what the configuration says of it.
  ///
  /// In a list of layers the folder is named for the class, and the layer's own name stands in it.
  private func describe(_ path: [String]) throws -> (name: [String], layer: KerasConfiguration?) {
    var name: [String] = []
    var layer = configuration
    for (index, component) in path.enumerated() where index == path.count - 1 || !Self.lists.contains(component) {
      guard index > 0, Self.lists.contains(path[index - 1]) else {
        name.append(component)
        layer = nil
        continue
      }
      let own = try ownName(of: Array(path[...index]))
      name.append(own ?? component)
      layer = layer?.layers.first { $0.name == own } ?? layer?.layer(savedAs: component)
    }
    return (name.isEmpty ? ["vars"] : name, path.isEmpty ? nil : layer)
  }

  private func isLayer(_ path: [String]) -> Bool { root.isGroup((path + ["vars"]).joined(separator: "/")) }

  /// What a layer calls itself; nil where the file does not say it.
  private func ownName(of path: [String]) throws -> String? {
    guard isLayer(path) else { return nil }
    return try root.group((path + ["vars"]).joined(separator: "/")).attribute("name")
  }
}
