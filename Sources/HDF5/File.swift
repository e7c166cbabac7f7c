import CHDF5
import Files
import Foundation
import Synchronization

/// An open HDF5 file.
public final class File: Sendable {
  /// Whether its bytes are those that were written.
  public enum Integrity: Sendable, Equatable {
    /// They are: the checksum at its end agrees.
    case compared(FileDigest)
    /// It says that it has such a checksum, which is not there: another program has written it since.
    case removed
    /// It does not say that it has one.
    case unknown
  }

  /// The path it was opened by.
  public let path: String
  /// Whether its bytes are those that were written; unknown of a file that is being made.
  public let integrity: Integrity
  private let source: Source
  let losses = Losses()
  /// Files that links of this one lead into and that libhdf5 does not see.
  private let linked = Mutex<[String: File]>([:])
  /// Over how many links it was come to.
  private let linkCount: Int

  private enum Source {
    case library(Handle)
    case foreign(ForeignFile)
  }

  /// The group that holds everything.
  public var root: Group {
    get throws {
      switch source {
      case .foreign(let foreign): return Group(.foreign(foreign.root), "", self)
      case .library(let handle):
        return try withLibrary {
          let id = H5Gopen2(handle.id, "/", lethe_h5p_default())
          return Group(.library(try Handle(checking: id, H5Gclose, "open", path)), "", self)
        }
      }
    }
  }

  private init(path: String, _ source: Source, integrity: Integrity = .unknown, linkCount: Int = 0) {
    self.path = path
    self.source = source
    self.integrity = integrity
    self.linkCount = linkCount
  }

  /// Opens a file, after comparing it with the checksum at its end where it has one: libhdf5 does not see what is
  /// damaged. A file without one is foreign, and read by another process (``ForeignReader``).
  ///
  /// - Parameter comparing: false to find out what is damaged; ``integrity`` is then unknown.
  /// - Throws: ``HDF5Error/notFound(path:)``, ``HDF5Error/notHDF5(path:)``, or ``HDF5Error/unreadable(path:reason:)``
  ///   for a truncated or damaged file; `FileError.damaged` where the checksum at its end is another.
  public static func open(_ path: String, writable: Bool = false, comparing: Bool = true) throws -> File {
    try open(path, writable: writable, comparing: comparing, linkCount: 0)
  }

  private static func open(_ path: String, writable: Bool, comparing: Bool, linkCount: Int) throws -> File {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw HDF5Error.notFound(path: path)
    }
    guard !isDirectory.boolValue else { throw HDF5Error.unreadable(path: path, reason: "it is a folder") }
    do {
      // libhdf5 takes a file that it cannot open, for want of a descriptor say, for one of another kind.
      let (descriptor, _) = try RegularFile.open(path)
      defer { Foundation.close(descriptor) }
      let digest = comparing ? try FileDigest.compare(path) : try FileDigest.stored(in: path)
      guard isHDF5(descriptor) else { throw HDF5Error.notHDF5(path: path) }
      let isTrusted = comparing && digest != nil && !ForeignReader.readsAlways
      let source: Source
      if !isTrusted, !writable, let executable = ForeignReader.executable {
        source = .foreign(try ForeignFile(path, descriptor: descriptor, executable: executable))
      } else {
        source = .library(try openInLibrary(path, named: path, writable: writable))
      }
      let announces = try announcesDigest(source, path)
      if announces, digest == nil, !writable {
        FileNotice.tell(
          "\(path): the checksum at its end is gone: another program has written it; each tensor is compared with its own"
        )
      }
      return File(
        path: path, source,
        integrity: digest.map { comparing ? .compared($0) : .unknown } ?? (announces ? .removed : .unknown),
        linkCount: linkCount)
    } catch FileError.unreadable(_, let reason) {
      throw HDF5Error.unreadable(path: path, reason: reason)
    }
  }

  /// In the process that reads it: a file that is open, to be opened once more by this descriptor.
  convenience init(descriptor: Int32, named path: String) throws {
    #if os(Linux)
      let name = "/proc/self/fd/\(descriptor)"
    #else
      let name = "/dev/fd/\(descriptor)"
    #endif
    self.init(path: path, .library(try Self.openInLibrary(name, named: path, writable: false)))
  }

  private static func openInLibrary(_ name: String, named path: String, writable: Bool) throws -> Handle {
    try withLibrary {
      let id = H5Fopen(
        name, writable ? lethe_h5f_read_write() : lethe_h5f_read_only(), try accessList(writable: writable).id)
      guard id >= 0 else { throw HDF5Error.unreadable(path: path, reason: HDF5Error.currentReason()) }
      return try Handle(checking: id, H5Fclose, "open", path)
    }
  }

  private static func announcesDigest(_ source: Source, _ path: String) throws -> Bool {
    switch source {
    case .foreign(let foreign):
      return try foreign.root.description.attributes.get().contains { $0.name == digestAttribute }
    case .library(let handle):
      return try withLibrary {
        try check(
          H5Aexists_by_name(handle.id, "/", Self.digestAttribute, lethe_h5p_default()), "look for attributes", path) > 0
      }
    }
  }

  /// Whether HDF5's eight bytes stand where they may: at the beginning, or at 512, 1024, 2048…
  private static func isHDF5(_ descriptor: Int32) -> Bool {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    var found = [UInt8](repeating: 0, count: signature.count)
    var offset: off_t = 0
    while pread(descriptor, &found, found.count, offset) == found.count {
      if found == signature { return true }
      offset = max(512, offset * 2)
    }
    return false
  }

  /// A file that a link leads into, opened once.
  func linked(at place: String) throws -> File {
    if let file = linked.withLock({ $0[place] }) { return file }
    guard linkCount < Self.mostLinks else {
      throw HDF5Error.refused(name: place, file: path, reason: "links lead from file to file without end")
    }
    let file = try File.open(place, writable: false, comparing: true, linkCount: linkCount + 1)
    linked.withLock { $0[place] = file }
    return file
  }

  /// As many as libhdf5 follows.
  private static let mostLinks = 16

  // Says that there is a checksum at the end, so that it is missed where another program has removed it.
  static let digestAttribute = "digest"

  /// Makes an empty file, in place of any that is there.
  public static func create(_ path: String) throws -> File {
    try withLibrary {
      let id = H5Fcreate(path, lethe_h5f_truncate(), lethe_h5p_default(), try accessList(writable: true).id)
      guard id >= 0 else { throw FileError.unwritable(path: path, reason: HDF5Error.currentReason()) }
      return File(path: path, .library(try Handle(checking: id, H5Fclose, "create", path)))
    }
  }

  /// Writes what is pending and closes the file with everything open in it. Closing twice does nothing.
  public func close() throws {
    guard case .library(let handle) = source else {
      if case .foreign(let foreign) = source { foreign.close() }
      return
    }
    try withLibrary {
      guard !handle.isClosed else { return }
      var reason = losses.reason
      if reason == nil, H5Fflush(handle.id, H5F_SCOPE_GLOBAL) < 0 { reason = HDF5Error.currentReason() }
      Self.closeObjects(of: handle)
      if handle.closeNow() < 0, reason == nil { reason = HDF5Error.currentReason() }
      if let reason { throw FileError.unwritable(path: path, reason: reason) }
    }
  }

  private static func closeObjects(of handle: Handle) {
    let count = H5Fget_obj_count(handle.id, lethe_h5f_local_objects())
    guard count > 0 else { return }
    var identifiers = [hid_t](repeating: 0, count: count)
    let found = H5Fget_obj_ids(handle.id, lethe_h5f_local_objects(), count, &identifiers)
    for identifier in identifiers.prefix(max(0, found)) { H5Idec_ref(identifier) }
  }

  static func accessList(writable: Bool = false) throws -> Handle {
    let list = try Handle(checking: H5Pcreate(lethe_h5p_file_access()), H5Pclose, "prepare a file")
    // HDF5 refuses to follow an external link into an open file unless both were opened with the weak degree.
    try check(H5Pset_fclose_degree(list.id, H5F_CLOSE_WEAK), "prepare a file")
    // The format of 1.8 has checksums over its own structures; 1.10 readers, h5py and MATLAB all know it.
    try check(H5Pset_libver_bounds(list.id, H5F_LIBVER_V18, H5F_LIBVER_V110), "prepare a file")
    // Data that starts on a cache line can be used where it is mapped, without a copy.
    try check(H5Pset_alignment(list.id, 1, 64), "prepare a file")
    if writable {
      // Writes go to the file at once, and fail where they are made: libhdf5 1.10 crashes when a dataset cannot be
      // closed because what it had put off cannot be written any more.
      try check(H5Pset_sieve_buf_size(list.id, 0), "prepare a file")
      try check(H5Pset_cache(list.id, 0, 521, 0, 0.75), "prepare a file")
    }
    try check(lethe_h5p_without_locks(list.id), "prepare a file")
    return list
  }
}

extension File {
  /// Writes a whole file under a temporary name, with a checksum at its end, then puts it in place: a reader sees the old
  /// file or the new one.
  public static func writeAtomically(to path: String, _ body: (Group) throws -> Void) throws {
    try AtomicFile.write(to: path) { temporary in
      let file = try File.create(temporary)
      do {
        let root = try file.root
        try root.setAttribute(digestAttribute, to: "xxh3-128, the last \(FileDigest.byteCount) bytes")
        try body(root)
        try file.close()
      } catch {
        try? file.close()
        // A failure while writing is one of the output.
        if case HDF5Error.failed(_, let object, let reason) = error, object.hasPrefix(temporary) {
          throw FileError.unwritable(path: path, reason: reason)
        }
        throw error
      }
      try FileDigest.append(to: temporary)
    }
  }
}
