extension ForeignObject {
  /// What a dataset says of its numbers.
  ///
  /// - Throws: what its reader has refused it for.
  func data() throws -> ForeignContents.Data {
    guard let data = try description.data?.get() else { preconditionFailure("object \(index) is no dataset") }
    return data
  }

  /// All strings of a dataset.
  func strings() throws -> [String] {
    let data = try data()
    guard data.elementType == nil else { throw Self.failure("expected text, found another type") }
    let values = try file.strings(index)
    let expected = data.shape.reduce(1, *)
    guard values.count == expected else { throw Self.failure("expected \(expected) strings, found \(values.count)") }
    return values
  }

  private static func failure(_ reason: String) -> HDF5Error { .failed(operation: "read", object: "", reason: reason) }

  /// Runs `body`, whose errors have the name that the object was opened by: its reader knows it by its first.
  func named<Result>(_ path: String, _ file: File, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch HDF5Error.failed(let operation, _, let reason) {
      throw HDF5Error.failed(operation: operation, object: "\(file.path): \(path)", reason: reason)
    } catch HDF5Error.refused(_, _, let reason) {
      throw HDF5Error.refused(name: path, file: file.path, reason: reason)
    }
  }
}

extension Dataset {
  /// Reads everything, or some rows: from the mapped file where the bytes lie there as they are wanted.
  func readForeign(
    _ foreign: ForeignObject, into destination: UnsafeMutableRawPointer, _ type: ElementType, rows: Range<Int>?
  ) throws {
    if let rows { try expectRows(rows) }
    let shape = try shape
    let rowCount = shape.dropFirst().reduce(1, *)
    let count = rows.map { $0.count * rowCount } ?? shape.reduce(1, *)
    let bytes = UnsafeMutableRawBufferPointer(start: destination, count: count * type.byteCount)
    guard !bytes.isEmpty else { return }
    if type == (try elementType), let offset = try fileOffset {
      foreign.file.copy(offset + (rows?.lowerBound ?? 0) * rowCount * type.byteCount, into: bytes)
    } else {
      try foreign.named(path, file) { try foreign.file.convert(foreign.index, to: type, rows: rows, into: bytes) }
    }
  }
}
