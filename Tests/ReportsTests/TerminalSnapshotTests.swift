import Foundation
import Reports
import Testing

@Suite struct TerminalSnapshotTests {
  @Test func aTableStandsInColumnsWhateverItsFieldsAre() {
    var table = TextTable([.init("class"), .number("drop"), .init("note")])
    table.append(["cat & <kitten>", "−0.1", "a line\nbreak and a \u{1B}[31m colour"])
    table.append(["日本語", "12.0"])
    table.append(["e\u{301}te\u{301} 🐈", "–", "marks take no cell, an emoji two"])
    expectSnapshot(
      terminal(["table": table, "without rows": TextTable([.init("layer"), .number("drift")])]), "table.txt")
  }

  @Test func theBarGivesWayToItsWords() {
    let bar = ProgressBar(title: "epoch 2 of 3", unit: "batch", total: 12_000)
    let lines = [(0, 0.0), (1, 9.5), (3001, 60), (12_000, 3725), (13_000, 0.001)].flatMap { completed, seconds in
      [80, 60, 30].map { bar.line(completed: completed, seconds: seconds, note: "loss 0.412", columns: $0) }
        + [bar.plainLine(completed: completed, seconds: seconds)]
    }
    let untitled = ProgressBar(title: "", total: 0).line(completed: 0, seconds: 1)
    expectSnapshot(terminal(["with a title": lines, "without": untitled]), "progress-bar.txt")
  }

  @Test func aTerminalGetsABarAndALogGetsLines() {
    expectSnapshot(
      terminal([
        "bar": transcript(.bar(columns: 60)), "lines": transcript(.lines), "quiet": transcript(.quiet),
      ]), "progress.txt")
  }

  /// All that a reporter writes while a clock of the test's own goes on, control characters made visible.
  private func transcript(_ style: ProgressReporter.Style) -> String {
    let written = Recorder()
    let reporter = ProgressReporter(
      title: "images", total: 4, unit: "image", style: style, clock: { written.time() }, output: { written.append($0) })
    for count in 1...3 {
      written.wait(6)
      reporter.advance(note: "loss 0.\(9 - count)")
    }
    reporter.message("a line of its own")
    written.wait(0.05)
    reporter.update(completed: 4)
    reporter.finish(note: "done")
    reporter.advance()
    return written.text.replacing("\r\u{1B}[K", with: "⌫")
  }
}

/// What was written, and a clock that goes on when it is told to. `@unchecked Sendable`: `lock` is held wherever its state
/// is touched.
private final class Recorder: @unchecked Sendable {
  private let lock = NSLock()
  private var written = ""
  private var seconds = 100.0

  func append(_ part: String) { lock.withLock { written += part } }
  func wait(_ more: Double) { lock.withLock { seconds += more } }
  func time() -> Double { lock.withLock { seconds } }
  var text: String { lock.withLock { written } }
}
