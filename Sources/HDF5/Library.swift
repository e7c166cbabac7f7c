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
  // libhdf5 would flush at exit what could not be closed before (on a full disk), and crash. Files are closed here.
  private init() { H5dont_atexit() }

  private var released: [(id: hid_t, close: (hid_t) -> herr_t, losses: Losses?)] = []

  func enter() {
    lock.lock()
    // In a thread-safe build every thread would print its errors.
    if depth == 0 { lethe_h5e_silence() }
    depth += 1
  }

  func leave() {
    // Closing a file closes what is open in it, so an identifier may be gone already.
    if depth == 1 {
      for (id, close, losses) in released where H5Iis_valid(id) > 0 && close(id) < 0 {
        losses?.note(HDF5Error.currentReason())
      }
      released.removeAll(keepingCapacity: true)
    }
    depth -= 1
    lock.unlock()
  }

  func release(_ id: hid_t, _ close: @escaping (hid_t) -> herr_t, _ losses: Losses?) {
    enter()
    released.append((id, close, losses))
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

/// What went wrong where nothing can be thrown: while objects of a file were closed, which may write.
///
/// Sendable because it is touched under the library's lock only.
final class Losses: @unchecked Sendable {
  private(set) var reason: String?

  func note(_ reason: String) { self.reason = self.reason ?? reason }
}

/// Owner of one HDF5 identifier.
///
/// Swift may release it after its last use, before the call that was given its identifier has returned. So the
/// identifier outlives it until the library is left. Sendable because every use of it is under the library's lock.
final class Handle: @unchecked Sendable {
  let id: hid_t
  private let close: (hid_t) -> herr_t
  private let losses: Losses?
  /// Whether ``closeNow()`` was called; touched under the lock, and in `deinit`, where no one else is.
  private(set) var isClosed = false

  init(
    checking id: hid_t, _ close: @escaping (hid_t) -> herr_t, _ operation: String, _ object: String = "HDF5",
    losses: Losses? = nil
  ) throws {
    self.id = try check(id, operation, object)
    self.close = close
    self.losses = losses
  }

  static func copy(of type: hid_t) throws -> Handle { try Handle(checking: H5Tcopy(type), H5Tclose, "copy a type") }

  /// Closes it now. One that fails is half gone, and libhdf5 crashes when it is touched again.
  func closeNow() -> herr_t {
    isClosed = true
    return close(id)
  }

  deinit { if !isClosed { Library.shared.release(id, close, losses) } }
}
