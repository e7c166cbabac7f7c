import Foundation

/// A reader of bytes from outside: it may refuse them with an error, and nothing else may happen.
protocol Reader {
  static var name: String { get }
  /// Small inputs that are right, or nearly so.
  static func seeds() throws -> [Data]
  static func read(_ data: Data) throws
}

/// One that is given a file.
protocol FileReader: Reader {
  static func read(file path: String) throws
}

extension FileReader {
  static func read(_ data: Data) throws {
    let path = "\(Scratch.folder)/\(name)"
    try data.write(to: URL(fileURLWithPath: path))
    try read(file: path)
  }
}

/// All of them.
let readers: [any Reader.Type] = [
  Pickle.self, LegacyTorchFile.self, TorchArchive.self, ExportedArchive.self, Safetensors.self, ONNX.self, Shards.self,
  ProgramText.self, GraphText.self, IDX.self, Image.self, Table.self, Record.self, HDF5Contents.self,
  PredictionTable.self, Annotations.self, Detections.self,
]

/// A folder of this process; in memory where the system has such a place.
enum Scratch {
  static let folder: String = {
    let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm/" : NSTemporaryDirectory()
    let path = "\(parent)lethe-fuzz-\(getpid())"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    // libFuzzer ends by exit.
    atexit { try? FileManager.default.removeItem(atPath: Scratch.folder) }
    return path
  }()
}

/// Files of `Fixtures`, with which corpora begin.
enum Fixture {
  private static let folder =
    URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path + "/Fixtures/"

  static func path(_ name: String) -> String { folder + name }

  static func data(_ names: String...) throws -> [Data] {
    try names.map { try Data(contentsOf: URL(fileURLWithPath: path($0))) }
  }
}
