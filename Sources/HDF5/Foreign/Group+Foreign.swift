extension ForeignObject {
  /// The names of a group's members, in alphabetical order.
  func memberNames() throws -> [String] { try description.members?.get().map(\.name) ?? [] }
}

/// Groups of foreign files: paths are followed through what the file's reader has said.
extension Group {
  func containsForeign(_ name: String) throws -> Bool {
    guard let (group, last) = try parent(of: name) else { return false }
    guard case .foreign(let own) = group.source else { return try group.contains(last) }
    return try own.file.target(last, of: own.index) != nil
  }

  func foreignLinkTarget(_ name: String) throws -> (file: String, path: String)? {
    guard let (group, last) = try parent(of: name) else { return nil }
    guard case .foreign(let own) = group.source else { return try group.externalLinkTarget(last) }
    guard case .file(let file, let path)? = try own.file.target(last, of: own.index) else { return nil }
    return (file, path)
  }

  func foreignObject(_ name: String, _ operation: String) throws -> (source: ObjectSource, kind: ForeignContents.Kind) {
    // A link may lead to the root.
    guard name.contains(where: { $0 != "/" }) else { return (source, .group) }
    guard let (group, last) = try parent(of: name) else {
      throw failure(operation, name, "a group on the way is missing")
    }
    guard case .foreign(let own) = group.source else { return try group.object(last, operation) }
    switch try own.file.target(last, of: own.index) {
    case .object(let index):
      let object = ForeignObject(file: own.file, index: index)
      return (.foreign(object), object.description.kind)
    case .file(let target, let path):
      guard let place = try LinkGuard.place(of: target, from: own.file.path) else {
        throw LinkGuard.outside(target, label(name))
      }
      return try group.file.linked(at: place).root.object(path, operation)
    case .broken(let reason): throw failure(operation, name, reason)
    case nil: throw failure(operation, name, "there is none of this name")
    }
  }

  /// The group that has the last name of a path, and this name; nil where there is no such group.
  private func parent(of name: String) throws -> (group: Group, last: String)? {
    var group = self
    let parts = name.split(separator: "/").map(String.init)
    guard let last = parts.last else { return nil }
    for part in parts.dropLast() {
      guard try group.contains(part), case (let source, let kind) = try group.object(part, "open"), kind == .group
      else {
        return nil
      }
      group = Group(source, group.child(part), group.file)
    }
    return (group, last)
  }

  private func failure(_ operation: String, _ name: String, _ reason: String) -> HDF5Error {
    .failed(operation: operation, object: label(name), reason: reason)
  }
}
