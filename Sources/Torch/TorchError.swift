import CTorchInterface

/// A failure inside libtorch, or libtorch missing.
public enum TorchError: Error, Equatable, CustomStringConvertible {
  /// An operator or function of libtorch refused its arguments; `message` is its first line, without a backtrace.
  case failed(operation: String, message: String)
  /// libtorch or the library that binds it could not be opened; `reason` names every place that was looked at.
  case unavailable(reason: String, installation: Library.Installation)
  /// The libtorch that was opened is none of those that there is a binding for; versions as `2.13`.
  case otherVersion(built: [String], found: String, library: String, installation: Library.Installation)
  case unknownDevice(String, reason: String)
  /// A GPU has no memory left for what an operation asked for.
  case outOfMemory(operation: String, MemoryShortage)

  public var description: String {
    switch self {
    case .failed(let operation, let message): "\(operation): \(message)"
    case .unavailable(let reason, let installation):
      "libtorch is not available: \(reason); run \(installation == .wheel ? "`pip install torch`" : "`make setup` and `make build`")"
        + ", or let LIBTORCH name its folder"
    case .otherVersion(let built, let found, let library, let installation):
      "\(library) is libtorch \(found), and Lethe was built for \(built.joined(separator: ", ")); "
        + (installation == .wheel
          ? "run `pip install 'torch==\(built.last ?? found).*'`"
          : "build it for this one with `LIBTORCH=FOLDER make build`")
        + ", or let LIBTORCH name a libtorch \(built.joined(separator: " or "))"
    case .unknownDevice(let name, let reason): "device '\(name)': \(reason)"
    case .outOfMemory(let operation, let shortage): "\(operation): \(shortage)"
    }
  }
}

/// Throws what libtorch said when `status` is not 0.
func check(_ status: Int32, _ operation: @autoclosure () -> String, _ table: LTTable) throws {
  guard status != 0 else { return }
  let message = table.last_error().map { String(cString: $0) } ?? "unknown error"
  if status == LT_OUT_OF_MEMORY {
    throw TorchError.outOfMemory(operation: operation(), MemoryShortage(saidByLibtorch: message))
  }
  throw TorchError.failed(operation: operation(), message: message)
}
