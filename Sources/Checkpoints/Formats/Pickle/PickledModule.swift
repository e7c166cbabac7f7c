/// The tensors of a whole model that was pickled, by the names its state dict would have: nothing of its classes is
/// needed for that.
struct PickledModule {
  /// Names with what stands under them: a tensor, or an object that would have been one.
  fileprivate(set) var entries: [(name: String, value: PickleValue)] = []
  /// Whether these are all; false of modules that lie within each other deeper or more often than any model's.
  fileprivate(set) var isWhole = true
}

/// The modules among a pickle's objects, each looked through once.
///
/// An object of `torch.nn.Module` keeps its tensors in `_parameters`, `_buffers` and `_modules`; one of TorchScript among
/// its attributes, beside its modules.
final class PickledModules {
  private let heap: PickleHeap
  private var known: [Int: PickledModule?] = [:]
  private var states: [Int: Attributes?] = [:]
  private var visits = 0

  private static let deepest = 64
  /// Two references at each of so many levels would be 2⁶⁴ modules.
  private static let mostVisits = 1 << 20

  init(_ heap: PickleHeap) { self.heap = heap }

  /// The module that an object is; nil for an object of another kind.
  func module(_ object: Int) -> PickledModule? {
    if let module = known[object] { return module }
    var module: PickledModule?
    if isModule(object) {
      var found = PickledModule()
      collect(object, prefix: "", depth: 0, into: &found)
      module = found
    }
    known[object] = .some(module)
    return module
  }

  private func isModule(_ object: Int) -> Bool {
    guard let state = state(of: object) else { return false }
    return isScripted(object) || (state["_parameters"] != nil && state["_modules"] != nil)
  }

  private func isScripted(_ object: Int) -> Bool { heap.objects[object].name.hasPrefix("__torch__.") }

  private func collect(_ object: Int, prefix: String, depth: Int, into module: inout PickledModule) {
    guard let state = state(of: object) else { return }
    guard depth < Self.deepest else {
      module.isWhole = false
      return
    }
    func add(_ pairs: [(key: String, value: PickleValue)]) {
      for (key, value) in pairs {
        visits += 1
        guard visits < Self.mostVisits else {
          module.isWhole = false
          return
        }
        switch value {
        case .tensor: module.entries.append((prefix + key, value))
        case .object(let inner) where isModule(inner):
          collect(inner, prefix: "\(prefix)\(key).", depth: depth + 1, into: &module)
        case .object(let inner) where heap.wouldBeTensor(inner): module.entries.append((prefix + key, value))
        default: break
        }
      }
    }
    if isScripted(object) { return add(state.pairs) }
    let transient = Set(state["_non_persistent_buffers_set"].map(heap.texts) ?? [])
    add(state["_parameters"].flatMap(heap.entries) ?? [])
    add((state["_buffers"].flatMap(heap.entries) ?? []).filter { !transient.contains($0.key) })
    add(state["_modules"].flatMap(heap.entries) ?? [])
  }

  /// The attributes that an object was told: a dictionary, or one beside its slots.
  private func state(of object: Int) -> Attributes? {
    if let state = states[object] { return state }
    let pairs = heap.objects[object].parts.reversed().lazy.compactMap { self.heap.entries($0) }.first
    let state = pairs.map { Attributes(pairs: $0) }
    states[object] = .some(state)
    return state
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
