import Foundation

/// The graph that `torch.export.save` writes as JSON (`models/model.json` of a `.pt2` archive), schema version 8.
///
/// Only what a ``Program`` needs is decoded; `torch/_export/serde/schema.py` of PyTorch describes the rest.
public struct ExportedProgram: Decodable, Sendable {
  /// The version of PyTorch that wrote it.
  public let torchVersion: String?
  let graphModule: GraphModule
  let schemaVersion: SchemaVersion

  enum CodingKeys: String, CodingKey {
    case torchVersion = "torch_version"
    case graphModule = "graph_module"
    case schemaVersion = "schema_version"
  }

  private struct Versioned: Decodable {
    let schemaVersion: SchemaVersion
    enum CodingKeys: String, CodingKey { case schemaVersion = "schema_version" }
  }

  struct SchemaVersion: Decodable, Sendable {
    let major: Int
    let minor: Int
  }

  /// The major schema version this library reads: that of PyTorch 2.6 and later.
  static let supportedSchema = 8

  /// Decodes a graph.
  ///
  /// - Throws: ``ProgramError/malformed(reason:)``, ``ProgramError/unsupportedVersion(found:supported:)``.
  public init(json: Data) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do {
      let version = try decoder.decode(Versioned.self, from: json).schemaVersion.major
      guard version == Self.supportedSchema else {
        throw ProgramError.unsupportedVersion(found: version, supported: Self.supportedSchema)
      }
      self = try decoder.decode(ExportedProgram.self, from: json)
    } catch let error as DecodingError {
      throw ProgramError.malformed(reason: error.summary)
    }
  }
}

extension ExportedProgram {
  struct GraphModule: Decodable, Sendable {
    let graph: Graph
    let signature: Signature
    let calls: [ModuleCall]?

    enum CodingKeys: String, CodingKey {
      case graph, signature
      case calls = "module_call_graph"
    }
  }

  /// How a module is called; that of the empty path is the whole model.
  struct ModuleCall: Decodable, Sendable {
    let path: String
    let signature: CallSignature?

    enum CodingKeys: String, CodingKey {
      case signature
      case path = "fqn"
    }
  }

  struct CallSignature: Decodable, Sendable {
    let outputTree: String

    enum CodingKeys: String, CodingKey { case outputTree = "out_spec" }
  }

  struct Graph: Decodable, Sendable {
    let nodes: [GraphNode]
    let tensorValues: [String: TensorMeta]

    enum CodingKeys: String, CodingKey {
      case nodes
      case tensorValues = "tensor_values"
    }
  }

  struct GraphNode: Decodable, Sendable {
    let target: String
    let inputs: [NamedValue]
    let outputs: [ExportedValue]
    let metadata: [String: String]

    struct NamedValue: Decodable, Sendable {
      let name: String
      let arg: ExportedValue
    }
  }

  struct TensorMeta: Decodable, Sendable {
    let dtype: Int
    let sizes: [SymbolicInt]
  }

  struct Signature: Decodable, Sendable {
    let inputs: [InputSpecification]
    let outputs: [OutputSpecification]

    enum CodingKeys: String, CodingKey {
      case inputs = "input_specs"
      case outputs = "output_specs"
    }
  }

  /// What an input of the graph stands for; all fields but the matching one are absent.
  struct InputSpecification: Decodable, Sendable {
    let parameter: Held?
    let buffer: Held?
    let tensorConstant: Held?
    let userInput: User?

    enum CodingKeys: String, CodingKey {
      case parameter, buffer
      case tensorConstant = "tensor_constant"
      case userInput = "user_input"
    }

    struct Held: Decodable, Sendable {
      let arg: Name
      let parameterName: String?
      let bufferName: String?
      let constantName: String?
      let persistent: Bool?

      enum CodingKeys: String, CodingKey {
        case arg, persistent
        case parameterName = "parameter_name"
        case bufferName = "buffer_name"
        case constantName = "tensor_constant_name"
      }
    }

    struct User: Decodable, Sendable { let arg: ExportedValue }
  }

  struct OutputSpecification: Decodable, Sendable {
    let userOutput: InputSpecification.User?
    let kind: String

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: AnyKey.self)
      kind = fields.allKeys.first?.stringValue ?? "nothing"
      userOutput =
        kind == "user_output" ? try fields.decode(InputSpecification.User.self, forKey: AnyKey("user_output")) : nil
    }
  }

  struct Name: Decodable, Sendable { let name: String }
}

/// A size or number in a graph: known, or computed when the program runs.
struct SymbolicInt: Decodable, Equatable, Sendable {
  /// The value where it is known.
  let known: Int?
  /// The name of the value that gives it.
  let name: String?

  enum CodingKeys: String, CodingKey {
    case known = "as_int"
    case name = "as_name"
  }
}

/// An argument or result in a graph: an object with the one key that says what it is.
enum ExportedValue: Decodable, Sendable {
  case tensor(String)
  case tensors([String?])
  case int(Int)
  case ints([Int])
  case double(Double)
  case doubles([Double])
  case bool(Bool)
  case bools([Bool])
  case string(String)
  case symbol(SymbolicInt)
  case symbols([SymbolicInt])
  /// A computed number that is not an integer, by its name.
  case computed(String)
  case elementType(Int)
  case memoryFormat(Int)
  case layout
  case device
  case none
  case unsupported(String)

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: AnyKey.self)
    guard let key = fields.allKeys.first, fields.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "expected an object with one tag"))
    }
    func value<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
      try fields.decode(Value.self, forKey: key)
    }
    switch key.stringValue {
    case "as_tensor": self = .tensor(try value(ExportedProgram.Name.self).name)
    case "as_tensors": self = .tensors(try value([ExportedProgram.Name].self).map(\.name))
    case "as_optional_tensor":
      if case .tensor(let name) = try value(ExportedValue.self) { self = .tensor(name) } else { self = .none }
    case "as_optional_tensors":
      self = .tensors(
        try value([ExportedValue].self).map { if case .tensor(let name) = $0 { name } else { nil } })
    case "as_int": self = .int(try value())
    case "as_ints": self = .ints(try value())
    case "as_float": self = .double(try value())
    case "as_floats": self = .doubles(try value())
    case "as_bool": self = .bool(try value())
    case "as_bools": self = .bools(try value())
    case "as_string": self = .string(try value())
    case "as_sym_int": self = .symbol(try value())
    case "as_sym_ints": self = .symbols(try value())
    case "as_sym_float", "as_sym_bool": self = try Self.symbolic(value())
    case "as_scalar_type": self = .elementType(try value())
    case "as_memory_format": self = .memoryFormat(try value())
    case "as_layout": self = .layout
    case "as_device": self = .device
    case "as_none": self = .none
    default: self = .unsupported(key.stringValue)
    }
  }

  private static func symbolic(_ fields: SymbolicNumber) -> ExportedValue {
    if let name = fields.name { return .computed(name) }
    if let flag = fields.flag { return .bool(flag) }
    return fields.number.map { .double($0) } ?? .none
  }

  private struct SymbolicNumber: Decodable {
    let name: String?
    let number: Double?
    let flag: Bool?

    enum CodingKeys: String, CodingKey {
      case name = "as_name"
      case number = "as_float"
      case flag = "as_bool"
    }
  }
}

/// Any key of a JSON object.
struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(_ text: String) { stringValue = text }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
