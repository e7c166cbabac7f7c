import CHDF5

/// A group or a dataset: what attributes can stand on.
public protocol AttributeHolder: Sendable {
  /// Its attributes.
  var attributes: Attributes { get }
}

extension AttributeHolder {
  /// The names of its attributes.
  public var attributeNames: [String] { get throws { try attributes.names } }

  /// Reads an attribute; nil where there is none of this name.
  public func attribute<Value: AttributeValue>(_ name: String, as type: Value.Type = Value.self) throws -> Value? {
    try attributes.contains(name) ? Value.read(name, attributes) : nil
  }

  /// Reads an attribute that must be there.
  public func requiredAttribute<Value: AttributeValue>(_ name: String, as type: Value.Type = Value.self) throws
    -> Value
  {
    guard let value: Value = try attribute(name) else {
      throw HDF5Error.failed(
        operation: "read the attribute \(name)", object: attributes.object, reason: "there is none")
    }
    return value
  }

  /// Writes an attribute, in place of any of this name.
  public func setAttribute<Value: AttributeValue>(_ name: String, to value: Value) throws {
    try attributes.remove(name)
    try value.write(name, attributes)
  }
}

/// What an attribute can hold: text, integers and fractions, one or several.
public protocol AttributeValue: Sendable {
  /// Reads the attribute of this name.
  static func read(_ name: String, _ attributes: Attributes) throws -> Self
  /// Writes the attribute of this name, which is not there.
  func write(_ name: String, _ attributes: Attributes) throws
}

/// The attributes of one object.
public struct Attributes: Sendable {
  let source: ObjectSource
  let object: String

  /// Their names, in alphabetical order.
  public var names: [String] {
    get throws {
      switch source {
      case .foreign(let foreign): return try foreign.description.attributes.get().map(\.name)
      case .library(let handle):
        return try withLibrary { try collectNames("list attributes", object) { lethe_h5a_iterate(handle.id, $0, $1) } }
      }
    }
  }

  /// Whether there is one of this name.
  ///
  /// - Throws: ``HDF5Error`` for a damaged object, which does not know.
  public func contains(_ name: String) throws -> Bool {
    guard case .library(let handle) = source else { return try names.contains(name) }
    return try withLibrary { try check(H5Aexists(handle.id, name), "look for the attribute \(name)", object) > 0 }
  }

  func remove(_ name: String) throws {
    let handle = try source.handle(object)
    try withLibrary {
      if try contains(name) { try check(H5Adelete(handle.id, name), "replace the attribute \(name)", object) }
    }
  }

  func readStrings(_ name: String) throws -> [String] {
    if case .foreign(let foreign) = source {
      guard case .strings(let values)? = try foreign.attribute(name) else {
        throw HDF5Error.failed(
          operation: "read", object: "\(object), attribute \(name)", reason: "expected text, found another type")
      }
      return values
    }
    return try withLibrary {
      let attribute = try open(name)
      let type = try Handle(checking: H5Aget_type(attribute.id), H5Tclose, "read", object)
      let space = try Handle(checking: H5Aget_space(attribute.id), H5Sclose, "read", object)
      let count = try check(H5Sget_simple_extent_npoints(space.id), "read the attribute \(name)", object)
      try checkExtent(name, Int(count), H5Tget_size(type.id))
      return try Text.read(type, space, "\(object), attribute \(name)") { H5Aread(attribute.id, $0, $1) }
    }
  }

  func writeStrings(_ name: String, _ values: [String], isScalar: Bool) throws {
    try withLibrary {
      let (type, bytes) = try Text.packed(values)
      let space = try Handle(
        checking: isScalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, [hsize_t(values.count)], nil), H5Sclose,
        "write", object)
      let attribute = try create(name, type, space)
      guard !values.isEmpty else { return }
      try check(H5Awrite(attribute.id, type.id, bytes), "write the attribute \(name)", object)
    }
  }

  func readNumbers<Element: DatasetElement>(_ name: String, as: Element.Type) throws -> [Element] {
    let mismatch = HDF5Error.failed(
      operation: "read the attribute \(name)", object: object,
      reason: "expected \(Element.elementType.rawValue), found another type")
    if case .foreign(let foreign) = source {
      guard let values = try foreign.attribute(name)?.numbers(as: Element.self) else { throw mismatch }
      return values
    }
    return try withLibrary {
      let attribute = try open(name)
      let found = try Handle(checking: H5Aget_type(attribute.id), H5Tclose, "read", object)
      guard let (foundType, _) = try ElementType.matching(found.id),
        Element.elementType.isFloatingPoint || !foundType.isFloatingPoint
      else { throw mismatch }
      let space = try Handle(checking: H5Aget_space(attribute.id), H5Sclose, "read", object)
      let count = try check(H5Sget_simple_extent_npoints(space.id), "read the attribute \(name)", object)
      try checkExtent(name, Int(count), H5Tget_size(found.id))
      let type = try Element.elementType.makeType()
      return try [Element](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
        if let base = buffer.baseAddress, count > 0 {
          try check(H5Aread(attribute.id, type.id, base), "read the attribute \(name)", object)
        }
        initialized = Int(count)
      }
    }
  }

  func writeNumbers<Element: DatasetElement>(_ name: String, _ values: [Element], isScalar: Bool) throws {
    try withLibrary {
      let type = try Element.elementType.makeType()
      let space = try Handle(
        checking: isScalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, [hsize_t(values.count)], nil), H5Sclose,
        "write", object)
      let attribute = try create(name, type, space)
      guard !values.isEmpty else { return }
      try check(H5Awrite(attribute.id, type.id, values), "write the attribute \(name)", object)
    }
  }

  /// Reads an attribute as what it is; in libhdf5 only.
  func value(_ name: String) throws -> ForeignContents.Value {
    try withLibrary {
      let attribute = try open(name)
      let type = try Handle(checking: H5Aget_type(attribute.id), H5Tclose, "read", object)
      if H5Tget_class(type.id) == H5T_STRING { return .strings(try readStrings(name)) }
      guard let (elementType, _) = try ElementType.matching(type.id) else { return .other }
      return elementType.isFloatingPoint
        ? .fractions(try readNumbers(name, as: Double.self)) : .integers(try readNumbers(name, as: Int.self))
    }
  }

  func single<Value>(_ values: [Value], _ name: String) throws -> Value {
    guard values.count == 1, let value = values.first else {
      throw HDF5Error.failed(
        operation: "read the attribute \(name)", object: object, reason: "expected one value, found \(values.count)")
    }
    return value
  }

  /// An attribute lies in its file as it is.
  private func checkExtent(_ name: String, _ count: Int, _ size: Int) throws {
    let handle = try source.handle(object)
    let file = try Handle(checking: H5Iget_file_id(handle.id), H5Fclose, "read the attribute \(name)", object)
    var byteCount: hsize_t = 0
    try check(H5Fget_filesize(file.id, &byteCount), "read the attribute \(name)", object)
    let (claimed, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow, claimed <= Int(clamping: byteCount) else {
      throw HDF5Error.failed(
        operation: "read the attribute \(name)", object: object,
        reason: "it claims \(count) values of \(size) bytes, the file has \(byteCount)")
    }
  }

  private func open(_ name: String) throws -> Handle {
    try Handle(
      checking: H5Aopen(source.handle(object).id, name, lethe_h5p_default()), H5Aclose, "open the attribute \(name)",
      object)
  }

  private func create(_ name: String, _ type: Handle, _ space: Handle) throws -> Handle {
    let defaults = lethe_h5p_default()
    return try Handle(
      checking: H5Acreate2(source.handle(object).id, name, type.id, space.id, defaults, defaults), H5Aclose,
      "create the attribute \(name)", object)
  }
}

extension String: AttributeValue {
  public static func read(_ name: String, _ attributes: Attributes) throws -> String {
    try attributes.single(attributes.readStrings(name), name)
  }
  public func write(_ name: String, _ attributes: Attributes) throws {
    try attributes.writeStrings(name, [self], isScalar: true)
  }
}

extension Int: AttributeValue {
  public static func read(_ name: String, _ attributes: Attributes) throws -> Int {
    try attributes.single(attributes.readNumbers(name, as: Int.self), name)
  }
  public func write(_ name: String, _ attributes: Attributes) throws {
    try attributes.writeNumbers(name, [self], isScalar: true)
  }
}

extension Double: AttributeValue {
  public static func read(_ name: String, _ attributes: Attributes) throws -> Double {
    try attributes.single(attributes.readNumbers(name, as: Double.self), name)
  }
  public func write(_ name: String, _ attributes: Attributes) throws {
    try attributes.writeNumbers(name, [self], isScalar: true)
  }
}

/// What an attribute can hold several of.
public protocol AttributeElement: Sendable {
  /// Reads the attribute of this name.
  static func readArray(_ name: String, _ attributes: Attributes) throws -> [Self]
  /// Writes the attribute of this name, which is not there.
  static func writeArray(_ values: [Self], _ name: String, _ attributes: Attributes) throws
}

extension String: AttributeElement {
  public static func readArray(_ name: String, _ attributes: Attributes) throws -> [String] {
    try attributes.readStrings(name)
  }
  public static func writeArray(_ values: [String], _ name: String, _ attributes: Attributes) throws {
    try attributes.writeStrings(name, values, isScalar: false)
  }
}

extension Int: AttributeElement {
  public static func readArray(_ name: String, _ attributes: Attributes) throws -> [Int] {
    try attributes.readNumbers(name, as: Int.self)
  }
  public static func writeArray(_ values: [Int], _ name: String, _ attributes: Attributes) throws {
    try attributes.writeNumbers(name, values, isScalar: false)
  }
}

extension Double: AttributeElement {
  public static func readArray(_ name: String, _ attributes: Attributes) throws -> [Double] {
    try attributes.readNumbers(name, as: Double.self)
  }
  public static func writeArray(_ values: [Double], _ name: String, _ attributes: Attributes) throws {
    try attributes.writeNumbers(name, values, isScalar: false)
  }
}

extension Array: AttributeValue where Element: AttributeElement {
  public static func read(_ name: String, _ attributes: Attributes) throws -> [Element] {
    try Element.readArray(name, attributes)
  }
  public func write(_ name: String, _ attributes: Attributes) throws {
    try Element.writeArray(self, name, attributes)
  }
}
