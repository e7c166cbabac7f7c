import Metrics

/// Random changes of training images, one after the other: crops, flips, colours.
///
/// It is made of the texts that a user writes, one for each change, and is stored as them.
public struct ImageTransform: Sendable {
  private static let known: [any RandomTransform.Type] = [
    RandomCrop.self, RandomResizedCrop.self, HorizontalFlip.self, ColorJitter.self, RandAugment.self,
  ]

  let steps: [any RandomTransform]

  /// Reads the changes in the order in which they are to be made.
  ///
  /// - Parameters:
  ///   - texts: `crop=PIXELS`, `random-resized-crop[=LEAST,MOST]`, `flip`, `jitter=STRENGTH`,
  ///     `jitter=BRIGHTNESS,CONTRAST,SATURATION,HUE` or `randaugment[=COUNT,MAGNITUDE]`. None changes nothing.
  /// - Throws: ``DatasetError/badAugmentation(value:expected:found:)``.
  public init(_ texts: [String]) throws {
    steps = try texts.map { text in
      let arguments = TransformArguments(text)
      guard let transform = Self.known.first(where: { $0.name == arguments.name }) else {
        let examples = Self.known.map { $0.example }
        throw DatasetError.badAugmentation(
          value: text, expected: examples.dropLast().joined(separator: ", ") + " or \(examples.last ?? "")",
          found: arguments.name.isEmpty ? "no name" : arguments.name)
      }
      return try transform.init(arguments)
    }
  }

  /// What may be written.
  public static let forms = [
    "crop=PIXELS", "random-resized-crop[=LEAST,MOST]", "flip", "jitter=STRENGTH",
    "jitter=BRIGHTNESS,CONTRAST,SATURATION,HUE", "randaugment[=COUNT,MAGNITUDE]",
  ]

  /// Changes nothing.
  public init() { steps = [] }

  /// The changes as a user would write them, every default filled in.
  public var texts: [String] { steps.map(\.text) }

  /// Whether nothing is changed.
  public var isEmpty: Bool { steps.isEmpty }

  /// Makes sure that a split's inputs are images that can be changed.
  ///
  /// - Throws: ``DatasetError/cannotAugment(input:expected:found:)`` unless all are uint8 of shape
  ///   `[channels, height, width]` with 1 or 3 channels, larger than the padding of a crop.
  public func check(_ split: Split) throws {
    guard !isEmpty else { return }
    for input in split.inputs {
      let shape = input.shape
      guard input.elementType == .uint8, shape.count == 3, shape[0] == 1 || shape[0] == 3 else {
        throw DatasetError.cannotAugment(
          input: input.name, expected: "uint8 images of shape [channels, height, width] with 1 or 3 channels",
          found: "\(input.elementType) of shape \(shape)")
      }
      for step in steps where min(shape[1], shape[2]) < step.minimumExtent {
        throw DatasetError.cannotAugment(
          input: input.name, expected: "at least \(step.minimumExtent) rows and columns for \(step.text)",
          found: "\(shape[1]) × \(shape[2])")
      }
    }
  }

  /// Changes one image.
  func apply(to image: ImagePixels, using random: inout RandomSource) {
    for step in steps { step.apply(to: image, using: &random) }
  }
}

extension ImageTransform: Equatable {
  public static func == (left: ImageTransform, right: ImageTransform) -> Bool { left.texts == right.texts }
}

extension ImageTransform: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode([String].self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(texts)
  }
}
