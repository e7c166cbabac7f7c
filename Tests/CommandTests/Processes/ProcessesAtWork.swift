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
    let port = try Self.freePort()
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

  private static func freePort() throws -> UInt16 {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 ? getsockname(socket, $0, &size) : -1
      }
    }
    try #require(status == 0)
    return UInt16(bigEndian: address.sin_port)
  }
}
