import Foundation
import TestSupport

/// The built `lethe`, as a user runs it.
struct Command {
  let status: Int32
  let output: String
  let errors: String

  init(_ arguments: String...) throws { try self.init(array: arguments) }

  init(array arguments: [String]) throws { try self.init(Self.executable, arguments) }

  /// The built example of a package with a `lethe` of its own.
  init(ofOwnLethe arguments: [String]) throws {
    try self.init(Self.executable.deletingLastPathComponent().appendingPathComponent("own-lethe"), arguments)
  }

  /// With files limited to so many KiB.
  init(underFileSizeLimit kibibytes: Int, _ arguments: [String]) throws {
    try self.init(shell: "ulimit -f \(kibibytes); exec \"$@\"", arguments)
  }

  /// In a script for bash, where `"$@"` is the command with its arguments.
  init(shell script: String, _ arguments: [String]) throws {
    try self.init(URL(fileURLWithPath: "/bin/bash"), ["-c", script, "bash", Self.executable.path] + arguments)
  }

  /// With variables beside those of the tests.
  init(_ arguments: [String], environment: [String: String]) throws {
    try self.init(Self.executable, arguments, environment)
  }

  /// A script for bash in a folder, where `lethe` is at hand.
  init(script: String, in folder: String) throws {
    let setting = "cd \"$1\"; PATH=\"$2:$PATH\"\n"
    try self.init(
      URL(fileURLWithPath: "/bin/bash"),
      ["-c", setting + script, "script", folder, Self.executable.deletingLastPathComponent().path])
  }

  /// A lesson's cells in its kernel with a third of the data and one thread, working in a folder.
  init(lesson: String, in folder: String, python: String) throws {
    let environment = [
      "LETHE_LESSON": "small", "LETHE_WORK": folder, "LETHE_BUILD": Self.executable.deletingLastPathComponent().path,
      "OMP_NUM_THREADS": "1",
    ]
    let arguments = ["\(Repository.root)/Notebooks-md/support/run.py", "\(Repository.root)/Notebooks-md/\(lesson)"]
    try self.init(URL(fileURLWithPath: python), arguments, environment)
  }

  private init(_ executable: URL, _ arguments: [String], _ environment: [String: String] = [:]) throws {
    let (process, out, err) = Self.prepare(executable, arguments)
    if !environment.isEmpty {
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    }
    try process.run()
    // Neither stream of these commands fills a pipe before the other is read.
    output = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    errors = String(decoding: err.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }

  /// A command that goes on while the test does, and its standard error.
  static func start(_ arguments: String...) throws -> (Process, errors: Pipe) { try start(array: arguments) }

  static func start(
    array arguments: [String], environment: [String: String] = [:]
  ) throws -> (Process, errors: Pipe) {
    let (process, _, errors) = prepare(executable, arguments)
    process.standardOutput = FileHandle.nullDevice
    if !environment.isEmpty {
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    }
    try process.run()
    return (process, errors)
  }

  private static func prepare(_ executable: URL, _ arguments: [String]) -> (Process, out: Pipe, err: Pipe) {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    let (out, err) = (Pipe(), Pipe())
    process.standardOutput = out
    process.standardError = err
    return (process, out, err)
  }

  static let executable: URL = {
    let products = Bundle.allBundles.map(\.bundlePath) + [CommandLine.arguments[0], "/proc/self/exe"]
    let folders = products.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().deletingLastPathComponent() }
    let built = URL(fileURLWithPath: Repository.root + "/.build/debug")
    let candidates = (folders + [built]).map { $0.appendingPathComponent("lethe") }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? built
  }()

  var errorLines: [Substring] { errors.split(separator: "\n") }
}
