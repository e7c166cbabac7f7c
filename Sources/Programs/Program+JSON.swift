import Foundation

extension Program {
  /// A program from its JSON form, validated.
  ///
  /// - Throws: ``ProgramError/malformed(reason:)`` where the text is not a program's JSON, and what ``validate()`` throws.
  public init(json: Data) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      self = try decoder.decode(Program.self, from: json)
    } catch let error as DecodingError {
      throw ProgramError.malformed(reason: error.summary)
    }
    try validate()
  }

  /// The program as JSON with sorted keys: equal programs give equal bytes.
  public func jsonData() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try encoder.encode(self)
  }
}

extension Program: Codable {
  private enum CodingKeys: String, CodingKey {
    case version, architecture, inputs, parameters, buffers, nodes, outputs, outputNames, outputShape, head
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    version = try fields.decode(Int.self, forKey: .version)
    // A later version may mean anything by its fields: say so before one of them fails to read.
    guard version == Self.currentVersion else {
      throw ProgramError.unsupportedVersion(found: version, supported: Self.currentVersion)
    }
    architecture = try fields.decode(String.self, forKey: .architecture)
    inputs = try fields.decode([Input].self, forKey: .inputs)
    parameters = try fields.decode([TensorSpecification].self, forKey: .parameters)
    buffers = try fields.decodeIfPresent([TensorSpecification].self, forKey: .buffers) ?? []
    nodes = try fields.decode([Node].self, forKey: .nodes)
    outputs = try fields.decode([String].self, forKey: .outputs)
    outputNames = try fields.decodeIfPresent([String].self, forKey: .outputNames) ?? []
    outputShape = try fields.decodeIfPresent([Int].self, forKey: .outputShape) ?? []
    head = try fields.decodeIfPresent(String.self, forKey: .head)
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(version, forKey: .version)
    try fields.encode(architecture, forKey: .architecture)
    try fields.encode(inputs, forKey: .inputs)
    try fields.encode(parameters, forKey: .parameters)
    try fields.encode(buffers, forKey: .buffers)
    try fields.encode(nodes, forKey: .nodes)
    try fields.encode(outputs, forKey: .outputs)
    if !outputNames.isEmpty { try fields.encode(outputNames, forKey: .outputNames) }
    if !outputShape.isEmpty { try fields.encode(outputShape, forKey: .outputShape) }
    try fields.encodeIfPresent(head, forKey: .head)
  }
}

extension TensorSpecification: Codable {
  private enum CodingKeys: String, CodingKey { case name, shape, elementType, initialization, isPersistent }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    name = try fields.decode(String.self, forKey: .name)
    shape = try fields.decode([Int].self, forKey: .shape)
    elementType = try fields.decodeIfPresent(String.self, forKey: .elementType) ?? "float32"
    initialization = try fields.decodeIfPresent(Initialization.self, forKey: .initialization)
    isPersistent = try fields.decodeIfPresent(Bool.self, forKey: .isPersistent) ?? true
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(name, forKey: .name)
    try fields.encode(shape, forKey: .shape)
    try fields.encode(elementType, forKey: .elementType)
    try fields.encodeIfPresent(initialization, forKey: .initialization)
    if !isPersistent { try fields.encode(false, forKey: .isPersistent) }
  }
}

extension Initialization: Codable {
  private enum CodingKeys: String, CodingKey { case uniform, normal, constant }

  public init(from decoder: any Decoder) throws {
    let (fields, tag) = try decoder.onlyTag(of: CodingKeys.self)
    let number = try fields.decode(Double.self, forKey: tag)
    self =
      switch tag {
      case .uniform: .uniform(bound: number)
      case .normal: .normal(standardDeviation: number)
      case .constant: .constant(number)
      }
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .uniform(let bound): try fields.encode(bound, forKey: .uniform)
    case .normal(let standardDeviation): try fields.encode(standardDeviation, forKey: .normal)
    case .constant(let value): try fields.encode(value, forKey: .constant)
    }
  }
}

extension Node: Codable {
  private enum CodingKeys: String, CodingKey {
    case operatorName = "operator"
    case overload, inputs, outputs, layer
    case layerKind = "kind"
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    operatorName = try fields.decode(String.self, forKey: .operatorName)
    overload = try fields.decodeIfPresent(String.self, forKey: .overload) ?? ""
    inputs = try fields.decode([NamedArgument].self, forKey: .inputs)
    outputs = try fields.decode([String].self, forKey: .outputs)
    layer = try fields.decodeIfPresent(String.self, forKey: .layer) ?? ""
    layerKind = try fields.decodeIfPresent(String.self, forKey: .layerKind) ?? ""
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(operatorName, forKey: .operatorName)
    if !overload.isEmpty { try fields.encode(overload, forKey: .overload) }
    try fields.encode(inputs, forKey: .inputs)
    try fields.encode(outputs, forKey: .outputs)
    if !layer.isEmpty { try fields.encode(layer, forKey: .layer) }
    if !layerKind.isEmpty { try fields.encode(layerKind, forKey: .layerKind) }
  }
}

/// An argument is an object with one tag: `{"value":"x"}`, `{"ints":[1,1]}`, `{"none":true}`.
extension Argument: Codable {
  private enum CodingKeys: String, CodingKey {
    case value, values, none, int, ints, double, doubles, bool, bools, string, elementType, sizes, device
  }

  public init(from decoder: any Decoder) throws {
    let (fields, tag) = try decoder.onlyTag(of: CodingKeys.self)
    switch tag {
    case .value: self = .value(try fields.decode(String.self, forKey: tag))
    case .values: self = .values(try fields.decode([String?].self, forKey: tag))
    case .none: self = .none
    case .int: self = .int(try fields.decode(Int.self, forKey: tag))
    case .ints: self = .ints(try fields.decode([Int].self, forKey: tag))
    case .double: self = .double(try fields.decode(Double.self, forKey: tag))
    case .doubles: self = .doubles(try fields.decode([Double].self, forKey: tag))
    case .bool: self = .bool(try fields.decode(Bool.self, forKey: tag))
    case .bools: self = .bools(try fields.decode([Bool].self, forKey: tag))
    case .string: self = .string(try fields.decode(String.self, forKey: tag))
    case .elementType: self = .elementType(try fields.decode(String.self, forKey: tag))
    case .sizes: self = .sizes(try fields.decode([Size].self, forKey: tag))
    case .device: self = .device
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .value(let name): try fields.encode(name, forKey: .value)
    case .values(let names): try fields.encode(names, forKey: .values)
    case .none: try fields.encode(true, forKey: CodingKeys.none)
    case .int(let number): try fields.encode(number, forKey: .int)
    case .ints(let numbers): try fields.encode(numbers, forKey: .ints)
    case .double(let number): try fields.encode(number, forKey: .double)
    case .doubles(let numbers): try fields.encode(numbers, forKey: .doubles)
    case .bool(let flag): try fields.encode(flag, forKey: .bool)
    case .bools(let flags): try fields.encode(flags, forKey: .bools)
    case .string(let text): try fields.encode(text, forKey: .string)
    case .elementType(let name): try fields.encode(name, forKey: .elementType)
    case .sizes(let sizes): try fields.encode(sizes, forKey: .sizes)
    case .device: try fields.encode(true, forKey: .device)
    }
  }
}

/// A number, or the name of a value.
extension Size: Codable {
  public init(from decoder: any Decoder) throws {
    let field = try decoder.singleValueContainer()
    if let number = try? field.decode(Int.self) {
      self = .int(number)
    } else {
      self = .value(try field.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var field = encoder.singleValueContainer()
    switch self {
    case .int(let number): try field.encode(number)
    case .value(let name): try field.encode(name)
    }
  }
}

extension Decoder {
  /// The one known key of an object that stands for a tagged value.
  fileprivate func onlyTag<Key: CodingKey>(of: Key.Type) throws -> (KeyedDecodingContainer<Key>, Key) {
    let fields = try container(keyedBy: Key.self)
    guard let tag = fields.allKeys.first, fields.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath, debugDescription: "expected an object with one known tag"))
    }
    return (fields, tag)
  }
}

extension DecodingError {
  /// Where and what, in one line.
  var summary: String {
    let (what, context): (String, Context) =
      switch self {
      case .typeMismatch(let type, let context): ("expected \(type)", context)
      case .valueNotFound(let type, let context): ("expected \(type), found null", context)
      case .keyNotFound(let key, let context): ("'\(key.stringValue)' is missing", context)
      case .dataCorrupted(let context): (context.debugDescription, context)
      @unknown default: ("it cannot be decoded", .init(codingPath: [], debugDescription: ""))
      }
    let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
    return (path.isEmpty ? what : "at \(path.drop { $0 == "." }), \(what)").oneLine
  }
}
