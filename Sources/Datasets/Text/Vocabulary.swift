/// What tokens stand for: the bytes of each, as its tokenizer writes them back.
public struct Vocabulary: Sendable, Equatable {
  /// The bytes of all tokens, one after the other.
  public let bytes: [UInt8]
  /// Where each token's bytes begin; at the end, where the last one's end.
  public let offsets: [Int]
  /// Tokens that stand for no text: ends, padding. Their bytes are their names.
  public let specialTokens: Set<Int>
  /// What ends a document; nil where nothing does.
  public let endToken: Int?
  /// Which tokenizer it is of: `bytes`, or the name of a folder.
  public let tokenizer: String
  /// Whether any text at all can be written with these tokens, so that their bytes are those of the text.
  public let isExact: Bool

  /// - Parameters: see the properties; `offsets` ascend from 0 to the number of bytes, and `endToken` is a token.
  public init(
    bytes: [UInt8], offsets: [Int], specialTokens: Set<Int>, endToken: Int?, tokenizer: String, isExact: Bool
  ) {
    precondition(offsets.first == 0 && offsets.last == bytes.count, "offsets that do not go over \(bytes.count) bytes")
    self.bytes = bytes
    self.offsets = offsets
    self.specialTokens = specialTokens
    self.endToken = endToken
    self.tokenizer = tokenizer
    self.isExact = isExact
  }

  /// The number of tokens.
  public var count: Int { offsets.count - 1 }

  /// A token's bytes, of a special one its name; none of what is no token.
  public func bytes(of token: Int) -> ArraySlice<UInt8> {
    token >= 0 && token < count ? bytes[offsets[token]..<offsets[token + 1]] : []
  }

  /// How many bytes of text a token stands for: none of a special one.
  public func byteCount(of token: Int) -> Int { specialTokens.contains(token) ? 0 : bytes(of: token).count }

  /// Tokens as text; bytes that are no UTF-8 are replaced as Unicode has it.
  public func text(of tokens: some Sequence<Int>) -> String {
    String(decoding: tokens.flatMap { bytes(of: $0) }, as: UTF8.self)
  }

  /// A token a byte, of the byte's own number, and token 256, which ends a document and pads.
  public static let utf8Bytes = Vocabulary(
    bytes: (0...255).map(UInt8.init) + Array("<end>".utf8), offsets: Array(0...256) + [261], specialTokens: [256],
    endToken: 256, tokenizer: "bytes", isExact: true)
}
