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

    func error(_ object: String) -> any Error {
      switch self {
      case .outside(let target):
        HDF5Error.failed(
          operation: "follow its link", object: object,
          reason: "it leads to \(target), expected the name of a file in the same folder")
      case .unreadable(let error): error
      }
    }
  }

  // HDF5's callback cannot throw; touched under the library's lock only.
  nonisolated(unsafe) private static var refusal: Refusal?

  private static let follow: H5L_elink_traverse_t = { parent, _, target, _, _, _, _ in
    guard let parent, let target else { return -1 }
    let (file, name) = (String(cString: parent), String(cString: target))
    guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
      LinkGuard.refusal = .outside(name)
      return -1
    }
    // Beside the file as it was named, then beside the file itself where that is a symbolic link: HDF5's own order.
    let places = [file, URL(fileURLWithPath: file).resolvingSymlinksInPath().path].map {
      (($0 as NSString).deletingLastPathComponent as NSString).appendingPathComponent(name)
    }
    guard let place = places.first(where: { access($0, F_OK) == 0 }) else {
      LinkGuard.refusal = .unreadable(HDF5Error.notFound(path: places[0]))
      return -1
    }
    do { _ = try FileDigest.compare(place) } catch {
      LinkGuard.refusal = .unreadable(error)
      return -1
    }
    return 0
  }
}
