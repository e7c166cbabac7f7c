import CHDF5

/// Goes once through a file, in the process that reads it.
struct ForeignWalk {
  /// Deeper than any user of a file goes; a name at this depth is still short.
  private static let deepest = 256

  private let file: File
  private var objects: [ForeignContents.Object] = []
  private var known: [Group.Identity: Int] = [:]
  private var pending: [(index: Int, group: Group, depth: Int)] = []
  /// The path of each dataset, by its number.
  private(set) var datasets: [Int: String] = [:]

  /// All that is in the file.
  var contents: ForeignContents { ForeignContents(objects: objects) }

  init(_ file: File) throws {
    self.file = file
    let root = try file.root
    known[try root.identity] = 0
    append(root, depth: 0)
    while let (index, group, depth) = pending.popLast() {
      objects[index].members = withLibrary {
        .init {
          guard depth < Self.deepest else {
            throw HDF5Error.refused(
              name: "\(group.path.prefix(200))…", file: file.path,
              reason: "groups within groups, deeper than \(Self.deepest)")
          }
          return try group.names.map { .init(name: $0, target: try target(of: $0, in: group, depth: depth)) }
        }
      }
    }
  }

  private mutating func append(_ group: Group, depth: Int) {
    pending.append((objects.count, group, depth))
    objects.append(.init(kind: .group, attributes: .init { try group.attributes.all() }, members: .value([])))
  }

  private mutating func target(of name: String, in group: Group, depth: Int) throws -> ForeignContents.Target {
    if let link = try group.externalLinkTarget(name) { return .file(link.file, path: link.path) }
    let handle: Handle
    let identity: Group.Identity
    do {
      handle = try group.openInLibrary(name, "open")
      identity = try Group.Identity(handle, group.label(name))
    } catch HDF5Error.failed(_, _, let reason) {
      return .broken(reason: reason)
    } catch {
      return .broken(reason: "\(error)")
    }
    if let index = known[identity] { return .object(index) }
    let index = objects.count
    known[identity] = index
    let path = group.child(name)
    switch H5Iget_type(handle.id) {
    case H5I_GROUP: append(Group(.library(handle), path, file), depth: depth + 1)
    case H5I_DATASET:
      let data = ForeignContents.Outcome<ForeignContents.Data> {
        let dataset = try Dataset(handle, path: path, file: file)
        try dataset.checkStorage()
        return try dataset.description()
      }
      let attributes = Attributes(source: .library(handle), object: group.label(name))
      objects.append(.init(kind: .dataset, attributes: .init { try attributes.all() }, data: data))
      datasets[index] = path
    default: objects.append(.init(kind: .other, attributes: .value([])))
    }
    return .object(index)
  }
}

extension Dataset {
  fileprivate func description() throws -> ForeignContents.Data {
    let known = try? elementType
    return .init(
      shape: try shape, elementType: known, foundType: known == nil ? try foundType() : "",
      isExact: known == nil ? false : try isExact, offset: known == nil ? nil : try fileOffset)
  }
}

extension Attributes {
  fileprivate func all() throws -> [ForeignContents.Attribute] {
    try names.map { name in .init(name: name, value: .init { try value(name) }) }
  }
}
