import Checkpoints

/// An example as text.
public struct ExampleText: Sendable, Equatable {
  /// A piece of it, without a change of what it is there for.
  public struct Part: Sendable, Equatable {
    /// What it says.
    public var text: String
    /// Whether it is given and not to be said.
    public var isMasked: Bool
  }

  /// In order.
  public var parts: [Part]
  /// Tokens, padding left out.
  public var tokenCount: Int
}

extension Dataset {
  /// An example's tokens as text; nil of data that do not say what their tokens stand for.
  public func text(of example: Int, in split: Split) throws -> ExampleText? {
    guard let vocabulary, let targets = split.targets, let input = textInput(of: split) else { return nil }
    let tokens = try split.integers(of: input, example).map { Int($0) }
    let labels = try split.integers(of: targets, example)
    let mask = try split.input(named: "attention_mask").map { try split.integers(of: $0, example) }
    var pieces: [(tokens: [Int], isMasked: Bool)] = []
    for (place, token) in tokens.enumerated() where mask.map({ $0.indices.contains(place) && $0[place] != 0 }) ?? true {
      let isMasked = labels[place] == Self.ignoredLabel
      if pieces.last?.isMasked == isMasked {
        pieces[pieces.count - 1].tokens.append(token)
      } else {
        pieces.append(([token], isMasked))
      }
    }
    return ExampleText(
      parts: pieces.map { .init(text: vocabulary.text(of: $0.tokens), isMasked: $0.isMasked) },
      tokenCount: pieces.reduce(0) { $0 + $1.tokens.count })
  }
}

extension Dataset {
  /// What stands at each place of an example's text, where each has a label: pieces that make the text together, and nil
  /// where the attention mask says padding. Of data that do not say what their tokens stand for, the tokens' numbers.
  ///
  /// Tokens that end within a character have no text of their own; the one that ends it has the character.
  ///
  /// - Returns: nil of examples that are no text.
  public func tokenTexts(of example: Int, in split: Split) throws -> [String?]? {
    guard let input = textInput(of: split) else { return nil }
    let tokens = try split.integers(of: input, example).map { Int($0) }
    let mask = try split.input(named: "attention_mask").map { try split.integers(of: $0, example) }
    let isPadding = tokens.indices.map { place in mask.map { $0.indices.contains(place) && $0[place] == 0 } ?? false }
    guard let vocabulary else { return zip(tokens, isPadding).map { $1 ? nil : "\($0) " } }
    var unfinished: [UInt8] = []
    return tokens.indices.map { place in
      guard !isPadding[place] else { return nil }
      unfinished += vocabulary.bytes(of: tokens[place])
      let isLast = place + 1 == tokens.count || isPadding[place + 1]
      // A character has four bytes at most.
      guard
        let text = String(validating: unfinished, as: UTF8.self)
          ?? (isLast || unfinished.count >= 4
            ? String(decoding: unfinished, as: UTF8.self) : nil)
      else { return "" }
      unfinished = []
      return text
    }
  }

  /// The input whose every place has a label.
  private func textInput(of split: Split) -> InputArray? {
    let texts = split.inputs.filter(\.isText)
    guard let targets = split.targets, let input = texts.first(where: { $0.name == "input_ids" }) ?? texts.first,
      input.shape == targets.shape
    else { return nil }
    return input
  }
}

extension Split {
  fileprivate func integers(of array: InputArray, _ example: Int) throws -> [Int64] {
    TensorView(bytes: try gather([example], of: array), elementType: array.elementType, shape: array.shape).integers
  }
}
