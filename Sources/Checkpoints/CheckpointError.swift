/// What is wrong with a checkpoint or a run.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
  case notFound(path: String)
  case exists(path: String)
  /// Another process writes the run; `holder` says which.
  case inUse(path: String, holder: String)
  case malformed(path: String, reason: String)
  /// A folder without a run in it.
  case notRun(path: String)
  /// Several things in a file could be meant.
  case unclear(path: String, Choice, reason: String)
  case unsupportedVersion(path: String, found: Int, supported: Int)
  case missingTensor(tensor: String, file: String)
  case unexpectedTensor(tensor: String, file: String)
  case shapeMismatch(tensor: String, file: String, expected: [Int], found: [Int])
  case typeMismatch(tensor: String, file: String, expected: String, found: String)
  case checksumMismatch(tensor: String, file: String, expected: String, found: String)
  case changedTarget(tensor: String, file: String, target: String)

  /// What has to be chosen by whoever reads a file.
  public enum Choice: Sendable, Equatable {
    /// Which of several state dicts is meant.
    case state
    /// Which of several outputs of a program is the task's.
    case output
  }

  public var description: String {
    switch self {
    case .notFound(let path): "\(path): no such file or folder"
    case .exists(let path): "\(path): exists already; choose another output or remove it"
    case .inUse(let path, let holder): "\(path): in use by another process: \(holder)"
    case .malformed(let path, let reason), .unclear(let path, _, let reason): "\(path): \(reason)"
    case .notRun(let path): "\(path): not a run: it has no run.h5"
    case .unsupportedVersion(let path, let found, let supported):
      "\(path): has format \(found), this Lethe reads up to \(supported); use a newer Lethe"
    case .missingTensor(let tensor, let file): "\(file): the program needs the tensor \(tensor), which is not there"
    case .unexpectedTensor(let tensor, let file): "\(file): the tensor \(tensor) is not in the program"
    case .shapeMismatch(let tensor, let file, let expected, let found):
      "\(file): \(tensor): the program expects the shape \(expected), found \(found)"
    case .typeMismatch(let tensor, let file, let expected, let found):
      "\(file): \(tensor): the program expects \(expected), found \(found)"
    case .checksumMismatch(let tensor, let file, let expected, let found):
      "\(file): \(tensor): its bytes have changed: expected the checksum \(expected), found \(found)"
    case .changedTarget(let tensor, let file, let target):
      "\(file): \(tensor) is a link to \(target), which has been replaced by other values"
    }
  }
}
