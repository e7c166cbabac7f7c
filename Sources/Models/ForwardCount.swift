import Synchronization

/// Counts the examples that run through each layer while it is current: how tests see what is computed how often.
final class ForwardCount: Sendable {
  @TaskLocal static var current: ForwardCount?

  private let counts = Mutex<[String: Int]>([:])

  /// Examples that ran through each layer, by name.
  var examples: [String: Int] { counts.withLock { $0 } }

  func add(_ layers: Set<String>, exampleCount: Int) {
    counts.withLock { counts in
      for layer in layers { counts[layer, default: 0] += exampleCount }
    }
  }
}
