import Training

/// The bounds of counts given as options.
enum Bounds {
  /// More threads or processes than any machine is lent.
  static let workers = 4096
  /// More repetitions, points or trials than anybody waits for.
  static let repetitions = 100_000
  /// More examples than any data set has.
  static let examples = TrainingOptions.largestExampleCount

  /// - Throws: ``CommandError/usage(_:)`` that names the option.
  static func check(_ value: Int, of option: String, atLeast least: Int = 1, atMost most: Int) throws {
    guard value >= least else { throw CommandError.usage("\(option) must be at least \(least), found \(value)") }
    guard value <= most else { throw CommandError.usage("\(option) must be at most \(most), found \(value)") }
  }
}
