/// A model as data: ATen operator calls over named inputs, parameters and buffers.
///
/// This is the graph that `torch.export` writes, kept as JSON beside the weights, so that a checkpoint needs no code to
/// run. Value names are unique over parameters, buffers, inputs and node outputs.
public struct Program: Equatable, Sendable {
  /// The version of the JSON form that this library reads and writes.
  public static let currentVersion = 1

  /// The version of the JSON form that it was read from, ``currentVersion`` for a new one.
  public var version: Int
  /// What the network is called, as `resnet18`.
  public var architecture: String
  /// What a caller gives at each run, in order.
  public var inputs: [Input]
  /// What training changes, in PyTorch's order.
  public var parameters: [TensorSpecification]
  /// Running statistics and constants, in PyTorch's order.
  public var buffers: [TensorSpecification]
  /// Calls in execution order: a node reads only what comes before it.
  public var nodes: [Node]
  /// Names of the values the program returns; of a classifier, the logits first.
  public var outputs: [String]
  /// What the model itself calls its outputs, in their order: keys of a dictionary, places in a tuple; empty where it
  /// has one.
  public var outputNames: [String] = []
  /// Sizes of the first output, the batch axis first; -1 is free. Empty where they are not known.
  public var outputShape: [Int] = []
  /// Path of the layer that is the task's classifier, `fc` for example; several of them, or parameters, with commas.
  public var head: String?

  /// A program as given; ``validate()`` checks it.
  public init(
    architecture: String, inputs: [Input], parameters: [TensorSpecification], buffers: [TensorSpecification] = [],
    nodes: [Node], outputs: [String], head: String? = nil
  ) {
    version = Self.currentVersion
    self.architecture = architecture
    self.inputs = inputs
    self.parameters = parameters
    self.buffers = buffers
    self.nodes = nodes
    self.outputs = outputs
    self.head = head
  }

  /// Elements of all parameters together.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.elementCount } }
}

/// A named input of a program.
public struct Input: Codable, Equatable, Sendable {
  /// The value's name within the program, and the array's name in a dataset.
  public var name: String
  /// `float32` or `int64`, in the names of checkpoints.
  public var elementType: String
  /// Sizes with the batch axis first; -1 is free.
  public var shape: [Int]

  /// An input of a type and shape, the batch axis included.
  public init(name: String, elementType: String = "float32", shape: [Int]) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
  }
}

/// A parameter or buffer of a program: its type, shape and how a fresh one is drawn.
public struct TensorSpecification: Equatable, Sendable {
  /// PyTorch's name, as `layer1.0.conv1.weight`.
  public var name: String
  /// The extent of each axis.
  public var shape: [Int]
  /// The element type by the name that checkpoints use, `float32`.
  public var elementType: String
  /// How a fresh one is drawn; nil where the program does not say.
  public var initialization: Initialization?
  /// Whether it belongs to PyTorch's state dict; constants and non-persistent buffers do not.
  public var isPersistent = true

  /// A tensor of PyTorch's state dict.
  public init(name: String, shape: [Int], elementType: String = "float32", initialization: Initialization? = nil) {
    self.name = name
    self.shape = shape
    self.elementType = elementType
    self.initialization = initialization
  }

  /// Product of the sizes; 1 for a scalar.
  public var elementCount: Int { shape.reduce(1, *) }
}

/// How a fresh tensor is drawn.
public enum Initialization: Equatable, Sendable {
  /// Uniform on `-bound ... bound`.
  case uniform(bound: Double)
  /// Normal with mean 0.
  case normal(standardDeviation: Double)
  case constant(Double)
}

/// One operator call.
public struct Node: Equatable, Sendable {
  /// Namespace and name, `aten::conv2d`.
  public var operatorName: String
  /// The schema's overload name; empty for the default one.
  public var overload: String
  /// Arguments by schema name; absent ones take the schema's defaults.
  public var inputs: [NamedArgument]
  /// The names of the values that the call gives, in the schema's order.
  public var outputs: [String]
  /// Path of the module the call came from, `layer1.0.conv1`; empty at the root.
  public var layer: String
  /// Class of that module, `Conv2d`.
  public var layerKind: String

  /// A call with its arguments; those that are left out take the schema's defaults.
  public init(
    operatorName: String, overload: String = "", inputs: [NamedArgument], outputs: [String], layer: String = "",
    layerKind: String = ""
  ) {
    self.operatorName = operatorName
    self.overload = overload
    self.inputs = inputs
    self.outputs = outputs
    self.layer = layer
    self.layerKind = layerKind
  }

  /// The names of the values that the call reads.
  public var reads: [String] { inputs.flatMap(\.value.reads) }
}

/// An argument under its schema's name.
public struct NamedArgument: Codable, Equatable, Sendable {
  /// The argument's name in the operator's schema, `stride`.
  public var name: String
  /// What is given for it.
  public var value: Argument

  /// An argument and the name it is given under.
  public init(name: String, value: Argument) {
    self.name = name
    self.value = value
  }
}

/// An argument of an operator call.
public enum Argument: Equatable, Sendable {
  /// A parameter, buffer, input or node output, by name.
  case value(String)
  /// A list of such values; `nil` where an optional tensor is absent.
  case values([String?])
  case none
  case int(Int)
  case ints([Int])
  case double(Double)
  case doubles([Double])
  case bool(Bool)
  case bools([Bool])
  case string(String)
  /// An element type by its name, `float32`.
  case elementType(String)
  /// A list of sizes of which some are computed by the program.
  case sizes([Size])
  /// The device that the model is on.
  case device

  /// The names of the values this argument reads.
  public var reads: [String] {
    switch self {
    case .value(let name): [name]
    case .values(let names): names.compactMap { $0 }
    case .sizes(let sizes): sizes.compactMap { if case .value(let name) = $0 { name } else { nil } }
    default: []
    }
  }
}

/// One of a list of sizes: a number, or a value of the program by name.
public enum Size: Equatable, Sendable {
  case int(Int)
  case value(String)
}
