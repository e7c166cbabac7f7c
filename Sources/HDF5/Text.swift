import CHDF5
import Foundation

/// Text as HDF5 stores it: UTF-8, of fixed or variable length.
enum Text {
  /// Strings as HDF5 is to write them: the bytes of all, each filled with zeros to one length, and their type.
  ///
  /// Strings of variable length would lie in a heap that has no checksum, and libhdf5 crashes on a damaged one.
  static func packed(_ values: [String]) throws -> (type: Handle, bytes: [UInt8]) {
    let length = max(1, values.reduce(0) { max($0, $1.utf8.count) })
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length * values.count)
    for value in values {
      bytes += value.utf8
      bytes += repeatElement(0, count: length - value.utf8.count)
    }
    return (try makeType(length: length), bytes)
  }

  private static func makeType(length: Int) throws -> Handle {
    let type = try Handle.copy(of: lethe_h5t_c_string())
    try check(H5Tset_size(type.id, length), "make a text type")
    try check(H5Tset_cset(type.id, H5T_CSET_UTF8), "make a text type")
    try check(H5Tset_strpad(type.id, H5T_STR_NULLPAD), "make a text type")
    return type
  }

  /// Reads every string of a dataset or an attribute, given its type and its dataspace.
  static func read(
    _ type: Handle, _ space: Handle, _ object: String, _ read: (hid_t, UnsafeMutableRawPointer) -> herr_t
  ) throws -> [String] {
    guard H5Tget_class(type.id) == H5T_STRING else {
      throw HDF5Error.failed(operation: "read", object: object, reason: "expected text, found another type")
    }
    let count = Int(try check(H5Sget_simple_extent_npoints(space.id), "read", object))
    guard count > 0 else { return [] }
    if try check(H5Tis_variable_str(type.id), "read", object) > 0 {
      var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
      return try pointers.withUnsafeMutableBytes { bytes -> [String] in
        guard let base = bytes.baseAddress else { return [] }
        // HDF5 converts between character sets by refusing, so text is read in the set it was written in.
        try check(read(type.id, base), "read", object)
        defer { _ = lethe_h5_reclaim(type.id, space.id, base) }
        return bytes.bindMemory(to: UnsafeMutablePointer<CChar>?.self).map { $0.map { String(cString: $0) } ?? "" }
      }
    }
    let length = H5Tget_size(type.id)
    let isSpacePadded = H5Tget_strpad(type.id) == H5T_STR_SPACEPAD
    let (size, overflow) = length.multipliedReportingOverflow(by: count)
    guard !overflow, size < 1 << 40 else {
      throw HDF5Error.failed(operation: "read", object: object, reason: "it claims \(count) strings of \(length) bytes")
    }
    var bytes = [UInt8](repeating: 0, count: size)
    try bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      try check(read(type.id, base), "read", object)
    }
    return (0..<count).map { index in
      var text = bytes[index * length..<(index + 1) * length].prefix { $0 != 0 }
      while isSpacePadded, text.last == UInt8(ascii: " ") { text = text.dropLast() }
      return String(decoding: text, as: UTF8.self)
    }
  }
}

extension Dataset {
  /// Reads text: every element of a dataset of strings.
  public func readStrings() throws -> [String] {
    if case .foreign(let foreign) = source { return try foreign.named(path, file) { try foreign.strings() } }
    return try withLibrary {
      let handle = try source.handle(label)
      let type = try Handle(checking: H5Dget_type(handle.id), H5Tclose, "read", label)
      let space = try Handle(checking: H5Dget_space(handle.id), H5Sclose, "read", label)
      return try Text.read(type, space, label) {
        H5Dread(handle.id, $0, lethe_h5s_all(), lethe_h5s_all(), lethe_h5p_default(), $1)
      }
    }
  }
}

extension Group {
  /// Makes a dataset of strings, one axis long.
  @discardableResult
  public func writeStrings(_ name: String, _ values: [String]) throws -> Dataset {
    try withLibrary {
      try makeText(
        name, values,
        Handle(checking: H5Screate_simple(1, [hsize_t(values.count)], nil), H5Sclose, "write", label(name)))
    }
  }

  /// Makes a dataset that is one text.
  @discardableResult
  public func writeText(_ name: String, _ text: String) throws -> Dataset {
    try withLibrary {
      try makeText(name, [text], Handle(checking: H5Screate(H5S_SCALAR), H5Sclose, "write", label(name)))
    }
  }

  /// Reads a dataset of strings.
  public func readStrings(_ name: String) throws -> [String] { try dataset(name).readStrings() }

  /// Reads a dataset that is one text.
  public func readText(_ name: String) throws -> String {
    let values = try readStrings(name)
    guard values.count == 1, let value = values.first else {
      throw HDF5Error.shapeMismatch(
        name: child(name), file: file.path, expected: "one text", found: "\(values.count)")
    }
    return value
  }

  private func makeText(_ name: String, _ values: [String], _ space: Handle) throws -> Dataset {
    let (type, bytes) = try Text.packed(values)
    let defaults = lethe_h5p_default()
    let links = try Self.linkCreationList()
    let id = H5Dcreate2(try source.handle(label(name)).id, name, type.id, space.id, links.id, defaults, defaults)
    let dataset = try Dataset(
      try Handle(checking: id, H5Dclose, "create the dataset", label(name), losses: file.losses), path: child(name),
      file: file)
    guard !bytes.isEmpty else { return dataset }
    try check(
      H5Dwrite(id, type.id, lethe_h5s_all(), lethe_h5s_all(), defaults, bytes), "write the text", label(name))
    return dataset
  }
}
