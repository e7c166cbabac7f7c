import Foundation
import Synchronization

/// The process's standard output, and what became of it.
enum StandardOutput {
  private static let failure = Mutex<Int32?>(nil)
  private static let isExpendable = Mutex(false)

  /// Has the command go on where its reader goes away: what was asked for are files.
  static func becomesExpendable() { isExpendable.withLock { $0 = true } }

  /// Writes a text, or notes why that cannot be; without its reader a command that only shows something ends, quietly.
  static func write(_ text: String) {
    guard failure.withLock({ $0 }) == nil, let code = failureOfWriting(Array(text.utf8)) else { return }
    failure.withLock { $0 = code }
    guard code == EPIPE else { return }
    guard isExpendable.withLock({ $0 }) else { exit(128 + SIGPIPE) }
    Console.say(closedNote)
  }

  static let closedNote = "lethe: standard output was closed; what was asked for is computed all the same"

  /// What the process ends with: another status where what it had to say was lost.
  static func status(after status: Int32) -> Int32 {
    guard let code = failure.withLock({ $0 }), code != EPIPE else { return status }
    Console.error("standard output: cannot be written: \(String(cString: strerror(code)))")
    return status == EXIT_SUCCESS ? EX_CANTCREAT : status
  }

  private static func failureOfWriting(_ bytes: [UInt8]) -> Int32? {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Foundation.write(STDOUT_FILENO, $0.baseAddress.map { $0 + done }, $0.count - done)
      }
      if count > 0 {
        done += count
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }
}
