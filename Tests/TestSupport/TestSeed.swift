import Foundation

/// The seed of a test that holds for any: the same in every run, so that a failure is somebody's change and not chance.
///
/// `LETHE_SEEDS=random` draws another one each time, to look for those that a test does not hold for; a number is taken as it is.
public enum TestSeed {
  /// - Parameters:
  ///   - limit: what the seed is below.
  ///   - test: tells tests' seeds apart.
  public static func any(below limit: UInt64 = .max, test: String = #function) -> UInt64 {
    switch ProcessInfo.processInfo.environment["LETHE_SEEDS"] {
    case "random"?: .random(in: 0..<limit)
    case let text?: (UInt64(text) ?? 0) % limit
    // FNV-1a.
    case nil: test.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } % limit
    }
  }
}
