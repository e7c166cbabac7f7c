/// What makes tokens of texts.
public protocol TextTokenizer: Sendable {
  /// The tokens of every text, without any that stand for no text.
  ///
  /// - Throws: ``DatasetError`` where the tokenizer cannot be had.
  func tokenize(_ texts: [String]) throws -> TokenizedTexts
}

/// Texts as tokens.
public struct TokenizedTexts: Sendable {
  /// What the tokens stand for.
  public var vocabulary: Vocabulary
  /// What the tokenizer puts before every document.
  public var beginning: [Int32]
  /// Those of each text.
  public var tokens: [[Int32]]

  /// - Parameters: see the properties.
  public init(vocabulary: Vocabulary, beginning: [Int32] = [], tokens: [[Int32]]) {
    self.vocabulary = vocabulary
    self.beginning = beginning
    self.tokens = tokens
  }
}

/// A token a byte of UTF-8: ``Vocabulary/utf8Bytes``.
public struct ByteTokenizer: TextTokenizer {
  /// The tokenizer, which has nothing to set.
  public init() {}

  public func tokenize(_ texts: [String]) -> TokenizedTexts {
    TokenizedTexts(vocabulary: .utf8Bytes, tokens: texts.map { $0.utf8.map(Int32.init) })
  }
}
