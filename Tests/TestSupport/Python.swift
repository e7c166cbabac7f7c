import Foundation

/// Python with torch, h5py and numpy, where `make setup` has put one; tests that need it are enabled then.
public enum Python {
  public static let path: String? = {
    let candidate = "\(Repository.root)/.libtorch/python/bin/python"
    return (try? run("import h5py, numpy", executable: candidate)) == nil ? nil : candidate
  }()

  /// What a script that failed printed.
  public struct Failure: Error {
    public var output: String
    public init(output: String) { self.output = output }
  }

  /// Runs a script and returns what it printed.
  public static func run(_ script: String, _ arguments: String..., executable: String? = path) throws -> String {
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
  public var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}
