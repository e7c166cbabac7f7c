import CHDF5
import Files
import Foundation

/// What is followed of the links that lead out of a file: names of files beside it, and nothing else.
///
/// A file behind a link is compared with the checksum at its end before libhdf5 reads it.
enum LinkGuard {
  /// How objects are opened: files behind links as the first one was, since HDF5 refuses a file that is open already
  /// with other settings.
  static func accessList() throws -> Handle {
    let list = try Handle(checking: H5Pcreate(lethe_h5p_link_access()), H5Pclose, "prepare a link")
    try check(H5Pset_elink_fapl(list.id, try File.accessList().id), "prepare a link")
    try check(H5Pset_elink_cb(list.id, follow, nil), "prepare a link")
    return list
  }

  /// Opens an object; a link that was not followed on the way is the error.
  ///
  /// To be called under the library's lock.
  static func opening(_ object: String, _ open: (Handle) throws -> Handle) throws -> Handle {
    refusal = nil
    do { return try open(accessList()) } catch {
      if let refusal { throw refusal.error(object) }
      throw error
    }
  }

  private enum Refusal {
    case outside(String)
    case unreadable(any Error)
    /// Its bytes are not known to be those that were written: another process reads it.
    case foreign(file: String, object: String)
    case unfollowed

    func error(_ object: String) -> any Error {
      switch self {
      case .outside(let target): LinkGuard.outside(target, object)
      case .unreadable(let error): error
      case .foreign(let file, let path): ForeignLink(file: file, object: path)
      case .unfollowed:
        HDF5Error.failed(
          operation: "follow its link", object: object, reason: "it leads to another file by way of a second link")
      }
    }
  }

  // HDF5's callback cannot throw; touched under the library's lock only.
  nonisolated(unsafe) private static var refusal: Refusal?

  private static let follow: H5L_elink_traverse_t = { parent, _, target, object, _, _, _ in
    guard let parent, let target, let object else { return -1 }
    guard LinkGuard.followsAny else {
      LinkGuard.refusal = .unfollowed
      return -1
    }
    let name = String(cString: target)
    do {
      guard let place = try LinkGuard.place(of: name, from: String(cString: parent)) else {
        LinkGuard.refusal = .outside(name)
        return -1
      }
      let isTrusted = try FileDigest.compare(place) != nil && !ForeignReader.readsAlways
      if !isTrusted, ForeignReader.executable != nil {
        LinkGuard.refusal = .foreign(file: place, object: String(cString: object))
        return -1
      }
    } catch {
      LinkGuard.refusal = .unreadable(error)
      return -1
    }
    return 0
  }

  nonisolated(unsafe) private static var followsAny = true

  /// From now on libhdf5 follows no link to another file: in a process that reads a foreign one.
  static func followsNone() { withLibrary { followsAny = false } }

  /// The file that a link leads to; nil for one that is not in the same folder.
  ///
  /// - Throws: ``HDF5Error/notFound(path:)``.
  static func place(of name: String, from file: String) throws -> String? {
    guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else { return nil }
    // Beside the file as it was named, then beside the file itself where that is a symbolic link: HDF5's own order.
    let places = [file, URL(fileURLWithPath: file).resolvingSymlinksInPath().path].map {
      (($0 as NSString).deletingLastPathComponent as NSString).appendingPathComponent(name)
    }
    guard let place = places.first(where: { access($0, F_OK) == 0 }) else {
      throw HDF5Error.notFound(path: places[0])
    }
    return place
  }

  static func outside(_ target: String, _ object: String) -> HDF5Error {
    .failed(
      operation: "follow its link", object: object,
      reason: "it leads to \(target), expected the name of a file in the same folder")
  }
}

/// A link into a file that another process reads: libhdf5 does not follow it, the one who opens the object does.
struct ForeignLink: Error, CustomStringConvertible {
  let file: String
  /// The path of the object in it.
  let object: String

  var description: String { "\(file): a link on the way to \(object) leads into it, which is a foreign file" }
}
