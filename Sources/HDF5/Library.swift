import CHDF5
import Foundation

/// The one way into libhdf5: one thread at a time.
///
/// libhdf5 is not safe for threads unless it was built so, and Debian's was not. Sendable because everything in it is
/// touched under its lock only, which is recursive as functions under it call each other.
private final class Library: @unchecked Sendable {
  static let shared = Library()

  private let lock = NSRecursiveLock()
  private var depth = 0
  private var released: [(id: hid_t, close: (hid_t) -> herr_t)] = []

  func enter() {
    lock.lock()
    // In a thread-safe build every thread would print its errors.
    if depth == 0 { lethe_h5e_silence() }
    depth += 1
  }

  func leave() {
    // Closing a file closes what is open in it, so an identifier may be gone already.
    if depth == 1 {
      for (id, close) in released where H5Iis_valid(id) > 0 { _ = close(id) }
      released.removeAll(keepingCapacity: true)
    }
    depth -= 1
    lock.unlock()
  }

  func release(_ id: hid_t, _ close: @escaping (hid_t) -> herr_t) {
    enter()
    released.append((id, close))
    leave()
  }
}

/// Runs calls into libhdf5, one thread at a time. Handles released on the way are closed when the outermost is over.
func withLibrary<Result>(_ body: () throws -> Result) rethrows -> Result {
  Library.shared.enter()
  defer { Library.shared.leave() }
  return try body()
}

/// Throws HDF5's reason where a call has failed; to be called under the lock, right after it.
@discardableResult
func check<Status: SignedInteger>(_ status: Status, _ operation: String, _ object: String = "HDF5") throws -> Status {
  guard status >= 0 else {
    throw HDF5Error.failed(operation: operation, object: object, reason: HDF5Error.currentReason())
  }
  return status
}

/// Owner of one HDF5 identifier.
///
/// Swift may release it after its last use, before the call that was given its identifier has returned. So the
/// identifier outlives it until the library is left. Sendable because the identifier never changes and every use of it
/// is under the library's lock.
final class Handle: @unchecked Sendable {
  let id: hid_t
  private let close: (hid_t) -> herr_t

  init(checking id: hid_t, _ close: @escaping (hid_t) -> herr_t, _ operation: String, _ object: String = "HDF5") throws
  {
    self.id = try check(id, operation, object)
    self.close = close
  }

  static func copy(of type: hid_t) throws -> Handle { try Handle(checking: H5Tcopy(type), H5Tclose, "copy a type") }

  deinit { Library.shared.release(id, close) }
}
