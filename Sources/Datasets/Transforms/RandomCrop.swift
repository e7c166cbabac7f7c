import Metrics

/// Zeros around the image, of which a part of the image's own size is kept.
struct RandomCrop: RandomTransform {
  static let name = "crop"
  static let example = "crop=4"
  let padding: Int

  init(_ arguments: TransformArguments) throws {
    let expected = "a whole number of pixels from 1, as in crop=4"
    padding = try arguments.wholeNumbers(1, expected: expected)[0]
    guard padding >= 1, padding <= Int32.max else { throw arguments.error(expected: expected) }
  }

  var text: String { "\(Self.name)=\(padding)" }
  // Otherwise nothing of the image might be left.
  var minimumExtent: Int { padding + 1 }

  func apply(to image: ImagePixels, using random: inout RandomSource) {
    let down = Int.random(in: -padding...padding, using: &random)
    let right = Int.random(in: -padding...padding, using: &random)
    image.translate(right: right, down: down)
  }
}

/// Left and right changed for every second image.
struct HorizontalFlip: RandomTransform {
  static let name = "flip"

  init(_ arguments: TransformArguments) throws {
    guard arguments.isEmpty else { throw arguments.error(expected: "flip alone") }
  }

  func apply(to image: ImagePixels, using random: inout RandomSource) {
    if random.uniform() < 0.5 { image.flipHorizontally() }
  }
}
