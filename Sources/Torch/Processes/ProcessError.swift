/// What keeps several processes from computing together.
public enum ProcessError: Error, Equatable {
  /// One of them.
  public struct Peer: Sendable, Equatable {
    /// Its number among all, from 0.
    public let rank: Int
    /// The name of its machine; nil where it never came.
    public let host: String?
    /// Its number in the system there; nil likewise.
    public let process: Int?

    /// One of several processes.
    public init(rank: Int, host: String? = nil, process: Int? = nil) {
      self.rank = rank
      self.host = host
      self.process = process
    }
  }

  /// A variable of the environment that does not say what it should; `found` is nil where it is not there.
  case badEnvironment(variable: String, expected: String, found: String?)
  /// Nobody could be met; `reason` is libtorch's.
  case noMeeting(address: String, seconds: Double, reason: String)
  /// These did not come in time.
  case missing([Peer], of: Int, address: String, seconds: Double)
  /// Something that all had to take part in failed; who is to blame, ``ProcessGroup/cause(of:)`` finds out.
  case broken(operation: String, reason: String)
  /// These do not answer any more: their processes ended, or hang where `isTimeOut`.
  case lost([Peer], isTimeOut: Bool, seconds: Double)
  /// This one ended with an error of its own, in its own words.
  case failed(Peer, words: String, status: Int32)
  /// This one was given something else than rank 0; `what` says in what it differs.
  case differing(Peer, what: String)
}

extension ProcessError.Peer: CustomStringConvertible {
  /// `rank 1 (process 4711 on node2)`.
  public var description: String {
    guard let host, let process else { return "rank \(rank)" }
    return "rank \(rank) (process \(process) on \(host))"
  }
}

extension ProcessError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .badEnvironment(let variable, let expected, let found):
      "environment variable \(variable) must be \(expected), \(found.map { "found '\($0)'" } ?? "and is not set")"
    case .noMeeting(let address, let seconds, let reason):
      "the other processes could not be met at \(address) within \(Self.words(seconds)): \(reason)"
    case .missing(let peers, let count, let address, let seconds):
      "\(Self.list(peers)) of \(count) processes did not come to \(address) within \(Self.words(seconds))"
    case .broken(let operation, let reason): "\(operation) of all processes failed: \(reason)"
    case .lost(let peers, let isTimeOut, let seconds):
      isTimeOut
        ? "\(Self.list(peers)) did not answer for \(Self.words(seconds))"
        : "\(Self.list(peers)) ended without a word"
    case .failed(let peer, let words, _): "\(peer): \(words)"
    case .differing(let peer, let what): "\(peer) differs from rank 0 in \(what)"
    }
  }

  private static func words(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
  }

  private static func list(_ peers: [Peer]) -> String { peers.map(\.description).joined(separator: ", ") }
}
