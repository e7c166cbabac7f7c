import Checkpoints
import HDF5

/// A vocabulary as a group: `bytes`, uint8; `offsets` and `special`, int64; attributes `tokenizer`, `is_exact` (0 or 1)
/// and, where documents end with a token, `end_token`.
extension Vocabulary {
  private enum Key {
    static let bytes = "bytes"
    static let offsets = "offsets"
    static let special = "special"
    static let tokenizer = "tokenizer"
    static let isExact = "is_exact"
    static let endToken = "end_token"
  }

  /// - Throws: ``DatasetError/malformed(file:reason:)`` where offsets and tokens do not go together.
  init(in group: Group, _ reader: TensorReader) throws {
    let bytes: [UInt8] = try reader.numbers(group.dataset(Key.bytes))
    let offsets: [Int64] = try reader.numbers(group.dataset(Key.offsets))
    let special: [Int64] = try reader.numbers(group.dataset(Key.special))
    let endToken: Int? = try group.attribute(Key.endToken)
    func fault(_ reason: String) -> DatasetError { .malformed(file: group.file.path, reason: "vocabulary: \(reason)") }
    guard offsets.first == 0, offsets.last == Int64(bytes.count), zip(offsets, offsets.dropFirst()).allSatisfy(<=)
    else {
      throw fault("expected offsets that ascend from 0 to \(bytes.count), the number of bytes")
    }
    let tokens = 0..<Int64(offsets.count - 1)
    guard special.allSatisfy(tokens.contains), endToken.map({ tokens.contains(Int64($0)) }) ?? true else {
      throw fault("expected special tokens and end_token from 0 to \(tokens.count - 1)")
    }
    let isExact: Int? = try group.attribute(Key.isExact)
    self.init(
      bytes: bytes, offsets: offsets.map { Int($0) }, specialTokens: Set(special.map { Int($0) }), endToken: endToken,
      tokenizer: try group.attribute(Key.tokenizer) ?? "unknown", isExact: isExact == 1)
  }

  func write(to group: Group) throws {
    try group.writeTensor(Key.bytes, TensorView(bytes))
    try group.writeTensor(Key.offsets, TensorView(offsets.map(Int64.init)))
    try group.writeTensor(Key.special, TensorView(specialTokens.sorted().map(Int64.init)))
    try group.setAttribute(Key.tokenizer, to: tokenizer)
    try group.setAttribute(Key.isExact, to: isExact ? 1 : 0)
    if let endToken { try group.setAttribute(Key.endToken, to: endToken) }
  }
}
