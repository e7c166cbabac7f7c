import Synchronization
import Testing

@testable import Reports

@Suite struct ProgressRateTests {
  @Test func whatWasDoneBeforeTheClockBeganHasNoPartInTheRate() {
    let bar = ProgressBar(title: "epoch 1", total: 100)
    // One step is done at 0.1 ms after the clock began; it took nobody knows how long.
    #expect(bar.plainLine(completed: 1, after: 1, seconds: 0.0001) == "epoch 1 1 %  1/100")
    // Ten more in 5 s: 2 a second, and 89 are left: 44.5 s.
    #expect(bar.plainLine(completed: 11, after: 1, seconds: 5) == "epoch 1 11 %  11/100  2.00 steps/s  0:45 left")
    #expect(bar.plainLine(completed: 11, seconds: 5).contains("2.20 steps/s"))
  }

  @Test func aReporterThatBeginsLaterSaysNoRateAtFirst() {
    let heard = Mutex("")
    let clock = Mutex(0.0)
    let reporter = ProgressReporter(
      title: "epoch 1", total: 40, earlier: 1, style: .bar(columns: 80), clock: { clock.withLock { $0 } },
      output: { text in heard.withLock { $0 = text } })
    clock.withLock { $0 = 0.0001 }
    reporter.update(completed: 1)
    #expect(!heard.withLock { $0 }.contains("/s"))
    clock.withLock { $0 = 2 }
    reporter.update(completed: 9)
    #expect(heard.withLock { $0 }.contains("4.00 steps/s"))
  }

  /// What is often done at once shows nothing before two seconds, then what a reporter shows.
  @Test(arguments: [ProgressReporter.Style.bar(columns: 80), .lines]) func aReporterCanWait(
    _ style: ProgressReporter.Style
  ) {
    let heard = Mutex<[String]>([])
    let clock = Mutex(0.0)
    let reporter = ProgressReporter(
      title: "measuring", total: 40, waits: 2, style: style, clock: { clock.withLock { $0 } },
      output: { text in heard.withLock { $0.append(text) } })
    for second in [0.5, 1.9] {
      clock.withLock { $0 = second }
      reporter.advance()
    }
    #expect(heard.withLock { $0 }.isEmpty)
    clock.withLock { $0 = 2 }
    reporter.advance(by: 8)
    // 10 in 2 s, and 30 are left: 6 s.
    #expect(
      heard.withLock { $0 }.count == 1 && heard.withLock { $0[0] }.contains("0:06 left"), "\(heard.withLock { $0 })")
    clock.withLock { $0 = 2.05 }
    reporter.advance()
    #expect(heard.withLock { $0 }.count == 1)
  }
}
