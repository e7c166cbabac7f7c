import Checkpoints
import Files
import Foundation

/// A folder of runs that share their options, begun once and gone on with by the same command.
public enum SharedFolder {
  /// Opens the folder, or makes it, for runs with these options.
  ///
  /// - Parameter folders: made within it.
  /// - Throws: `CheckpointError` where it was begun with other options, `FileError` where it cannot be made.
  public static func claim(_ path: String, folders: [String] = ["runs"], options: String) throws {
    do {
      for folder in folders {
        try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
      }
    } catch {
      throw FileError.unwritable(path: path, reason: "the folder cannot be made")
    }
    let file = "\(path)/options.yaml"
    guard let known = try? String(contentsOfFile: file, encoding: .utf8) else {
      try Data(options.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
      return
    }
    let (old, new) = (known.split(separator: "\n"), options.split(separator: "\n"))
    if let changed = new.first(where: { !old.contains($0) }) ?? old.first(where: { !new.contains($0) }) {
      throw CheckpointError.malformed(
        path: path, reason: "it was begun with other options (now '\(changed)'); choose another folder or remove it")
    }
  }
}
