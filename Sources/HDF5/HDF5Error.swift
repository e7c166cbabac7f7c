import CHDF5
import Foundation

/// What went wrong with an HDF5 file.
public enum HDF5Error: Error, Equatable, Codable, CustomStringConvertible {
  case notFound(path: String)
  case notHDF5(path: String)
  case unreadable(path: String, reason: String)
  case missing(name: String, file: String, available: [String])
  case wrongKind(name: String, file: String, expected: String)
  case unsupportedType(name: String, file: String, found: String)
  case typeMismatch(name: String, file: String, expected: String, found: String)
  case shapeMismatch(name: String, file: String, expected: String, found: String)
  /// Something that a file asks for and that is not done: reading outside of it, or more than it has.
  case refused(name: String, file: String, reason: String)
  case failed(operation: String, object: String, reason: String)

  public var description: String {
    switch self {
    case .notFound(let path): "\(path): no such file"
    case .notHDF5(let path): "\(path): not an HDF5 file"
    case .unreadable(let path, let reason): "\(path): cannot be read as HDF5: \(reason)"
    case .missing(let name, let file, let available):
      "\(file): no \(name)\(available.isEmpty ? "" : "; it has \(Self.list(available))")"
    case .wrongKind(let name, let file, let expected): "\(file): \(name) is not a \(expected)"
    case .unsupportedType(let name, let file, let found):
      "\(file): \(name) has an element type Lethe cannot read: \(found)"
    case .typeMismatch(let name, let file, let expected, let found),
      .shapeMismatch(let name, let file, let expected, let found):
      "\(file): \(name): expected \(expected), found \(found)"
    case .refused(let name, let file, let reason): "\(file): \(name): \(reason)"
    case .failed(let operation, let object, let reason): "\(object): cannot \(operation): \(reason)"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", … (\(names.count))" : "")
  }

  /// The innermost message of HDF5's error stack, in one line; the system's own reason when there is one.
  static func currentReason() -> String {
    var messages = lethe_h5e_messages()
    lethe_h5e_current(&messages)
    let innermost = text(of: &messages.innermost)
    if let start = innermost.range(of: "error message = '"),
      let end = innermost.range(of: "'", range: start.upperBound..<innermost.endIndex)
    {
      return String(innermost[start.upperBound..<end.lowerBound])
    }
    let line = innermost.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.isEmpty ? "HDF5 gave no reason" : line
  }

  private static func text<Storage>(of storage: inout Storage) -> String {
    withUnsafeBytes(of: &storage) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
