import Files
import Foundation
import HDF5

/// A whole `.keras` model: a zip file with the weights (`model.weights.h5`) and what says the layers' classes
/// (`config.json`).
enum KerasArchive {
  private static let weights = "model.weights.h5"

  static func matches(_ archive: ZipArchive) -> Bool { archive.entry(weights) != nil }

  /// Reads the weights through a private copy, as libhdf5 reads files alone; it is gone once they are mapped.
  ///
  /// - Throws: ``CheckpointError/malformed(path:reason:)``, naming the archive; `FileError` where there is no room.
  static func read(_ archive: ZipArchive) throws -> KerasFile {
    func malformed(_ reason: String) -> CheckpointError { .malformed(path: archive.file.path, reason: reason) }
    guard let entry = archive.entry(weights) else { throw malformed("a zip file without \(weights)") }
    for entry in [entry] + [archive.entry("config.json")].compactMap({ $0 })
    where archive.crc32(of: entry) != entry.crc32 {
      throw malformed("\(entry.name): its bytes have changed: their CRC-32 is another")
    }
    let configuration = try archive.entry("config.json").map { entry in
      guard let found = KerasConfiguration(json: archive.data(of: entry)) else {
        throw malformed("its config.json is not one of a Keras model")
      }
      return found
    }
    let folder = try PrivateFolder()
    let path = "\(folder.path)/\(weights)"
    try archive.withBytes(of: entry) { try PrivateFolder.write($0, to: path) }
    do { return try KerasFile(File.open(path).root, configuration: configuration) } catch {
      // The copy's place means nothing to anybody.
      throw malformed("\(error)".replacing("\(path): ", with: "\(weights): ").replacing(path, with: weights))
    }
  }
}

/// A folder that nobody else reads, gone with its owner.
private final class PrivateFolder {
  let path: String

  init() throws {
    var template = Array("\(FileManager.default.temporaryDirectory.path)/lethe-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else {
      throw FileError.unwritable(
        path: FileManager.default.temporaryDirectory.path, reason: String(cString: strerror(errno)))
    }
    path = String(cString: made)
  }

  static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
    let file = try SequentialFile(path)
    try file.write(bytes)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
