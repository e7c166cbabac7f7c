import CHDF5
import Foundation

/// A dataset: an array of one element type, with attributes.
public final class Dataset: AttributeHolder {
  /// The file it was opened from; see ``holdingFile`` for the one its bytes are in.
  public let file: File
  /// Its path from the root of ``file``.
  public let path: String
  let source: ObjectSource
  // nil for strings and types that have no element type here; those are read by their own functions.
  private let knownType: (elementType: ElementType, isExact: Bool)?

  public var attributes: Attributes { Attributes(source: source, object: label) }
  var label: String { "\(file.path): \(path)" }

  init(_ handle: Handle, path: String, file: File) throws {
    source = .library(handle)
    self.path = path
    self.file = file
    let type = try Handle(checking: H5Dget_type(handle.id), H5Tclose, "read the type", "\(file.path): \(path)")
    knownType = try ElementType.matching(type.id)
  }

  /// - Throws: what the file's reader has refused it for.
  init(_ foreign: ForeignObject, path: String, file: File) throws {
    source = .foreign(foreign)
    self.path = path
    self.file = file
    let data = try foreign.named(path, file) { try foreign.data() }
    knownType = data.elementType.map { ($0, data.isExact) }
  }

  /// The type its elements are read as. A type of another size or byte order is converted by HDF5.
  public var elementType: ElementType { get throws { try elements().elementType } }

  /// Its extent along each axis; empty for a single element.
  public var shape: [Int] {
    get throws {
      if case .foreign(let foreign) = source { return try foreign.data().shape }
      return try withLibrary {
        let handle = try source.handle(label)
        let space = try Handle(checking: H5Dget_space(handle.id), H5Sclose, "read the shape", label)
        let rank = try check(H5Sget_simple_extent_ndims(space.id), "read the shape", label)
        var extents = [hsize_t](repeating: 0, count: Int(rank))
        try check(H5Sget_simple_extent_dims(space.id, &extents, nil), "read the shape", label)
        guard H5Sget_simple_extent_type(space.id) != H5S_NULL else { return [0] }
        // A damaged file can claim any extent.
        let limit = hsize_t(Int.max) / 16
        var total: hsize_t = 1
        for extent in extents {
          let (product, overflow) = total.multipliedReportingOverflow(by: max(extent, 1))
          guard !overflow, product <= limit else {
            throw HDF5Error.unreadable(path: file.path, reason: "\(path) claims the shape \(extents)")
          }
          total = product
        }
        return extents.map(Int.init)
      }
    }
  }

  /// The length of its bytes as ``readBytes()`` gives them.
  public var byteCount: Int { get throws { try shape.reduce(1, *) * elementType.byteCount } }

  /// Where its bytes begin in ``holdingFile``, when they lie there in one piece and need no conversion.
  public var fileOffset: Int? {
    get throws {
      guard try elements().isExact else { return nil }
      if case .foreign(let foreign) = source { return try foreign.data().offset }
      return try withLibrary {
        let handle = try source.handle(label)
        let list = try Handle(checking: H5Dget_create_plist(handle.id), H5Pclose, "read the layout", label)
        guard H5Pget_layout(list.id) == H5D_CONTIGUOUS, H5Pget_external_count(list.id) == 0 else { return nil }
        let offset = H5Dget_offset(handle.id)
        return offset == lethe_haddr_undefined() ? nil : Int(exactly: offset)
      }
    }
  }

  /// The path of the file that holds its bytes: another than ``file`` where an external link was followed.
  public var holdingFile: String {
    get throws {
      if case .foreign(let foreign) = source { return foreign.file.path }
      return try withLibrary {
        let handle = try source.handle(label)
        let length = try check(H5Fget_name(handle.id, nil, 0), "read the file's name", label)
        var name = [CChar](repeating: 0, count: length + 1)
        try check(H5Fget_name(handle.id, &name, length + 1), "read the file's name", label)
        return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
    }
  }

  // MARK: Reading

  /// Reads everything, as little-endian elements of ``elementType``.
  public func readBytes() throws -> [UInt8] {
    try transfer(byteCount, try elementType, rows: nil)
  }

  /// Reads some rows: a range of the first axis.
  public func readRows(_ rows: Range<Int>) throws -> [UInt8] {
    try transfer(rowByteCount() * rows.count, try elementType, rows: rows)
  }

  /// Reads everything as numbers of a Swift type; HDF5 converts between widths.
  ///
  /// - Throws: ``HDF5Error/typeMismatch(name:file:expected:found:)`` for fractions asked as integers.
  public func read<Element: DatasetElement>(as type: Element.Type = Element.self) throws -> [Element] {
    let found = try elementType
    let wanted = Element.elementType
    guard wanted.isFloatingPoint || !found.isFloatingPoint else {
      throw HDF5Error.typeMismatch(name: path, file: file.path, expected: wanted.rawValue, found: found.rawValue)
    }
    let count = try shape.reduce(1, *)
    return try [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      try read(into: UnsafeMutableRawPointer(buffer.baseAddress), wanted, rows: nil)
      initialized = count
    }
  }

  /// Reads everything, or some rows, as a type that HDF5 converts to.
  func bytes(as type: ElementType, rows: Range<Int>?) throws -> [UInt8] {
    let count = try (rows.map { [$0.count] + (try shape.dropFirst()) } ?? shape).reduce(1, *)
    return try transfer(count * type.byteCount, type, rows: rows)
  }

  /// Whether the file has exactly the bytes of ``elementType``.
  var isExact: Bool { get throws { try elements().isExact } }

  private func transfer(_ byteCount: Int, _ type: ElementType, rows: Range<Int>?) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      try read(into: UnsafeMutableRawPointer(buffer.baseAddress), type, rows: rows)
      initialized = byteCount
    }
  }

  private func read(into destination: UnsafeMutableRawPointer?, _ type: ElementType, rows: Range<Int>?) throws {
    guard let destination else { return }
    if case .foreign(let foreign) = source { return try readForeign(foreign, into: destination, type, rows: rows) }
    try withLibrary {
      let handle = try source.handle(label)
      let spaces = try rows.map(selection)
      let memoryType = try type.makeType()
      let memory = spaces?.memory.id ?? lethe_h5s_all()
      let selected = spaces?.file.id ?? lethe_h5s_all()
      try check(
        H5Dread(handle.id, memoryType.id, memory, selected, lethe_h5p_default(), destination), "read the data", label)
    }
  }

  // MARK: Writing

  /// Writes everything.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    try expect(bytes.count, try byteCount)
    try store(bytes, rows: nil)
  }

  /// Writes everything.
  public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// Writes some rows: a range of the first axis.
  public func writeRows(_ rows: Range<Int>, _ bytes: UnsafeRawBufferPointer) throws {
    try expect(bytes.count, rowByteCount() * rows.count)
    try store(bytes, rows: rows)
  }

  /// Writes some rows: a range of the first axis.
  public func writeRows(_ rows: Range<Int>, _ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try writeRows(rows, $0) }
  }

  /// Lengthens the first axis by some rows; the dataset must have been created with a larger or free maximum shape.
  public func extend(_ rows: Int) throws {
    var extents = try shape.map { hsize_t($0) }
    guard let first = extents.first else {
      throw HDF5Error.failed(operation: "extend", object: label, reason: "it is a single element")
    }
    extents[0] = first + hsize_t(rows)
    try withLibrary { _ = try check(H5Dset_extent(source.handle(label).id, extents), "extend", label) }
  }

  private func store(_ bytes: UnsafeRawBufferPointer, rows: Range<Int>?) throws {
    guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
    let type = try elementType
    let handle = try self.source.handle(label)
    try withLibrary {
      let spaces = try rows.map(selection)
      let memoryType = try type.makeType()
      let memory = spaces?.memory.id ?? lethe_h5s_all()
      let selected = spaces?.file.id ?? lethe_h5s_all()
      try check(
        H5Dwrite(handle.id, memoryType.id, memory, selected, lethe_h5p_default(), source), "write the data", label)
    }
  }

  // MARK: Rows

  private func rowByteCount() throws -> Int { try shape.dropFirst().reduce(1, *) * elementType.byteCount }

  /// - Throws: ``HDF5Error/shapeMismatch(name:file:expected:found:)`` for rows that are not there.
  func expectRows(_ rows: Range<Int>) throws {
    let shape = try shape
    guard let rowCount = shape.first, rows.lowerBound >= 0, rows.upperBound <= rowCount else {
      throw HDF5Error.shapeMismatch(
        name: path, file: file.path, expected: "rows \(rows.lowerBound)..<\(rows.upperBound)", found: "shape \(shape)")
    }
  }

  private func selection(_ rows: Range<Int>) throws -> (memory: Handle, file: Handle) {
    try expectRows(rows)
    let shape = try shape
    let handle = try source.handle(label)
    let start = [hsize_t(rows.lowerBound)] + Array(repeating: 0, count: shape.count - 1)
    let extents = ([rows.count] + shape.dropFirst()).map { hsize_t($0) }
    let selected = try Handle(checking: H5Dget_space(handle.id), H5Sclose, "select rows", label)
    try check(H5Sselect_hyperslab(selected.id, H5S_SELECT_SET, start, nil, extents, nil), "select rows", label)
    let memory = try Handle(
      checking: H5Screate_simple(Int32(extents.count), extents, nil), H5Sclose, "select rows", label)
    return (memory, selected)
  }

  private func expect(_ found: Int, _ expected: Int) throws {
    guard found == expected else {
      throw HDF5Error.shapeMismatch(name: path, file: file.path, expected: "\(expected) bytes", found: "\(found)")
    }
  }

  private func elements() throws -> (elementType: ElementType, isExact: Bool) {
    guard let knownType else {
      throw HDF5Error.unsupportedType(name: path, file: file.path, found: try foundType())
    }
    return knownType
  }

  /// The type of its elements in words, where it is none of ours.
  func foundType() throws -> String {
    if case .foreign(let foreign) = source { return try foreign.data().foundType }
    return try withLibrary {
      let type = try Handle(checking: H5Dget_type(source.handle(label).id), H5Tclose, "read the type", label)
      let kind = H5Tget_class(type.id)
      return kind == H5T_STRING ? "text" : "HDF5 class \(kind.rawValue), \(H5Tget_size(type.id)) bytes"
    }
  }
}

extension Group {
  /// Makes a dataset.
  ///
  /// - Parameters:
  ///   - shape: extent along each axis; empty for a single element.
  ///   - maxShape: how far each axis may be extended, nil for without limit; the data are then stored in chunks.
  ///   - chunk: the shape of a chunk; chosen when it is needed and not given.
  @discardableResult
  public func createDataset(
    _ name: String, _ type: ElementType, shape: [Int], maxShape: [Int?]? = nil, chunk: [Int]? = nil
  ) throws -> Dataset {
    try withLibrary {
      let extents = shape.map { hsize_t($0) }
      let limits = maxShape?.map { $0.map { hsize_t($0) } ?? lethe_h5s_unlimited() }
      let dataspace = try Handle(
        checking: shape.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(shape.count), extents, limits),
        H5Sclose, "create", label(name))
      let list = try Handle(checking: H5Pcreate(lethe_h5p_dataset_create()), H5Pclose, "create", label(name))
      if !shape.isEmpty,
        let chunk = chunk ?? (maxShape == nil ? nil : Self.chunkShape(shape, limit: maxShape?.first ?? nil, type))
      {
        try check(H5Pset_chunk(list.id, Int32(chunk.count), chunk.map { hsize_t($0) }), "create", label(name))
      }
      let defaults = lethe_h5p_default()
      let storedType = try type.makeType()
      let links = try Self.linkCreationList()
      let id = H5Dcreate2(
        try source.handle(label(name)).id, name, storedType.id, dataspace.id, links.id, list.id, defaults)
      return try Dataset(
        try Handle(checking: id, H5Dclose, "create the dataset", label(name), losses: file.losses), path: child(name),
        file: file)
    }
  }

  /// Makes a dataset and writes it.
  @discardableResult
  public func write(_ name: String, _ bytes: UnsafeRawBufferPointer, _ type: ElementType, shape: [Int]) throws
    -> Dataset
  {
    let dataset = try createDataset(name, type, shape: shape)
    try dataset.write(bytes)
    return dataset
  }

  /// Makes a dataset and writes it.
  @discardableResult
  public func write(_ name: String, _ bytes: [UInt8], _ type: ElementType, shape: [Int]) throws -> Dataset {
    try bytes.withUnsafeBytes { try write(name, $0, type, shape: shape) }
  }

  /// Makes a dataset of numbers, one axis long unless a shape is given.
  @discardableResult
  public func write<Element: DatasetElement>(_ name: String, _ values: [Element], shape: [Int]? = nil) throws -> Dataset
  {
    try values.withUnsafeBytes { try write(name, $0, Element.elementType, shape: shape ?? [values.count]) }
  }

  // About a megabyte in whole rows: large enough for the disk, small enough for the chunk cache.
  private static func chunkShape(_ shape: [Int], limit: Int?, _ type: ElementType) -> [Int] {
    let row = shape.dropFirst().map { max($0, 1) }
    let rows = min(1 << 16, limit ?? .max, (1 << 20) / max(1, row.reduce(type.byteCount, *)))
    return [max(1, rows)] + row
  }
}
