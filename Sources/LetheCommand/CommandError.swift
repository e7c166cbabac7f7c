/// A mistake in how the command was used that no library sees.
enum CommandError: Error, CustomStringConvertible {
  case usage(String)
  case badInput(String)
  case missing(String)
  /// Ended from outside; says how to go on.
  case interrupted(String)
  case unwritable(path: String, reason: String)

  var description: String {
    switch self {
    case .usage(let message), .badInput(let message), .missing(let message), .interrupted(let message): message
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    }
  }
}
