import Checkpoints
import Files

/// Which examples are held out for testing where data come without such a split: a fifth of each class, by a hash of
/// their names, so that the same data are always split alike.
enum HeldOut {
  private static let share = 5

  /// - Parameters:
  ///   - names: of the examples; equal ones are told apart by their order.
  ///   - labels: their classes.
  /// - Returns: for each, whether it is for testing; a class with one example has none for testing.
  static func choose(_ names: [String], labels: [Int32]) -> [Bool] {
    var members: [Int32: [(hash: String, index: Int)]] = [:]
    for (index, label) in labels.enumerated() {
      members[label, default: []].append((Checksum.xxh3(names[index]), index))
    }
    var isTest = [Bool](repeating: false, count: labels.count)
    for own in members.values {
      let count = own.count > 1 ? max(1, own.count / share) : 0
      for member in own.sorted(by: { ($0.hash, $0.index) < ($1.hash, $1.index) }).prefix(count) {
        isTest[member.index] = true
      }
    }
    return isTest
  }
}
