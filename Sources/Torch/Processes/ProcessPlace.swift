import Foundation

/// Where a process stands among several that a launcher started to compute together, as `torchrun` tells each of them.
public struct ProcessPlace: Sendable, Equatable {
  /// Its number among all, from 0.
  public let rank: Int
  /// How many there are.
  public let count: Int
  /// Its number among those of its machine, from 0.
  public let localRank: Int
  /// Where they find one another: a host's name or address.
  public let host: String
  /// The port there.
  public let port: Int
  /// Whether all of them are on one machine.
  public let isOneMachine: Bool
  /// Whether somebody else, the launcher, keeps what is found there; else rank 0 does.
  let isServed: Bool
  /// How often the launcher began anew: each time they meet under another name.
  let attempt: Int

  /// `node1:29500`.
  public var address: String { "\(host):\(port)" }
}

extension ProcessPlace {
  /// The place that the environment names: `RANK`, `WORLD_SIZE`, `MASTER_ADDR` and `MASTER_PORT`, beside
  /// `LOCAL_RANK`, `LOCAL_WORLD_SIZE`, `TORCHELASTIC_USE_AGENT_STORE` and `TORCHELASTIC_RESTART_COUNT` of torchrun.
  ///
  /// - Returns: nil for a process by itself: where there is no rank, or one process only.
  /// - Throws: ``ProcessError/badEnvironment(variable:expected:found:)``.
  public static func named(
    by environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> ProcessPlace? {
    guard environment["RANK"] != nil, let size = environment["WORLD_SIZE"] else { return nil }
    func number(_ variable: String, in range: ClosedRange<Int>, standard: Int? = nil) throws -> Int {
      if let standard, environment[variable] == nil { return standard }
      guard let text = environment[variable], let number = Int(text), range.contains(number) else {
        throw ProcessError.badEnvironment(
          variable: variable, expected: "a number from \(range.lowerBound) to \(range.upperBound)",
          found: environment[variable])
      }
      return number
    }
    guard size != "1" else { return nil }
    let count = try number("WORLD_SIZE", in: 1...most)
    guard let host = environment["MASTER_ADDR"], !host.isEmpty else {
      throw ProcessError.badEnvironment(
        variable: "MASTER_ADDR", expected: "the host where the processes meet", found: environment["MASTER_ADDR"])
    }
    let rank = try number("RANK", in: 0...count - 1)
    let localCount = try number("LOCAL_WORLD_SIZE", in: 1...count, standard: isLoopback(host) ? count : 1)
    return ProcessPlace(
      rank: rank, count: count, localRank: try number("LOCAL_RANK", in: 0...count - 1, standard: rank), host: host,
      port: try number("MASTER_PORT", in: 1...65535), isOneMachine: localCount == count,
      isServed: environment["TORCHELASTIC_USE_AGENT_STORE"] == "True",
      attempt: try number("TORCHELASTIC_RESTART_COUNT", in: 0...Int(Int32.max), standard: 0))
  }

  /// More processes than any training has.
  private static let most = 65536

  private static func isLoopback(_ host: String) -> Bool { ["localhost", "127.0.0.1", "::1"].contains(host) }
}
