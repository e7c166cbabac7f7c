import Foundation
import HDF5

/// The file format's version, and the software's.
public enum FileFormat {
  /// The newest format this software reads, and the one it writes.
  public static let version = 1
  /// The version of this software, stored in every file.
  public static let letheVersion = "0.2.0"

  static func now() -> String { Date().formatted(.iso8601) }

  /// Marks a file's root as one of Lethe's, of a kind: `checkpoint`, `run` or `resume`.
  static func mark(_ root: Group, as kind: String, writtenBy version: String = letheVersion) throws {
    try root.setAttribute("lethe_format", to: Self.version)
    try root.setAttribute("lethe_version", to: version)
    try root.setAttribute("kind", to: kind)
  }
}
