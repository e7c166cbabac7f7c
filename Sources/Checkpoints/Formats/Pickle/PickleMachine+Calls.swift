/// Names and calls: the few that a state dict needs are acted out, every other leaves an object that says its name.
extension PickleMachine {
  mutating func pushGlobal(module: String, name: String) throws {
    stack.append(.global(PickleGlobal(module: module, name: name)))
  }

  mutating func call() throws {
    guard case .tuple(let index) = try pop() else { throw malformed("a call of what is no name") }
    let arguments = heap.sequences[index]
    switch try pop() {
    case .global(let global): stack.append(try value(of: global, arguments))
    case .object(let callee): stack.append(heap.newObject(heap.objects[callee].name, arguments))
    default: throw malformed("a call of what is no name")
    }
  }

  private mutating func value(of global: PickleGlobal, _ arguments: [PickleValue]) throws -> PickleValue {
    switch global {
    case .orderedDictionary: return try orderedDictionary(arguments)
    case .defaultDictionary: return heap.newDictionary()
    case .rebuildTensor: return try tensor(arguments, elementType: nil)
    case .rebuildTensorOfType:
      guard arguments.count > 6, case .global(let type) = arguments[6] else {
        throw malformed("a tensor without an element type")
      }
      guard case .elementType(let name) = type else {
        return heap.newObject("a tensor of \(type.words)", arguments, isTensor: true)
      }
      return try tensor(arguments, elementType: name)
    case .rebuildTensorOfClass: return try tensorOfClass(arguments)
    case .rebuildParameter:
      switch arguments.first {
      case .tensor, .object: return arguments[0]
      default: throw malformed("a parameter that is no tensor")
      }
    case .size:
      guard arguments.count == 1, case .tuple? = arguments.first else { throw malformed("a size that is no tuple") }
      return arguments[0]
    case .device: return .opaque
    case .other(let name):
      return heap.newObject(
        Self.made(by: name, arguments), arguments, isTensor: name.hasPrefix("torch._utils._rebuild"))
    case .storage, .elementType: throw malformed("a call of a type")
    }
  }

  /// What a call leaves, in words: a class's name stands for its object, also where a general function makes it.
  private static func made(by name: String, _ arguments: [PickleValue]) -> String {
    switch name {
    case "copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__":
      if case .global(let type)? = arguments.first { return type.words }
      return name
    case "numpy._core.multiarray._reconstruct", "numpy.core.multiarray._reconstruct",
      "numpy._core.numeric._frombuffer":
      return "numpy.ndarray"
    case "numpy._core.multiarray.scalar", "numpy.core.multiarray.scalar": return "a number of numpy's"
    case "torch._utils._rebuild_qtensor": return "a quantized tensor"
    case "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_sparse_csr_tensor": return "a sparse tensor"
    case "torch._utils._rebuild_meta_tensor_no_storage": return "a tensor without values, of the device meta"
    case "torch._utils._rebuild_nested_tensor": return "a nested tensor"
    default: return name
    }
  }

  private mutating func orderedDictionary(_ arguments: [PickleValue]) throws -> PickleValue {
    guard let first = arguments.first else { return heap.newDictionary() }
    guard let pairs = first.sequence else { throw malformed("a dictionary of what is no list of pairs") }
    elementCount += heap.sequences[pairs].count
    return heap.newDictionary(
      try heap.sequences[pairs].map { pair in
        guard let index = pair.sequence, heap.sequences[index].count == 2 else {
          throw malformed("a dictionary of what is no list of pairs")
        }
        return (heap.sequences[index][0], heap.sequences[index][1])
      })
  }

  /// `_rebuild_from_type_v2(function, class, arguments, state)`: a tensor with attributes, or one of a class of its own,
  /// which may mean anything by its bytes.
  private mutating func tensorOfClass(_ arguments: [PickleValue]) throws -> PickleValue {
    guard arguments.count >= 3, case .global(let rebuild) = arguments[0], case .global(let type) = arguments[1],
      let parts = arguments[2].sequence
    else { throw malformed("a tensor without its class") }
    let known = ["torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer"]
    guard known.contains(type.words), rebuild != .rebuildTensorOfClass else {
      return heap.newObject("a tensor of the class \(type.words)", heap.sequences[parts], isTensor: true)
    }
    return try value(of: rebuild, heap.sequences[parts])
  }

  private mutating func tensor(_ arguments: [PickleValue], elementType: String?) throws -> PickleValue {
    guard arguments.count >= 4, case .storage(let storageIndex) = arguments[0],
      case .integer(let offset) = arguments[1],
      let shape = integers(arguments[2]), let strides = integers(arguments[3])
    else { throw malformed("a tensor without its storage, shape or strides") }
    let storage = heap.storages[storageIndex]
    guard let type = elementType ?? storage.elementType else { throw malformed("a tensor without an element type") }
    heap.tensors.append(
      PickledTensor(storage: storage, elementType: type, shape: shape, strides: strides, offset: offset))
    return .tensor(heap.tensors.count - 1)
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard let index = value.sequence, heap.sequences[index].count <= 64 else { return nil }
    let values = heap.sequences[index].compactMap { value -> Int? in
      if case .integer(let integer) = value { integer } else { nil }
    }
    return values.count == heap.sequences[index].count ? values : nil
  }

  /// What an object is told of its state: a state dict carries `_metadata` so, a module its tensors; a tensor's
  /// attributes matter not.
  mutating func build() throws {
    let state = try pop()
    switch try top() {
    case .object(let index): heap.objects[index].parts.append(state)
    case .dictionary, .tensor, .opaque: break
    default: throw malformed("it sets the state of what is no dictionary")
    }
  }

  /// `('storage', type, key, location, count, view)`: the only thing that lies outside the pickle. Whole models of old
  /// refer to `('module', class, file, source)` besides.
  mutating func pushStorage() throws {
    guard case .tuple(let index) = try pop() else { throw malformed("a reference to what is no storage") }
    let parts = heap.sequences[index]
    if parts.count >= 2, case .text("module") = parts[0], case .global = parts[1] { return stack.append(parts[1]) }
    guard parts.count >= 5, case .text("storage") = parts[0], case .global(.storage(let type)) = parts[1],
      case .text(let key) = parts[2], case .integer(let count) = parts[4], count >= 0
    else { throw malformed("a reference to what is no storage") }
    var viewOffset = 0
    if parts.count > 5, case .tuple(let view) = parts[5] {
      guard heap.sequences[view].count == 3, case .integer(let offset) = heap.sequences[view][1], offset >= 0 else {
        throw malformed("a view of a storage without its place")
      }
      viewOffset = offset
    }
    heap.storages.append(PickledStorage(key: key, elementType: type, viewOffset: viewOffset, count: count))
    stack.append(.storage(heap.storages.count - 1))
  }
}
