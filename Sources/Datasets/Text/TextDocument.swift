/// A text that belongs together: a review, a saying, a prompt with its response.
public struct TextDocument: Sendable, Hashable {
  /// A piece of it.
  public struct Part: Sendable, Hashable {
    /// What it says.
    public var text: String
    /// Whether it is given and not to be said: a prompt.
    public var isPrompt: Bool

    /// - Parameters: see the properties.
    public init(_ text: String, isPrompt: Bool = false) {
      self.text = text
      self.isPrompt = isPrompt
    }
  }

  /// In order.
  public var parts: [Part]

  /// - Parameter parts: in order.
  public init(parts: [Part]) { self.parts = parts }

  /// A text that is to be said from its beginning.
  public init(_ text: String) { parts = [Part(text)] }

  /// Whether nothing but white space is to be said.
  public var isEmpty: Bool { parts.allSatisfy { $0.isPrompt || $0.text.allSatisfy(\.isWhitespace) } }
}
