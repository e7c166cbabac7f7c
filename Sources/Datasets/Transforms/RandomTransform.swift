import Metrics

/// One random change of images, as a user names it.
protocol RandomTransform: Sendable {
  /// The word that it is asked for by.
  static var name: String { get }
  /// What may be written, for messages: `crop=4`.
  static var example: String { get }

  /// Reads what stands behind the name.
  ///
  /// - Throws: ``DatasetError/badAugmentation(value:expected:found:)``.
  init(_ arguments: TransformArguments) throws

  /// All that was asked for, so that reading it again gives the same transform.
  var text: String { get }

  /// The smallest height and width that it makes sense for.
  var minimumExtent: Int { get }

  /// Changes one image, drawing what is left to chance.
  func apply(to image: ImagePixels, using random: inout RandomSource)
}

extension RandomTransform {
  static var example: String { name }
  var text: String { Self.name }
  var minimumExtent: Int { 1 }
}

/// What a user wrote for one transform: a name and, behind an equals sign, numbers with commas between them.
struct TransformArguments {
  /// The whole of it, for messages.
  let value: String
  let name: String
  private let list: String?

  init(_ value: String) {
    self.value = value
    let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(parts[0])
    list = parts.count > 1 ? String(parts[1]) : nil
  }

  /// Whether there is an equals sign.
  var isEmpty: Bool { list == nil }

  /// The error that says what should have been written.
  func error(expected: String) -> DatasetError {
    .badAugmentation(value: value, expected: expected, found: list.map { $0.isEmpty ? "nothing" : $0 } ?? "no value")
  }

  /// The numbers, where they are finite and as many as allowed.
  func numbers(_ allowedCounts: Set<Int>, expected: String) throws -> [Double] {
    let items = (list ?? "").split(separator: ",", omittingEmptySubsequences: false)
    let numbers = items.compactMap { Double($0) }.filter(\.isFinite)
    guard numbers.count == items.count, allowedCounts.contains(numbers.count) else { throw error(expected: expected) }
    return numbers
  }

  /// The whole numbers, where they are as many as wanted.
  func wholeNumbers(_ count: Int, expected: String) throws -> [Int] {
    try numbers([count], expected: expected).map { number in
      // No image has so many pixels: sums with its sides would not fit.
      guard let whole = Int(exactly: number), whole.magnitude <= 1_000_000 else { throw error(expected: expected) }
      return whole
    }
  }

  /// Numbers as they are written: `0.4`, `1`.
  static func text(_ name: String, _ numbers: [Double]) -> String {
    name + "=" + numbers.map { number in Int(exactly: number).map(String.init) ?? "\(number)" }.joined(separator: ",")
  }
}
