import Foundation
import HDF5

/// The layout of Keras' legacy `.h5`: `layer_names` of the model, and `weight_names` of each layer, which are paths.
enum KerasLegacyFile {
  static func matches(_ root: Group) throws -> Bool {
    try root.attributes.contains("layer_names") || root.attributes.contains("layer_names0")
      || root.isGroup("model_weights")
  }

  static func content(of root: Group) throws -> KerasContent {
    let model = root.isGroup("model_weights") ? try root.group("model_weights") : root
    let text: String? = try root.attribute("model_config")
    let configuration = text.flatMap { KerasConfiguration(json: Data($0.utf8)) }
    var layers: [KerasLayer] = []
    for name in try list("layer_names", of: model) + ["top_level_model_weights"] {
      guard model.isGroup(name) else {
        if name == "top_level_model_weights" { continue }
        throw CheckpointError.malformed(path: root.file.path, reason: "its layer \(name) is missing")
      }
      let group = try model.group(name)
      // A layer without weights has no members; its list is then one of numbers.
      guard try !group.names.isEmpty else { continue }
      layers += KerasLegacyNames(
        group: name, path: group.path, configuration: configuration?.layers.first { $0.name == name },
        // Keras 3 writes whole models alone, and their configuration.
        namesDepthwiseKernels: text == nil
      ).layers(of: try list("weight_names", of: group))
    }
    let isState: (String) -> Bool = { $0.hasPrefix("optimizer_weights/") }
    let paths = try root.allDatasetPaths()
    let listed = Set(layers.flatMap { $0.weights.map(\.path) })
    layers += paths.filter { !listed.contains($0) && !isState($0) }.map(unlisted)
    return KerasContent(
      layers: layers, optimizerTensorCount: paths.count(where: isState), configuration: configuration)
  }

  /// A dataset that no layer has on its list.
  private static func unlisted(_ path: String) -> KerasLayer {
    let parts = path.split(separator: "/").map(String.init)
    let place = parts.dropLast().joined(separator: ".")
    return KerasLayer(
      name: place, place: place, configuration: nil, hints: [],
      weights: [KerasLayer.Weight(path: path, part: .whole, component: "", role: parts.last ?? path)])
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
}

/// The layers that the names of a group's weights are of: one, or those of a model within the model.
private struct KerasLegacyNames {
  /// The layer's name in the model.
  let group: String
  /// Where its group is in the file.
  let path: String
  let configuration: KerasConfiguration?
  let namesDepthwiseKernels: Bool

  func layers(of weights: [String]) -> [KerasLayer] {
    var order: [[String]] = []
    var layers: [[String]: KerasLayer] = [:]
    var seen: Set<String> = []
    for weight in weights where seen.insert(weight).inserted {
      let parts = weight.split(separator: "/").map(String.init)
      let (name, known, rest) = resolve(Array(parts.dropLast()))
      // What is below a layer is a part of it, or the layer of a class that is not Keras' own.
      let isWrapped = rest.count == 1 && rest[0] == known?.wrapped?.name
      let (sublayer, part, component, cell) = KerasLayer.split([""] + (isWrapped ? [] : rest))
      let whole = name + sublayer.dropFirst()
      if layers[whole] == nil {
        order.append(whole)
        let full = whole.joined(separator: ".")
        layers[whole] = KerasLayer(
          name: full, place: full, configuration: sublayer.count == 1 ? known : nil,
          hints: [whole.last, cell].compactMap { $0 }, namesDepthwiseKernels: namesDepthwiseKernels, weights: [])
      }
      let role = String((parts.last ?? weight).split(separator: ":").first ?? "")
      layers[whole]?.weights.append(
        KerasLayer.Weight(path: "\(path)/\(weight)", part: part, component: component, role: role))
    }
    return order.flatMap { layers[$0]?.separated ?? [] }
  }

  /// The layer that a path of names is of, and what is below it. The model's own name may come first.
  private func resolve(_ parts: [String]) -> (name: [String], layer: KerasConfiguration?, rest: [String]) {
    let own = group.split(separator: "/").map(String.init)
    let start = parts.indices.first { parts[$0...].starts(with: own) }
    let rest = Array(parts[(start.map { $0 + own.count } ?? 0)...])
    let name = group.replacing("/", with: ".")
    guard let configuration, !configuration.layers.isEmpty else {
      guard start == nil, configuration != nil else { return ([name], configuration, rest) }
      // A layer whose weights have another name: only its parts are told by theirs.
      let part = [2, 1].lazy.map { Array(rest.suffix($0)) }.first { KerasLayer.split([""] + $0).layer.count == 1 }
      return ([name], configuration, part ?? [])
    }
    // In a model within the model, the leaf whose path is found farthest.
    typealias Leaf = (path: [String], layer: KerasConfiguration, end: Int)
    let leaves = configuration.leaves.compactMap { path, layer -> Leaf? in
      guard let last = path.last, let end = rest.lastIndex(of: last) else { return nil }
      return (path, layer, end)
    }
    func depth(_ path: [String], _ end: Int) -> Int { path.count { rest[...end].contains($0) } }
    let best = leaves.max { depth($0.path, $0.end) < depth($1.path, $1.end) }
    guard let best else { return ([name], nil, rest) }
    return ([name] + best.path, best.layer, Array(rest[(best.end + 1)...]))
  }
}
