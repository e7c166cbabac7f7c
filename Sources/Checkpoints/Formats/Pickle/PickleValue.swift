/// What a pickle of a state dict can hold. Containers stand in the ``PickleHeap`` they were made in, by number, so that
/// cycles and nesting of any depth are harmless.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  /// A name that may be called, or stands for a type.
  case global(PickleGlobal)
  case storage(Int)
  case tensor(Int)
  /// What a name would make that is not acted out.
  case object(Int)
  /// Something that no state dict needs: bytes, sets, integers beyond 64 bits.
  case opaque

  /// The number of a list's elements, or a tuple's.
  var sequence: Int? {
    switch self {
    case .list(let index), .tuple(let index): index
    default: nil
    }
  }
}

/// The names that a pickle refers to: those a state dict needs, and all others, which are names and nothing more.
/// Nothing in a file is ever executed.
enum PickleGlobal: Equatable {
  case orderedDictionary
  case defaultDictionary
  case rebuildTensor
  case rebuildTensorOfType
  case rebuildTensorOfClass
  case rebuildParameter
  case size
  case device
  /// A kind of storage with the type of its elements; nil for one without a type of its own (bytes).
  case storage(elementType: String?)
  /// PyTorch's name of an element type.
  case elementType(String)
  /// Any other, as `module.name`.
  case other(String)

  /// The global of a module and a name.
  init(module: String, name: String) {
    let other = Self.other("\(Self.printable(module)).\(Self.printable(name))")
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("collections", "defaultdict"): self = .defaultDictionary
    case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTensorOfType
    case ("torch._tensor", "_rebuild_from_type_v2"): self = .rebuildTensorOfClass
    case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"):
      self = .rebuildParameter
    case ("torch", "Size"): self = .size
    case ("torch", "device"): self = .device
    case ("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage"): self = .storage(elementType: nil)
    case ("torch", _), ("torch.cuda", _):
      if let type = Self.storages[name] {
        self = .storage(elementType: type)
      } else if module == "torch", Self.elementTypes.contains(name) {
        self = .elementType(name)
      } else {
        self = other
      }
    default: self = other
    }
  }

  /// It by name.
  var words: String {
    switch self {
    case .other(let name): name
    case .elementType(let name): "torch.\(name)"
    default: "\(self)"
    }
  }

  // What a hostile file says goes into a message, not to the terminal's control codes.
  private static func printable(_ text: String) -> String {
    String(text.unicodeScalars.prefix(80).map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) })
  }

  private static let storages = [
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128", "QInt8Storage": "qint8", "QUInt8Storage": "quint8", "QInt32Storage": "qint32",
  ]

  private static let elementTypes: Set<String> = [
    "float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32",
    "uint64", "bool", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2",
  ]
}

/// A storage that a pickle refers to, by its key in the file.
struct PickledStorage {
  let key: String
  let elementType: String?
  /// The first element seen through a view of the legacy format.
  let viewOffset: Int
  /// In elements; in bytes where the storage has no type.
  let count: Int
}

/// A window on a storage.
struct PickledTensor {
  let storage: PickledStorage
  let elementType: String
  let shape: [Int]
  let strides: [Int]
  let offset: Int
}

/// What a name that is not acted out would have made.
struct PickledObject {
  /// Its class, or what it is, in words.
  let name: String
  let arguments: [PickleValue]
  /// Whether it would have been a tensor.
  let isTensor: Bool
  /// What it was told afterwards: its state, and elements that were appended.
  var parts: [PickleValue] = []
  /// The dictionary of the items that were set.
  var items: Int?
}

/// The containers, storages, tensors and objects that a pickle made.
struct PickleHeap {
  var sequences: [[PickleValue]] = []
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  var storages: [PickledStorage] = []
  var tensors: [PickledTensor] = []
  var objects: [PickledObject] = []

  mutating func newDictionary(_ pairs: [(key: PickleValue, value: PickleValue)] = []) -> PickleValue {
    dictionaries.append(pairs)
    return .dictionary(dictionaries.count - 1)
  }

  mutating func newObject(_ name: String, _ arguments: [PickleValue], isTensor: Bool = false) -> PickleValue {
    objects.append(PickledObject(name: name, arguments: arguments, isTensor: isTensor))
    return .object(objects.count - 1)
  }

  /// The dictionary of an object's items, made where there is none yet.
  mutating func items(of object: Int) -> Int {
    if let items = objects[object].items { return items }
    dictionaries.append([])
    objects[object].items = dictionaries.count - 1
    return dictionaries.count - 1
  }
}
