/// The tensors by name in what a pickle holds: a state dict, or one in the dictionary of a training script.
struct StateDictionary {
  let tensors: [(name: String, tensor: PickledTensor)]
  let notes: [String]

  /// Where training scripts put it, the likeliest first.
  private static let usualKeys = [
    "state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "state_dict_ema",
    "model_ema", "ema", "params", "weights",
  ]

  /// - Throws: ``CheckpointError/malformed(path:reason:)`` where there is none, or where several could be meant.
  init(_ value: PickleValue, _ heap: PickleHeap, path: String) throws {
    guard case .dictionary(let root) = value else {
      throw CheckpointError.malformed(path: path, reason: "it holds no state dict (a dictionary of tensors by name)")
    }
    var notes: [String] = []
    var index = root
    // A wrapped dictionary may be wrapped again (`{"model": {"state_dict": …}}`), but not without end.
    for _ in 0..<4 {
      guard let inner = try Self.wrapped(in: index, heap, path: path) else { break }
      notes.append("took the state dict from its entry '\(inner.key)'")
      index = inner.index
    }
    var tensors: [(name: String, tensor: PickledTensor)] = []
    var positions: [String: Int] = [:]
    for (key, value) in heap.dictionaries[index] {
      guard case .text(let name) = key, case .tensor(let tensor) = value else { continue }
      // As in Python, a name given twice keeps its place and its last value.
      if let position = positions[name] {
        tensors[position].tensor = heap.tensors[tensor]
      } else {
        positions[name] = tensors.count
        tensors.append((name, heap.tensors[tensor]))
      }
    }
    guard !tensors.isEmpty else {
      throw CheckpointError.malformed(path: path, reason: "it holds no state dict (a dictionary of tensors by name)")
    }
    self.tensors = tensors
    self.notes = notes
  }

  /// The dictionary within this one that is the state dict; nil where this one is.
  private static func wrapped(in index: Int, _ heap: PickleHeap, path: String) throws -> (key: String, index: Int)? {
    let inner = dictionaries(in: index, heap)
    // Tensors beside it may be anything (PyTorch's ImageNet script stores its best accuracy as one).
    for key in usualKeys {
      if let found = inner.first(where: { $0.key == key && holdsTensors($0.index, heap, depth: 1) }) { return found }
    }
    if hasTensors(index, heap) { return nil }
    let withTensors = inner.filter { hasTensors($0.index, heap) }
    guard withTensors.count <= 1 else {
      let names = withTensors.map { "'\($0.key)'" }.joined(separator: ", ")
      throw CheckpointError.malformed(
        path: path, reason: "it holds several dictionaries of tensors, \(names); save the one that is meant")
    }
    return withTensors.first
  }

  private static func hasTensors(_ index: Int, _ heap: PickleHeap) -> Bool {
    heap.dictionaries[index].contains { pair in
      if case .text = pair.key, case .tensor = pair.value { true } else { false }
    }
  }

  private static func holdsTensors(_ index: Int, _ heap: PickleHeap, depth: Int) -> Bool {
    hasTensors(index, heap)
      || (depth > 0
        && dictionaries(in: index, heap).contains {
          usualKeys.contains($0.key) && holdsTensors($0.index, heap, depth: depth - 1)
        })
  }

  private static func dictionaries(in index: Int, _ heap: PickleHeap) -> [(key: String, index: Int)] {
    heap.dictionaries[index].compactMap { pair in
      if case .text(let key) = pair.key, case .dictionary(let index) = pair.value { (key, index) } else { nil }
    }
  }
}
