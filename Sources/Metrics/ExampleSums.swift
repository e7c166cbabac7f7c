/// What each example adds to a score: a row of numbers an example, from whose totals the score is computed.
///
/// Tokens and pixels of one example are not independent, so that scores are taken apart by examples alone; scores such as
/// F1 and IoU are no means over examples, so that their counts are kept.
public struct ExampleSums: Sendable, Equatable {
  /// How many numbers an example has.
  public let width: Int
  /// All numbers, an example after the other.
  public private(set) var values: [Double]

  /// - Parameter values: a row an example; traps where they are no whole rows.
  public init(width: Int, values: [Double] = []) {
    precondition(width > 0 && values.count % width == 0, "\(values.count) numbers in rows of \(width)")
    self.width = width
    self.values = values
  }

  /// The number of examples.
  public var count: Int { values.count / width }

  /// The numbers of one example.
  public subscript(row: Int) -> ArraySlice<Double> { values[(row * width)..<((row + 1) * width)] }

  /// Adds examples behind those that are there.
  public mutating func append(_ others: ExampleSums) {
    precondition(others.width == width, "rows of \(others.width) beside rows of \(width)")
    values += others.values
  }

  /// Some of the examples, in the order given.
  public func selecting(_ rows: [Int]) -> ExampleSums {
    ExampleSums(width: width, values: rows.flatMap { self[$0] })
  }

  /// The sum over examples, each counted so often; once where nothing is given.
  public func totals(counting counts: [Int]? = nil) -> [Double] {
    var totals = [Double](repeating: 0, count: width)
    values.withUnsafeBufferPointer { values in
      for row in 0..<count {
        let times = counts?[row] ?? 1
        if times == 0 { continue }
        for column in 0..<width { totals[column] += Double(times) * values[row * width + column] }
      }
    }
    return totals
  }

  /// These examples, some of them replaced by another list's at the same place.
  public func swapping(_ isSwapped: [Bool], with other: ExampleSums) -> ExampleSums {
    var mixed = self
    for row in 0..<count where isSwapped[row] {
      for place in (row * width)..<((row + 1) * width) { mixed.values[place] = other.values[place] }
    }
    return mixed
  }
}
