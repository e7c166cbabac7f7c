/// The tensors by name in what a pickle holds: a state dict, one in the dictionary of a training script, or those of a
/// whole model.
struct StateDictionary {
  let tensors: [(name: String, tensor: PickledTensor)]
  let notes: [String]

  /// Where training scripts put it, the likeliest first.
  fileprivate static let usualKeys = [
    "state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "state_dict_ema",
    "model_ema", "ema", "params", "weights",
  ]

  /// - Parameter entry: the entry that is meant, its path with dots; nil to find the one there is.
  /// - Throws: ``CheckpointError/malformed(path:reason:)`` where there is none, or where several could be meant.
  init(_ value: PickleValue, _ heap: PickleHeap, path: String, entry: String? = nil) throws {
    let search = Search(heap: heap, path: path)
    var here = value
    var leftOut: [String] = []
    var notes: [String] = []
    if let entry {
      here = try search.value(at: entry, in: value)
      guard search.holdsTensors(here, depth: 1) else {
        throw CheckpointError.malformed(path: path, reason: "its entry '\(entry)' holds no tensors by name")
      }
    }
    // A wrapped dictionary may be wrapped again (`{"model": {"state_dict": …}}`), but not without end.
    for _ in 0..<4 {
      guard let inner = try search.wrapped(in: here) else { break }
      let others = search.holders(in: here).map(\.key).filter { $0 != inner.key }
      notes.append(
        "took the state dict from its entry '\(inner.key)'"
          + (others.isEmpty ? "" : "; others are \(others.map { "'\($0)'" }.joined(separator: ", "))"))
      leftOut += search.leftOut(beside: inner.key, in: here)
      here = inner.value
    }
    tensors = try search.tensors(of: here)
    leftOut += search.leftOut(of: here)
    if case .object(let object) = here, heap.objects[object].items == nil {
      notes.append("took the tensors of a whole model, \(heap.objects[object].name), by the names of its state dict")
    }
    if !leftOut.isEmpty {
      let more = leftOut.count > 8 ? " and \(leftOut.count - 8) more" : ""
      notes.append("left out: \(leftOut.prefix(8).joined(separator: ", "))\(more)")
    }
    self.notes = notes
  }
}

/// Looks for tensors by name in what a pickle holds.
private struct Search {
  let heap: PickleHeap
  let path: String

  typealias Entry = (key: String, value: PickleValue)

  /// What a dictionary or a module has by name; nil for anything else.
  func entries(_ value: PickleValue) -> [Entry]? {
    if let pairs = heap.entries(value) { return pairs }
    guard case .object(let object) = value, let module = PickledModule(object, heap) else { return nil }
    return module.entries.map { ($0.name, $0.value) }
  }

  func hasTensors(_ value: PickleValue) -> Bool {
    (entries(value) ?? []).contains { if case .tensor = $0.value { true } else { false } }
  }

  /// Whether it has tensors, or entries of the usual names have.
  func holdsTensors(_ value: PickleValue, depth: Int) -> Bool {
    hasTensors(value)
      || (depth > 0
        && (heap.entries(value) ?? []).contains {
          StateDictionary.usualKeys.contains($0.key) && holdsTensors($0.value, depth: depth - 1)
        })
  }

  /// The entries of a dictionary that have tensors by name.
  func holders(in value: PickleValue) -> [Entry] {
    (heap.entries(value) ?? []).filter {
      holdsTensors($0.value, depth: StateDictionary.usualKeys.contains($0.key) ? 1 : 0)
    }
  }

  /// What stands at a path of keys; a key may have dots itself.
  func value(at entry: String, in value: PickleValue) throws -> PickleValue {
    let pairs = heap.entries(value) ?? []
    if let found = pairs.last(where: { $0.key == entry }) { return found.value }
    for pair in pairs where entry.hasPrefix(pair.key + ".") {
      return try self.value(at: String(entry.dropFirst(pair.key.count + 1)), in: pair.value)
    }
    let known = holders(in: value).map { "'\($0.key)'" }.joined(separator: ", ")
    throw CheckpointError.malformed(
      path: path, reason: "it has no entry '\(entry)'; those with tensors by name: \(known.isEmpty ? "none" : known)")
  }

  /// The entry within this dictionary that is the state dict; nil where this one is.
  func wrapped(in value: PickleValue) throws -> Entry? {
    let holders = holders(in: value)
    // Tensors beside it may be anything (PyTorch's ImageNet script stores its best accuracy as one).
    for key in StateDictionary.usualKeys {
      if let found = holders.first(where: { $0.key == key }) { return found }
    }
    if hasTensors(value) { return nil }
    guard holders.count <= 1 else {
      let names = holders.map { "'\($0.key)'" }.joined(separator: ", ")
      throw CheckpointError.unclear(
        path: path, .state, reason: "it holds several dictionaries of tensors, \(names)")
    }
    return holders.first
  }

  func tensors(of value: PickleValue) throws -> [(name: String, tensor: PickledTensor)] {
    let entries = entries(value) ?? []
    let tensors = entries.compactMap { name, value in
      if case .tensor(let index) = value { (name, heap.tensors[index]) } else { nil }
    }
    guard tensors.isEmpty else { return tensors }
    var reason = "it holds no state dict (a dictionary of tensors by name)"
    if case .object(let object) = value {
      reason += " but \(heap.objects[object].name), and nothing in a file is executed"
    } else if let entry = entries.first(where: { unknown(in: $0.value) != nil }) {
      reason += "; its \(entry.key) is \(unknown(in: entry.value) ?? ""), which is not read"
    }
    throw CheckpointError.malformed(path: path, reason: reason)
  }

  /// The entries of a state dict that are no tensors, with what they are; plain values are none.
  func leftOut(of value: PickleValue) -> [String] {
    (entries(value) ?? []).compactMap { key, value in
      if let unknown = unknown(in: value) { return "\(key) (\(unknown))" }
      return hasTensors(value) ? "\(key) (a dictionary of tensors)" : nil
    }
  }

  /// The entries beside the one that is taken that hold what is not known here.
  func leftOut(beside taken: String, in value: PickleValue) -> [String] {
    (heap.entries(value) ?? []).compactMap { key, value in
      guard key != taken, !holdsTensors(value, depth: 0), let unknown = unknown(in: value) else { return nil }
      return "\(key) (\(unknown))"
    }
  }

  /// The first thing in a value that is not known here.
  private func unknown(in value: PickleValue) -> String? {
    var queue = [value]
    var visited = 0
    // Enough for what a training script keeps: each entry is asked.
    let mostLooks = 1000
    while let next = queue.popLast() {
      visited += 1
      switch next {
      case .object(let index) where !Self.isPlain(heap.objects[index].name): return heap.objects[index].name
      case .list(let index), .tuple(let index):
        queue += heap.sequences[index].prefix(mostLooks - visited - queue.count)
      case .dictionary(let index):
        queue += heap.dictionaries[index].prefix(mostLooks - visited - queue.count).map(\.value)
      default: break
      }
    }
    return nil
  }

  /// Whether it is Python's own and says nothing of a model.
  private static func isPlain(_ name: String) -> Bool {
    let types = ["set", "frozenset", "complex", "bytearray"].flatMap { ["builtins.\($0)", "__builtin__.\($0)"] }
    return (types + ["a set", "a frozenset", "_codecs.encode"]).contains(name)
  }
}
