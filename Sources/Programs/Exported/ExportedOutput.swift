import Foundation

/// One of the tensors that an exported model returns.
struct ExportedOutput: Equatable {
  /// What the model calls it: a key of its dictionary, its place in a tuple, with dots where these are nested.
  let name: String
  /// The program's name of the value.
  let value: String
  let elementType: String
  /// Sizes with the batch axis first; -1 is free.
  let shape: [Int]

  /// Whether it can be scores of classes: a number with a fraction for each example and class.
  fileprivate var isScores: Bool {
    shape.count == 2 && ["float64", "float32", "float16", "bfloat16"].contains(elementType)
  }

  /// Its name with its shape.
  fileprivate var words: String {
    "\(name) [\(shape.map { $0 < 0 ? "N" : "\($0)" }.joined(separator: ", "))]"
  }
}

extension [ExportedOutput] {
  /// The same with the task's first.
  ///
  /// - Throws: ``ProgramError/unclearOutput(outputs:)``, ``ProgramError/unknownOutput(name:outputs:)``.
  func taskFirst(_ choice: ExportedProgram.TaskOutput) throws -> [ExportedOutput] {
    guard let place = try place(of: choice) else { return self }
    return [self[place]] + self[..<place] + self[(place + 1)...]
  }

  private func place(of choice: ExportedProgram.TaskOutput) throws -> Int? {
    switch choice {
    case .first: return nil
    case .named(let name):
      guard let place = firstIndex(where: { $0.name == name }) else {
        throw ProgramError.unknownOutput(name: name, outputs: map(\.words))
      }
      return place
    case .found:
      guard count > 1 else { return nil }
      if let place = firstIndex(where: { $0.name == "logits" }) { return place }
      let scores = indices.filter { self[$0].isScores }
      guard scores.count == 1 else { throw ProgramError.unclearOutput(outputs: map(\.words)) }
      return scores[0]
    }
  }
}

extension ExportedProgram.GraphModule {
  /// The names of what the model returns, in the order of its outputs; empty where that is not said.
  ///
  /// PyTorch describes the tuple or dictionary that a model returns as a tree, in JSON within the JSON.
  var outputNames: [String] {
    guard let text = calls?.first(where: { $0.path.isEmpty })?.signature?.outputTree,
      let tree = try? JSONDecoder().decode(OutputTree.self, from: Data(text.utf8))
    else { return [] }
    return tree.root.names(prefix: "", depth: 0)
  }
}

/// `[version, node]`.
private struct OutputTree: Decodable {
  let root: Node

  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    _ = try list.decode(Int.self)
    root = try list.decode(Node.self)
  }

  struct Node: Decodable {
    let type: String?
    /// JSON: the keys of a dictionary or of a class of outputs.
    let context: String?
    let children: [Node]

    enum CodingKeys: String, CodingKey {
      case type, context
      case children = "children_spec"
    }

    func names(prefix: String, depth: Int) -> [String] {
      guard type != nil, depth < 16 else { return [prefix] }
      let keys = context.flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? []
      return children.enumerated().flatMap { place, child in
        let key = keys.count == children.count ? keys[place] : "\(place)"
        return child.names(prefix: prefix.isEmpty ? key : "\(prefix).\(key)", depth: depth + 1)
      }
    }
  }
}
