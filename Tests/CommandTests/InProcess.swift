import Foundation
import Synchronization

@testable import LetheCommand

/// The command run within the test's own process: what it printed, and its exit status.
struct InProcess {
  let status: Int32
  let output: String
  let errors: String

  init(_ arguments: String...) {
    let (output, errors) = (Heard(), Heard())
    status = Console.$streams.withValue(Console.Streams(output: output.add, errors: errors.add)) {
      CommandLineTool.run(arguments)
    }
    (self.output, self.errors) = (output.text, errors.text)
  }

  private final class Heard: Sendable {
    private let heard = Mutex("")
    var text: String { heard.withLock { $0 } }
    @Sendable func add(_ text: String) { heard.withLock { $0 += text } }
  }
}
