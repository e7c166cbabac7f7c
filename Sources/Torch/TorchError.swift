import CTorchInterface

/// A failure inside libtorch, or libtorch missing.
public enum TorchError: Error, Equatable, CustomStringConvertible {
  /// An operator or function of libtorch refused its arguments; `message` is its first line, without a backtrace.
  case failed(operation: String, message: String)
  /// libtorch or the library that binds it could not be opened.
  case unavailable(reason: String)
  case unknownDevice(String, reason: String)

  public var description: String {
    switch self {
    case .failed(let operation, let message): "\(operation): \(message)"
    case .unavailable(let reason): "libtorch is not available (\(reason)); run `make setup` and `make build`"
    case .unknownDevice(let name, let reason): "device '\(name)': \(reason)"
    }
  }
}

/// Throws what libtorch said when `status` is not 0.
func check(_ status: Int32, _ operation: @autoclosure () -> String, _ table: LTTable) throws {
  guard status != 0 else { return }
  throw TorchError.failed(
    operation: operation(), message: table.last_error().map { String(cString: $0) } ?? "unknown error")
}
