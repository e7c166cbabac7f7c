/// The tensors of a whole model that was pickled, by the names its state dict would have: nothing of its classes is
/// needed for that.
///
/// An object of `torch.nn.Module` keeps them in `_parameters`, `_buffers` and `_modules`; one of TorchScript among its
/// attributes, beside its modules.
struct PickledModule {
  /// Names with what stands under them: a tensor, or an object that would have been one.
  let entries: [(name: String, value: PickleValue)]

  // Deeper than any model, and than a cycle can go on for long.
  private static let deepest = 64
  private static let mostEntries = 1 << 20

  /// The module that an object is; nil for an object of another kind.
  init?(_ object: Int, _ heap: PickleHeap) {
    guard Self.isModule(object, heap) else { return nil }
    var entries: [(name: String, value: PickleValue)] = []
    Self.collect(object, heap, prefix: "", depth: 0, &entries)
    self.entries = entries
  }

  private static func isModule(_ object: Int, _ heap: PickleHeap) -> Bool {
    guard let state = state(of: object, heap) else { return false }
    return isScripted(object, heap) || (state["_parameters"] != nil && state["_modules"] != nil)
  }

  private static func isScripted(_ object: Int, _ heap: PickleHeap) -> Bool {
    heap.objects[object].name.hasPrefix("__torch__.")
  }

  private static func collect(
    _ object: Int, _ heap: PickleHeap, prefix: String, depth: Int, _ entries: inout [(name: String, value: PickleValue)]
  ) {
    guard depth < deepest, let state = state(of: object, heap) else { return }
    func add(_ pairs: [(key: String, value: PickleValue)]) {
      for (key, value) in pairs where entries.count < mostEntries {
        switch value {
        case .tensor: entries.append((prefix + key, value))
        case .object(let inner) where isModule(inner, heap):
          collect(inner, heap, prefix: "\(prefix)\(key).", depth: depth + 1, &entries)
        case .object(let inner) where heap.wouldBeTensor(inner): entries.append((prefix + key, value))
        default: break
        }
      }
    }
    if isScripted(object, heap) { return add(state.pairs) }
    let transient = Set(state["_non_persistent_buffers_set"].map(heap.texts) ?? [])
    add(state["_parameters"].flatMap(heap.entries) ?? [])
    add((state["_buffers"].flatMap(heap.entries) ?? []).filter { !transient.contains($0.key) })
    add(state["_modules"].flatMap(heap.entries) ?? [])
  }

  /// The attributes that an object was told: a dictionary, or one beside its slots.
  private static func state(of object: Int, _ heap: PickleHeap) -> Attributes? {
    for part in heap.objects[object].parts.reversed() {
      if let pairs = heap.entries(part) { return Attributes(pairs: pairs) }
    }
    return nil
  }

  private struct Attributes {
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
