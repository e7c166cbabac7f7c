import Foundation

extension TrainingOptions {
  /// The options as a run stores them: one line of JSON, keys sorted.
  ///
  /// - Throws: `EncodingError` for a number that is not finite.
  public var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// The options that a run stored; nil for other text.
  public init?(json: String) {
    guard let stored = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
    self = stored
  }
}
