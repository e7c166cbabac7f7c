import Foundation

/// What is worth knowing of a file that is used all the same: a line each, told once.
///
/// Nobody hears it unless someone listens.
public enum FileNotice {
  private static let shared = Listener()

  /// Hands every line from now on to `listener`.
  public static func listen(_ listener: @escaping @Sendable (String) -> Void) { shared.listen(listener) }

  /// Tells a line, the first time that it is told.
  public static func tell(_ line: String) { shared.tell(line) }

  /// Sendable because everything in it is touched under its lock.
  private final class Listener: @unchecked Sendable {
    private let lock = NSLock()
    private var listener: (@Sendable (String) -> Void)?
    private var told: Set<String> = []

    func listen(_ listener: @escaping @Sendable (String) -> Void) { lock.withLock { self.listener = listener } }

    func tell(_ line: String) {
      let listener = lock.withLock { self.listener != nil && told.insert(line).inserted ? self.listener : nil }
      listener?(line)
    }
  }
}
