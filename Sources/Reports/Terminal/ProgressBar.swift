/// The text of a progress bar at one moment; drawing it is the business of ``ProgressReporter``.
public struct ProgressBar: Sendable {
  /// What is being done; may be empty.
  public var title: String
  /// What is counted, in the singular.
  public var unit: String
  /// How many there are to do.
  public var total: Int

  /// The bar of a task with so many units.
  public init(title: String, unit: String = "step", total: Int) {
    self.title = title
    self.unit = unit
    self.total = total
  }

  /// One line: title, bar, counts, rate, time left and a note, cut to `columns` terminal cells.
  ///
  /// The bar gives way to the words where the line is short.
  ///
  /// - Parameter earlier: how many of the completed were done before the seconds began.
  public func line(
    completed: Int, after earlier: Int = 0, seconds: Double, note: String = "", columns: Int = 80
  ) -> String {
    let words = plainLine(completed: completed, after: earlier, seconds: seconds, note: note)
    let barWidth = min(24, columns - displayWidth(words) - 3)
    guard barWidth >= 6 else { return Self.cut(words, to: columns - 1) }
    let eighths = Int((fraction(completed) * Double(barWidth * 8)).rounded(.down))
    var bar = String(repeating: "█", count: eighths / 8)
    if eighths % 8 > 0, let part = Unicode.Scalar(0x2590 - UInt32(eighths % 8)) { bar.unicodeScalars.append(part) }
    bar += String(repeating: "░", count: barWidth - displayWidth(bar))
    let titled = title.isEmpty ? "" : title + " "
    return titled + bar + " " + words.dropFirst(titled.count)
  }

  /// The same without the bar, for logs.
  public func plainLine(completed: Int, after earlier: Int = 0, seconds: Double, note: String = "") -> String {
    let percent = "\(Int((fraction(completed) * 100).rounded(.down))) %"
    let count = "\(NumberText.grouped(completed))/\(NumberText.grouped(total))"
    var parts = ["\(percent)  \(count)"]
    let timed = completed - earlier
    if timed > 0, seconds > 0 {
      parts.append(rate(Double(timed) / seconds))
      parts.append(
        completed >= total
          ? NumberText.duration(seconds)
          : NumberText.duration(seconds / Double(timed) * Double(total - completed)) + " left")
    }
    if !note.isEmpty { parts.append(note) }
    return (title.isEmpty ? "" : title + " ") + parts.joined(separator: "  ")
  }

  private func fraction(_ completed: Int) -> Double {
    total > 0 ? min(max(Double(completed) / Double(total), 0), 1) : 1
  }

  private func rate(_ perSecond: Double) -> String {
    if perSecond < 1 { return "\(NumberText.significant(1 / perSecond)) s/\(unit)" }
    let number = perSecond < 100 ? NumberText.significant(perSecond) : NumberText.grouped(Int(min(perSecond, 1e15)))
    return "\(number) \(NumberText.plural(unit))/s"
  }

  static func cut(_ text: String, to columns: Int) -> String {
    guard displayWidth(text) > columns else { return text }
    var result = ""
    var width = 0
    for character in text {
      width += displayWidth(String(character))
      if width > columns - 1 { break }
      result.append(character)
    }
    return result + "…"
  }
}
