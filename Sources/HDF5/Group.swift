import CHDF5

/// A group of an HDF5 file: named groups, datasets and links, with attributes.
public final class Group: AttributeHolder {
  /// The file it was opened from.
  public let file: File
  /// Its path from the root of the file, without the leading slash; empty for the root.
  public let path: String
  let source: ObjectSource

  public var attributes: Attributes { Attributes(source: source, object: label(nil)) }

  init(_ source: ObjectSource, _ path: String, _ file: File) {
    self.source = source
    self.path = path
    self.file = file
  }

  /// The names of its members, in alphabetical order.
  public var names: [String] {
    get throws {
      switch source {
      case .foreign(let foreign): return try foreign.memberNames()
      case .library(let handle):
        return try withLibrary { try collectNames("list", label(nil)) { lethe_h5l_iterate(handle.id, $0, $1) } }
      }
    }
  }

  /// Whether there is a member of this name (or path); a link counts even when it leads nowhere.
  ///
  /// - Throws: ``HDF5Error`` for a damaged group, which does not know.
  public func contains(_ name: String) throws -> Bool {
    guard case .library(let handle) = source else { return try containsForeign(name) }
    return try withLibrary {
      let access = try LinkGuard.accessList()
      var prefix = ""
      for component in name.split(separator: "/") {
        prefix += prefix.isEmpty ? "\(component)" : "/\(component)"
        guard try check(H5Lexists(handle.id, prefix, access.id), "look for \(name)", label(nil)) > 0 else {
          return false
        }
      }
      return !prefix.isEmpty
    }
  }

  /// Whether a member is a group; false where there is none.
  public func isGroup(_ name: String) -> Bool { kind(of: name) == .group }

  /// Whether a member is a dataset; false where there is none.
  public func isDataset(_ name: String) -> Bool { kind(of: name) == .dataset }

  /// Opens a group.
  public func group(_ name: String) throws -> Group {
    Group(try member(name, .group), child(name), file)
  }

  /// Makes an empty group, and the groups on the way to it.
  @discardableResult
  public func createGroup(_ name: String) throws -> Group {
    try withLibrary {
      let defaults = lethe_h5p_default()
      let id = H5Gcreate2(try source.handle(label(name)).id, name, try Self.linkCreationList().id, defaults, defaults)
      return Group(
        .library(try Handle(checking: id, H5Gclose, "create the group", label(name))), child(name), file)
    }
  }

  /// Opens a group, making it where it is missing.
  public func requireGroup(_ name: String) throws -> Group { try contains(name) ? group(name) : createGroup(name) }

  /// Opens a dataset, through links where there are any.
  public func dataset(_ name: String) throws -> Dataset {
    switch try member(name, .dataset) {
    case .foreign(let foreign): return try Dataset(foreign, path: child(name), file: file)
    case .library(let handle):
      return try withLibrary {
        let dataset = try Dataset(handle, path: child(name), file: file)
        try dataset.checkStorage()
        return dataset
      }
    }
  }

  // MARK: Links

  /// Makes a link to an object of another file, by a file name relative to this file's folder.
  public func createExternalLink(_ name: String, file target: String, target path: String) throws {
    try withLibrary {
      let handle = try source.handle(label(name))
      let defaults = lethe_h5p_default()
      try check(H5Lcreate_external(target, path, handle.id, name, defaults, defaults), "link", label(name))
    }
  }

  /// Gives an object of this file (by its path from the root) a second name here.
  public func createHardLink(_ name: String, target: String) throws {
    try withLibrary {
      let handle = try source.handle(label(name))
      let defaults = lethe_h5p_default()
      let path = target.hasPrefix("/") ? target : "/\(target)"
      try check(H5Lcreate_hard(handle.id, path, handle.id, name, defaults, defaults), "link", label(name))
    }
  }

  /// Where an external link leads; nil for any other member.
  public func externalLinkTarget(_ name: String) throws -> (file: String, path: String)? {
    guard case .library(let handle) = source else { return try foreignLinkTarget(name) }
    return try withLibrary {
      let access = try LinkGuard.accessList()
      let size = try check(lethe_h5l_external_size(handle.id, name, access.id), "read the link", label(name))
      guard size > 0 else { return nil }
      var value = [UInt8](repeating: 0, count: Int(size))
      try check(H5Lget_val(handle.id, name, &value, Int(size), access.id), "read the link", label(name))
      return try value.withUnsafeBytes { bytes in
        var flags: UInt32 = 0
        var file: UnsafePointer<CChar>?
        var path: UnsafePointer<CChar>?
        try check(H5Lunpack_elink_val(bytes.baseAddress, Int(size), &flags, &file, &path), "read the link", label(name))
        guard let file, let path else { return nil }
        return (String(cString: file), String(cString: path))
      }
    }
  }

  // MARK: Names in messages

  func label(_ name: String?) -> String { "\(file.path): \(name.map(child) ?? (path.isEmpty ? "/" : path))" }

  func child(_ name: String) -> String { path.isEmpty ? name : "\(path)/\(name)" }

  // MARK: Opening

  // Names may be paths: the groups on the way are made.
  static func linkCreationList() throws -> Handle {
    let list = try Handle(checking: H5Pcreate(lethe_h5p_link_create()), H5Pclose, "prepare a link")
    try check(H5Pset_create_intermediate_group(list.id, 1), "prepare a link")
    try check(H5Pset_char_encoding(list.id, H5T_CSET_UTF8), "prepare a link")
    return list
  }

  private func kind(of name: String) -> ForeignContents.Kind? {
    guard (try? contains(name)) == true else { return nil }
    return try? object(name, "open").kind
  }

  private func member(_ name: String, _ kind: ForeignContents.Kind) throws -> ObjectSource {
    guard try contains(name) else {
      throw HDF5Error.missing(name: "\(kind.rawValue) \(child(name))", file: file.path, available: (try? names) ?? [])
    }
    let (source, found) = try object(name, "open the \(kind.rawValue)")
    guard found == kind else {
      throw HDF5Error.wrongKind(name: child(name), file: file.path, expected: kind.rawValue)
    }
    return source
  }

  /// A member, by whichever way it is read; links to other files are followed.
  func object(_ name: String, _ operation: String) throws -> (source: ObjectSource, kind: ForeignContents.Kind) {
    guard case .library = source else { return try foreignObject(name, operation) }
    do {
      return try withLibrary {
        let handle = try openInLibrary(name, operation)
        let type = H5Iget_type(handle.id)
        return (.library(handle), type == H5I_GROUP ? .group : type == H5I_DATASET ? .dataset : .other)
      }
    } catch let link as ForeignLink {
      return try file.linked(at: link.file).root.object(link.object, operation)
    }
  }

  /// Opens a member with libhdf5.
  ///
  /// - Throws: ``ForeignLink`` where a link leads into a file that libhdf5 is not to see.
  func openInLibrary(_ name: String, _ operation: String) throws -> Handle {
    try withLibrary {
      let handle = try source.handle(label(name))
      return try LinkGuard.opening(label(name)) { access in
        try Handle(
          checking: H5Oopen(handle.id, name, access.id), H5Oclose, operation, label(name), losses: file.losses)
      }
    }
  }
}

/// Runs an iteration of HDF5's that calls back with names.
func collectNames(
  _ operation: String, _ object: String, _ iterate: (lethe_h5l_visitor, UnsafeMutableRawPointer) -> herr_t
) throws -> [String] {
  final class Names { var names: [String] = [] }
  let names = Names()
  let status = iterate(
    { name, context in
      guard let name, let context else { return }
      Unmanaged<Names>.fromOpaque(context).takeUnretainedValue().names.append(String(cString: name))
    }, Unmanaged.passUnretained(names).toOpaque())
  try check(status, operation, object)
  // In the order of their bytes, as HDF5 has them.
  return names.names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}
