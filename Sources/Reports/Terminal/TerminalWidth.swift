import Foundation

/// How wide the terminal is.
public enum TerminalWidth {
  /// What stands where there is no terminal.
  public static let standard = 80

  /// Of standard output: the terminal's own, else what `COLUMNS` says, else 80.
  public static var output: Int {
    columns(of: STDOUT_FILENO) ?? ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }.flatMap {
      $0 > 0 ? $0 : nil
    }
      ?? standard
  }

  /// Of standard error, where progress is shown.
  static var errors: Int { columns(of: STDERR_FILENO) ?? standard }

  private static func columns(of file: Int32) -> Int? {
    var size = winsize()
    guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
