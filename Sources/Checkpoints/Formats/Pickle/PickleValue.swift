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
  /// Something that no state dict needs: bytes, sets, integers beyond 64 bits.
  case opaque
}

/// The names that a pickle of a state dict refers to. There are no others: nothing in a file is ever executed.
enum PickleGlobal: Equatable {
  case orderedDictionary
  case rebuildTensor
  case rebuildTensorOfType
  case rebuildParameter
  case size
  case device
  /// A kind of storage with the type of its elements; nil for one without a type of its own (bytes).
  case storage(elementType: String?)
  /// PyTorch's name of an element type.
  case elementType(String)

  /// The global of a module and a name; nil for all that are refused.
  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTensorOfType
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
        return nil
      }
    default: return nil
    }
  }

  private static let storages = [
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
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

/// The containers, storages and tensors that a pickle made.
struct PickleHeap {
  var sequences: [[PickleValue]] = []
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  var storages: [PickledStorage] = []
  var tensors: [PickledTensor] = []
}
