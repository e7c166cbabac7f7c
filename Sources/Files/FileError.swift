/// A file that cannot be read or written.
public enum FileError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)
  /// A file that is not what it was when it was written, by the checksum at its end.
  case damaged(path: String, expected: String, found: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    case .damaged(let path, let expected, let found):
      "\(path): its bytes have changed since it was written: expected the checksum \(expected), found \(found)"
    }
  }
}
