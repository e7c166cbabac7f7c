import CTorchInterface

/// One argument of an operator.
public enum OperatorValue: Sendable {
  /// The default of the operator's schema.
  case useDefault
  case none
  case tensor(Tensor)
  case int(Int)
  case double(Double)
  case bool(Bool)
  case string(String)
  case ints([Int])
  case doubles([Double])
  case bools([Bool])
  case tensors([Tensor])
  case optionalTensors([Tensor?])
  case dtype(DType)
  case device(Device)
  case generator(Generator)
}

/// One result of an operator. Lists of tensors come as their elements.
public enum OperatorResult: Sendable {
  case none
  case tensor(Tensor)
  case int(Int)
  case double(Double)
  case bool(Bool)
}

/// C memory for the arguments of one call.
struct ArgumentArena: ~Copyable {
  private var owned: [UnsafeMutableRawPointer] = []

  /// Frees the memory; called once the call has returned.
  mutating func free() {
    for memory in owned { memory.deallocate() }
    owned = []
  }

  mutating func encode(_ value: OperatorValue) -> LTValue {
    var encoded = LTValue()
    switch value {
    case .useDefault: encoded.tag = tag(LT_DEFAULT)
    case .none: encoded.tag = tag(LT_NONE)
    case .tensor(let tensor):
      encoded.tag = tag(LT_TENSOR)
      encoded.pointer = UnsafeRawPointer(tensor.handle)
    case .int(let number):
      encoded.tag = tag(LT_INT)
      encoded.integer = Int64(number)
    case .double(let number):
      encoded.tag = tag(LT_DOUBLE)
      encoded.real = number
    case .bool(let flag):
      encoded.tag = tag(LT_BOOL)
      encoded.integer = flag ? 1 : 0
    case .string(let text): keep(Array(text.utf8CString), as: LT_STRING, in: &encoded)
    case .ints(let numbers): keep(numbers.map(Int64.init), as: LT_INTS, in: &encoded)
    case .doubles(let numbers): keep(numbers, as: LT_DOUBLES, in: &encoded)
    case .bools(let flags): keep(flags.map { Int64($0 ? 1 : 0) }, as: LT_BOOLS, in: &encoded)
    case .tensors(let tensors): keep(tensors.map(\.handle), as: LT_TENSORS, in: &encoded)
    case .optionalTensors(let tensors): keep(tensors.map { $0?.handle }, as: LT_OPTIONAL_TENSORS, in: &encoded)
    case .dtype(let type):
      encoded.tag = tag(LT_TYPE)
      encoded.integer = Int64(type.rawValue)
    case .device(let device): keep(Array(device.name.utf8CString), as: LT_DEVICE, in: &encoded)
    case .generator(let generator):
      encoded.tag = tag(LT_GENERATOR)
      encoded.pointer = UnsafeRawPointer(generator.handle)
    }
    return encoded
  }

  private func tag(_ tag: LTTag) -> Int32 { Int32(tag.rawValue) }

  private mutating func keep<Element>(_ elements: [Element], as kind: LTTag, in value: inout LTValue) {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
    memory.initialize(from: elements, count: elements.count)
    owned.append(UnsafeMutableRawPointer(memory))
    value.tag = tag(kind)
    value.pointer = UnsafeRawPointer(memory)
    value.count = Int64(elements.count)
  }
}
