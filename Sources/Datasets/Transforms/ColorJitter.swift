import Metrics

/// Brightness, contrast, saturation and hue changed by random amounts in a random order, as torchvision does.
///
/// Grey images have no saturation and no hue to change.
struct ColorJitter: RandomTransform {
  static let name = "jitter"
  static let example = "jitter=0.4"
  /// The range of the factors of brightness, contrast and saturation: 1 ± the strength, not below 0.
  private let factors: [ClosedRange<Double>]
  private let strengths: [Double]
  private var hue: Double { strengths[3] }

  init(_ arguments: TransformArguments) throws {
    let expected =
      "one strength from 0, or those of brightness, contrast, saturation and hue (up to 0.5), as in jitter=0.4,0.4,0.4,0.1"
    var numbers = try arguments.numbers([1, 4], expected: expected)
    if numbers.count == 1 { numbers = [numbers[0], numbers[0], numbers[0], 0] }
    guard numbers.allSatisfy({ $0 >= 0 }), numbers[3] <= 0.5 else { throw arguments.error(expected: expected) }
    strengths = numbers
    factors = numbers.prefix(3).map { max(0, 1 - $0)...1 + $0 }
  }

  var text: String { TransformArguments.text(Self.name, strengths) }

  func apply(to image: ImagePixels, using random: inout RandomSource) {
    let order = random.permutation(count: 4)
    let brightness = random.uniform(in: factors[0])
    let contrast = random.uniform(in: factors[1])
    let saturation = random.uniform(in: factors[2])
    let turn = random.uniform(in: -hue...hue)
    for number in order where strengths[number] > 0 {
      switch number {
      case 0: image.adjustBrightness(by: brightness)
      case 1: image.adjustContrast(by: contrast)
      case 2: image.adjustSaturation(by: saturation)
      default: image.adjustHue(by: turn)
      }
    }
  }
}
