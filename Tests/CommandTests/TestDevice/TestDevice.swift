import Foundation
import TestSupport
import Testing

/// A GPU in the host's memory, for machines that have none: `Tests/TestDevice`, loaded into the built command before its
/// libtorch, so that `--device cuda` goes the way it goes on a GPU.
struct TestDevice {
  /// What was asked of it in one command.
  struct Counts: Decodable {
    /// How often the host waited for it.
    let waits: Int
    /// Tensors that went there, and those of them that nothing waited for.
    let uploads: Int
    let asynchronousUploads: Int
    /// Tensors that came from there.
    let downloads: Int
    /// By operator.
    let calls: [String: Int]
  }

  /// Where libtorch has a CUDA of its own, there is no need for it, and it refuses to be loaded.
  static let isUsable = !FileManager.default.fileExists(atPath: "\(libtorch)/lib/libtorch_cuda.so")

  static let libtorch = ProcessInfo.processInfo.environment["LIBTORCH"] ?? "\(Repository.root)/.libtorch/torch"

  /// The compiled library, compiled anew where its sources changed.
  static let library = Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(Repository.root)/.ci/test-device")
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    let path = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw NotBuilt(description: ".ci/test-device: \(said)") }
    return path.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private struct NotBuilt: Error, CustomStringConvertible { let description: String }

  private let folder: TemporaryFolder
  /// Bytes that it has; nil for no end.
  private let memory: Int?

  init(memory: Int? = nil) throws {
    folder = try TemporaryFolder()
    self.memory = memory
  }

  /// Runs the command with the device there, whatever device the arguments name.
  func run(_ arguments: [String]) throws -> Command { try Command(arguments, environment: environment()) }

  /// The same, and what was asked of the device.
  func counting(_ arguments: [String]) throws -> (command: Command, counts: Counts) {
    let file = folder.file("counts-\(UUID().uuidString).json")
    let command = try Command(arguments, environment: environment().merging(["LETHE_TEST_DEVICE_COUNTS": file]) { $1 })
    try #require(command.status == 0, "\(arguments): \(command.errors)")
    let data = try Data(contentsOf: URL(fileURLWithPath: file))
    return (command, try JSONDecoder().decode(Counts.self, from: data))
  }

  func environment() throws -> [String: String] {
    var environment = ["LD_PRELOAD": try Self.library.get(), "OMP_NUM_THREADS": "1"]
    if let memory { environment["LETHE_TEST_DEVICE_MEMORY"] = String(memory) }
    return environment
  }
}

/// Where two JSON texts differ: other keys, other texts, numbers further apart than so much of their size.
///
/// - Parameter except: keys that may differ: paths, durations.
func differences(
  _ first: String, _ second: String, relative tolerance: Double, except: Set<String> = []
) throws -> [String] {
  var found: [String] = []
  func compare(_ first: Any?, _ second: Any?, at place: String) {
    switch (first, second) {
    case (let first as [String: Any], let second as [String: Any]):
      for key in Set(first.keys).union(second.keys).subtracting(except).sorted() {
        compare(first[key], second[key], at: "\(place).\(key)")
      }
    case (let first as [Any], let second as [Any]) where first.count == second.count:
      for index in first.indices { compare(first[index], second[index], at: "\(place)[\(index)]") }
    case (let first as NSNumber, let second as NSNumber):
      let (one, other) = (first.doubleValue, second.doubleValue)
      if abs(one - other) > tolerance * max(1, abs(one), abs(other)) { found.append("\(place): \(one), \(other)") }
    case (let first as NSObject, let second as NSObject) where first == second: break
    default: found.append("\(place): \(first ?? "nothing"), \(second ?? "nothing")")
    }
  }
  func object(_ text: String) throws -> Any { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
  compare(try object(first), try object(second), at: "")
  return found
}
