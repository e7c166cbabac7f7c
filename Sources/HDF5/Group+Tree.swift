import CHDF5

extension Group {
  /// Deeper than any file needs; libhdf5 and its users recurse.
  static let deepest = 64
  /// More members than any file has, as links make of few.
  static let mostMembers = 1 << 20

  /// Which group it is, by whatever name it was opened.
  public struct Identity: Hashable, Sendable {
    fileprivate let file: UInt
    fileprivate let address: UInt64
  }

  /// Which group it is, by whatever name it was opened.
  public var identity: Identity {
    get throws {
      try withLibrary {
        var file: UInt = 0
        var address: haddr_t = 0
        try check(lethe_h5o_place(handle.id, &file, &address), "read the group", label(nil))
        return Identity(file: file, address: UInt64(address))
      }
    }
  }

  /// Every dataset at or below this group, depth first by name; links to other files are followed once.
  ///
  /// - Throws: ``HDF5Error/refused(name:file:reason:)`` for a group that lies within itself, or deeper than any file needs.
  public func allDatasetPaths() throws -> [String] {
    var paths: [String] = []
    try collectDatasetPaths("", within: [], into: &paths)
    return paths
  }

  private func collectDatasetPaths(_ prefix: String, within: [Identity], into paths: inout [String]) throws {
    let groups = within + [try identity]
    guard !within.contains(groups[within.count]) else { throw refusal("it lies within itself: a link leads back") }
    guard groups.count <= Self.deepest else { throw refusal("groups within groups, deeper than \(Self.deepest)") }
    for name in try names {
      if try externalLinkTarget(name) == nil, isGroup(name) {
        try group(name).collectDatasetPaths("\(prefix)\(name)/", within: groups, into: &paths)
      } else {
        paths.append(prefix + name)
      }
      guard paths.count <= Self.mostMembers else { throw refusal("more than \(Self.mostMembers) members") }
    }
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
