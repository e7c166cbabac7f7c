import CHDF5

extension Group {
  /// Deeper than any file needs; libhdf5 and its users recurse.
  static let deepest = 64

  /// Which group it is, by whatever name it was opened.
  public struct Identity: Hashable, Sendable {
    let file: UInt
    let address: UInt64
  }

  /// Which group it is, by whatever name it was opened.
  public var identity: Identity {
    get throws {
      switch source {
      case .foreign(let foreign): foreign.identity
      case .library(let handle): try Identity(handle, label(nil))
      }
    }
  }

  /// Every dataset at or below this group, depth first by name; links to other files are followed once.
  ///
  /// - Throws: ``HDF5Error/refused(name:file:reason:)`` for a group that lies within itself, or deeper than any file needs.
  public func allDatasetPaths() throws -> [String] {
    var paths: [String] = []
    var seen: Set<Identity> = []
    var visitCount = 0
    func visit(_ group: Group, _ prefix: String, within: Set<Identity>) throws {
      let own = try group.identity
      guard !within.contains(own) else { throw group.refusal("it lies within itself: a link leads back") }
      guard within.count < Self.deepest else {
        throw group.refusal("groups within groups, deeper than \(Self.deepest)")
      }
      visitCount += 1
      seen.insert(own)
      guard visitCount <= seen.count * 8 + 1000 else {
        throw group.refusal("its links lead to the same groups again and again")
      }
      for name in try group.names {
        if try group.externalLinkTarget(name) == nil, group.isGroup(name) {
          try visit(try group.group(name), "\(prefix)\(name)/", within: within.union([own]))
        } else {
          paths.append(prefix + name)
        }
      }
    }
    try visit(self, "", within: [])
    return paths
  }

  /// Calls `body` with every group at or below this one, each once by whatever name it has, and with its depth.
  ///
  /// - Throws: ``HDF5Error/refused(name:file:reason:)`` below the deepest level that is visited.
  public func visitGroups(_ body: (Group) throws -> Void) throws {
    var seen: Set<Identity> = []
    func visit(_ group: Group, depth: Int) throws {
      guard depth < Self.deepest else { throw group.refusal("groups within groups, deeper than \(Self.deepest)") }
      guard seen.insert(try group.identity).inserted else { return }
      try body(group)
      for name in try group.names where try group.externalLinkTarget(name) == nil && group.isGroup(name) {
        try visit(try group.group(name), depth: depth + 1)
      }
    }
    try visit(self, depth: 0)
  }

  private func refusal(_ reason: String) -> HDF5Error {
    .refused(name: path.count > 200 ? "\(path.prefix(200))…" : path, file: file.path, reason: reason)
  }
}

extension Group.Identity {
  /// That of an object of libhdf5's, a dataset too.
  init(_ handle: Handle, _ object: String) throws {
    (file, address) = try withLibrary {
      var file: UInt = 0
      var address: haddr_t = 0
      try check(lethe_h5o_place(handle.id, &file, &address), "read the group", object)
      return (file, UInt64(address))
    }
  }
}
