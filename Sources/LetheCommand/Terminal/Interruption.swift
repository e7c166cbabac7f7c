import Foundation

/// Whether the process was asked to stop, by Ctrl-C, by `kill`, or by a terminal that is gone: a run then ends after the
/// step, its finished epochs kept.
final class Interruption: Sendable {
  nonisolated(unsafe) private static var received: sig_atomic_t = 0
  private let signals: [Int32]

  init() {
    // `nohup` has it ignored, and that stays.
    signals = [SIGINT, SIGTERM, SIGHUP].filter { $0 != SIGHUP || !Self.isIgnored($0) }
    // Whoever started this process may have left a signal blocked.
    var blocked = sigset_t()
    sigemptyset(&blocked)
    for number in signals { sigaddset(&blocked, number) }
    pthread_sigmask(SIG_UNBLOCK, &blocked, nil)
    // A second one ends the process at once.
    for number in signals {
      signal(number) { number in
        Interruption.received = sig_atomic_t(number)
        signal(number, SIG_DFL)
      }
    }
  }

  var isRequested: Bool { Self.received != 0 }

  /// What a process ends with that one of the signals ended.
  static let statuses: Set<Int32> = [128 + SIGHUP, 128 + SIGINT, 128 + SIGTERM]

  /// As a shell has it of a process that a signal ended: 128 and the signal.
  static var exitStatus: Int32 { 128 + (received == 0 ? SIGINT : Int32(received)) }

  /// Lets the signals end the process at once again.
  func end() { for number in signals { signal(number, SIG_DFL) } }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
