import Foundation

/// A folder of its own for a test, removed with it.
final class TemporaryFolder {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("lethe-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Python with h5py, where `make setup` has put one; tests that need it are enabled then.
enum Python {
  static let path: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let candidate = "\(root)/.libtorch/python/bin/python"
    return (try? run("import h5py, numpy", executable: candidate)) == nil ? nil : candidate
  }()

  struct Failure: Error { var output: String }

  /// Runs a script and returns what it printed.
  static func run(_ script: String, _ arguments: String..., executable: String? = path) throws -> String {
    let process = Process()
    guard let executable else { throw Failure(output: "no Python") }
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = ["-c", script] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(output: output) }
    return output.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

extension Array where Element: BitwiseCopyable {
  /// The elements' bytes.
  var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}
