import Files
import Foundation
import HDF5

/// A whole `.keras` model: a zip file with the weights (`model.weights.h5`) and what says the layers' classes
/// (`config.json`).
enum KerasArchive {
  static let weights = "model.weights.h5"

  /// - Throws: ``CheckpointError/malformed(path:reason:)`` for one that is compressed.
  static func matches(_ archive: ZipArchive) throws -> Bool { try archive.entry(weights) != nil }

  static func read(_ archive: ZipArchive) throws -> KerasFile {
    try withWeights(of: archive) { try KerasFile($0, configuration: $1) }
  }

  /// Opens the weights through a private copy, as libhdf5 reads files alone; it is gone once `body` has mapped them.
  ///
  /// - Throws: ``CheckpointError/malformed(path:reason:)``, naming the archive; `FileError` where there is no room.
  static func withWeights<Result>(
    of archive: ZipArchive, _ body: (Group, KerasConfiguration?) throws -> Result
  ) throws -> Result {
    func malformed(_ reason: String) -> CheckpointError { .malformed(path: archive.file.path, reason: reason) }
    guard let entry = try archive.entry(weights) else { throw malformed("a zip file without \(weights)") }
    let described = try archive.entry("config.json")
    for entry in [entry] + [described].compactMap({ $0 }) where archive.crc32(of: entry) != entry.crc32 {
      throw malformed("\(entry.name): its bytes have changed: their CRC-32 is another")
    }
    let configuration = try described.map { entry in
      guard let found = KerasConfiguration(json: archive.data(of: entry)) else {
        throw malformed("its config.json is not one of a Keras model")
      }
      return found
    }
    let folder = try privateFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/\(weights)"
    try archive.withBytes(of: entry) { try SequentialFile(path).write($0) }
    do { return try body(File.open(path).root, configuration) } catch {
      // The copy's place means nothing to anybody.
      guard "\(error)".contains(path) else { throw error }
      throw malformed("\(error)".replacing("\(path): ", with: "\(weights): ").replacing(path, with: weights))
    }
  }

  /// Makes a folder that nobody else reads.
  private static func privateFolder() throws -> String {
    let parent = FileManager.default.temporaryDirectory.path
    var template = Array("\(parent)/lethe-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw FileError.unwritable(path: parent, reason: String(cString: strerror(errno)))
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
