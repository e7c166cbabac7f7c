import Foundation
import TestSupport
import Testing

/// Several processes of the built `lethe` that were started to train together, as a launcher would start them.
struct ProcessesAtWork {
  /// By rank.
  let processes: [(process: Process, output: Pipe, errors: Pipe)]

  /// - Parameters:
  ///   - ranks: which of them are started; all when nil.
  ///   - arguments: of each, by its rank.
  init(
    _ count: Int, ranks: [Int]? = nil, environment: [String: String] = [:], _ arguments: (Int) -> [String]
  ) throws {
    let port = freePort()
    processes = try (ranks ?? Array(0..<count)).map { rank in
      let process = Process()
      process.executableURL = Command.executable
      process.arguments = arguments(rank)
      let own = [
        "RANK": "\(rank)", "WORLD_SIZE": "\(count)", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
        "OMP_NUM_THREADS": "1",
      ]
      process.environment = ProcessInfo.processInfo.environment.merging(own) { $1 }.merging(environment) { $1 }
      let (output, errors) = (Pipe(), Pipe())
      (process.standardOutput, process.standardError) = (output, errors)
      try process.run()
      return (process, output, errors)
    }
    // A test that waits without end says nothing.
    let numbers = processes.map(\.process)
    DispatchQueue.global().asyncAfter(deadline: .now() + 120) {
      for process in numbers where process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
  }

  /// What they came to, by rank.
  func wait() -> [(status: Int32, output: String, errors: String)] {
    processes.map { process, output, errors in
      let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      let faults = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, said, faults)
    }
  }
}
