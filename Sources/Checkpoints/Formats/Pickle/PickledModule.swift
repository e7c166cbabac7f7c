/// The tensors of a whole model that was pickled, by the names its state dict would have: nothing of its classes is
/// needed for that.
///
/// An object of `torch.nn.Module` keeps them in `_parameters`, `_buffers` and `_modules`; one of TorchScript among its
/// attributes, beside its modules.
struct PickledModule {
  /// Names with what stands under them: a tensor, or an object that would have been one.
  let entries: [(name: String, value: PickleValue)]

  /// The module that an object is; nil for an object of another kind.
  init?(_ object: Int, _ heap: PickleHeap) {
    var walk = Walk(heap: heap)
    guard let state = walk.module(object) else { return nil }
    walk.collect(object, state, prefix: "", depth: 0)
    entries = walk.entries
  }
}

/// Goes through the modules within a module.
private struct Walk {
  let heap: PickleHeap
  private(set) var entries: [(name: String, value: PickleValue)] = []
  /// Bytes of names that may still be made: a model that holds itself, or one module under ever more names, ends.
  private var budget = 1 << 26
  // Deeper than any model.
  private static let deepest = 64

  init(heap: PickleHeap) { self.heap = heap }

  /// The attributes of an object that is a module; nil for any other, and when there was too much already.
  mutating func module(_ object: Int) -> Attributes? {
    guard budget > 0, let state = state(of: object) else { return nil }
    budget -= 64 * (state.pairs.count + 1)
    return isScripted(object) || (state["_parameters"] != nil && state["_modules"] != nil) ? state : nil
  }

  mutating func collect(_ object: Int, _ state: Attributes, prefix: String, depth: Int) {
    guard depth < Self.deepest else { return }
    if isScripted(object) { return add(state.pairs, prefix, depth) }
    let transient = Set(state["_non_persistent_buffers_set"].map(heap.texts) ?? [])
    add(state["_parameters"].flatMap(heap.entries) ?? [], prefix, depth)
    add((state["_buffers"].flatMap(heap.entries) ?? []).filter { !transient.contains($0.key) }, prefix, depth)
    add(state["_modules"].flatMap(heap.entries) ?? [], prefix, depth)
  }

  private mutating func add(_ pairs: [(key: String, value: PickleValue)], _ prefix: String, _ depth: Int) {
    for (key, value) in pairs where budget > 0 {
      budget -= prefix.utf8.count + key.utf8.count + 64
      switch value {
      case .tensor: entries.append((prefix + key, value))
      case .object(let inner):
        if let state = module(inner) {
          collect(inner, state, prefix: "\(prefix)\(key).", depth: depth + 1)
        } else if heap.wouldBeTensor(inner) {
          entries.append((prefix + key, value))
        }
      default: break
      }
    }
  }

  private func isScripted(_ object: Int) -> Bool { heap.objects[object].name.hasPrefix("__torch__.") }

  /// The attributes that an object was told: a dictionary, or one beside its slots.
  private func state(of object: Int) -> Attributes? {
    for part in heap.objects[object].parts.reversed() {
      if let pairs = heap.entries(part) { return Attributes(pairs: pairs) }
    }
    return nil
  }

  struct Attributes {
    let pairs: [(key: String, value: PickleValue)]
    subscript(key: String) -> PickleValue? { pairs.last { $0.key == key }?.value }
  }
}

extension PickleHeap {
  /// What a dictionary has by text, or the items of an object that is one; as in Python, a key given twice keeps its
  /// place and its last value. Nil for what is no dictionary.
  func entries(_ value: PickleValue) -> [(key: String, value: PickleValue)]? {
    let index: Int
    switch value {
    case .dictionary(let dictionary): index = dictionary
    case .object(let object):
      guard let items = objects[object].items else { return nil }
      index = items
    default: return nil
    }
    var positions: [String: Int] = [:]
    var entries: [(key: String, value: PickleValue)] = []
    for case (.text(let key), let value) in dictionaries[index] {
      if let position = positions[key] {
        entries[position].value = value
      } else {
        positions[key] = entries.count
        entries.append((key, value))
      }
    }
    return entries
  }

  /// The texts of a list, a tuple or a set.
  func texts(_ value: PickleValue) -> [String] {
    switch value {
    case .text(let text): return [text]
    case .list(let index), .tuple(let index):
      return sequences[index].compactMap { if case .text(let text) = $0 { text } else { nil } }
    case .object(let index):
      return (objects[index].arguments + objects[index].parts).flatMap { (part: PickleValue) -> [String] in
        if case .object = part { return [] }
        return texts(part)
      }
    default: return []
    }
  }

  /// Whether an object that is not acted out would have been a tensor, or been made of one.
  func wouldBeTensor(_ object: Int) -> Bool {
    let object = objects[object]
    return object.isTensor
      || (object.arguments + object.parts).contains { part in
        switch part {
        case .tensor, .storage: true
        default: false
        }
      }
  }
}
