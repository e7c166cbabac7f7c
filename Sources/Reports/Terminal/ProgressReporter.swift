import Foundation

/// Shows progress on standard error: a bar on a terminal, now and then a plain line elsewhere, nothing when quiet.
///
/// `@unchecked Sendable`: all mutable state is touched only while `lock` is held.
public final class ProgressReporter: @unchecked Sendable {
  /// How progress is shown.
  public enum Style: Sendable {
    case bar(columns: Int?)
    case lines
    case quiet
  }

  /// How progress is shown, as it was chosen at the start.
  public let style: Style
  private let bar: ProgressBar
  private let clock: @Sendable () -> Double
  private let output: @Sendable (String) -> Void
  private let lock = NSLock()
  private let started: Double
  private var lastShown: Double
  private var completed: Int
  private let earlier: Int
  private let wait: Double?
  private var note = ""
  private var isBarVisible = false
  private var isFinished = false

  /// Starts the clock.
  ///
  /// - Parameters:
  ///   - style: nil chooses the bar where standard error is a terminal, else lines.
  ///   - earlier: how many were done before, in a time that is not known: rates leave them out.
  ///   - wait: seconds before anything is shown, of what is often done sooner; nil shows a bar at once, and lines from the
  ///     tenth second on.
  ///   - clock: seconds that only grow; `output` takes text with its line ends. Both are for tests.
  public init(
    title: String, total: Int, unit: String = "step", isQuiet: Bool = false, earlier: Int = 0,
    waits wait: Double? = nil, style: Style? = nil,
    clock: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime },
    output: @escaping @Sendable (String) -> Void = { try? FileHandle.standardError.write(contentsOf: Data($0.utf8)) }
  ) {
    self.style = isQuiet ? .quiet : style ?? (Self.isErrorTerminal ? .bar(columns: nil) : .lines)
    self.bar = ProgressBar(title: title, unit: unit, total: total)
    (self.earlier, completed) = (earlier, earlier)
    self.wait = wait
    self.clock = clock
    self.output = output
    started = clock()
    lastShown = started
  }

  /// Whether standard error is a terminal.
  public static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Counts more as done, and shows it where that is due.
  ///
  /// - Parameter note: stands behind the counts from now on; nil leaves what stood there.
  public func advance(by count: Int = 1, note: String? = nil) {
    lock.withLock {
      completed += count
      if let note { self.note = note }
      showIfDue()
    }
  }

  /// Sets how many are done, and shows it where that is due.
  ///
  /// - Parameter note: stands behind the counts from now on; nil leaves what stood there.
  public func update(completed: Int, note: String? = nil) {
    lock.withLock {
      self.completed = completed
      if let note { self.note = note }
      showIfDue()
    }
  }

  /// Writes a line of its own, above the bar where there is one.
  public func message(_ line: String) {
    lock.withLock {
      switch style {
      case .quiet: break
      case .lines: output(line + "\n")
      case .bar:
        output((isBarVisible ? Self.erase : "") + line + "\n")
        isBarVisible = false
        if !isFinished { show() }
      }
    }
  }

  /// Ends the report: takes the bar away, or leaves one last line. Later calls show nothing.
  public func finish(note: String? = nil, keepsLine: Bool = true) {
    lock.withLock {
      if isFinished { return }
      if let note { self.note = note }
      switch style {
      case .quiet: break
      case .lines: if keepsLine { show() }
      case .bar:
        if keepsLine {
          show()
          output("\n")
        } else if isBarVisible {
          output(Self.erase)
        }
        isBarVisible = false
      }
      isFinished = true
    }
  }

  private static let erase = "\r\u{1B}[K"

  private func showIfDue() {
    guard !isFinished else { return }
    if let wait {
      guard clock() - started >= wait else { return }
      if lastShown == started { return show() }
    }
    // Ten frames a second on a terminal; in a log a line every ten seconds.
    switch style {
    case .quiet: return
    case .bar: if isBarVisible, clock() - lastShown < 0.1 { return }
    case .lines: if clock() - lastShown < 10 { return }
    }
    show()
  }

  private func show() {
    lastShown = clock()
    let seconds = lastShown - started
    switch style {
    case .quiet: break
    case .lines: output(bar.plainLine(completed: completed, after: earlier, seconds: seconds, note: note) + "\n")
    case .bar(let columns):
      let width = columns ?? TerminalWidth.errors
      output(Self.erase + bar.line(completed: completed, after: earlier, seconds: seconds, note: note, columns: width))
      isBarVisible = true
    }
  }
}
