import Metrics

/// Some operations drawn from fourteen, all of one magnitude.
///
/// Cubuk et al., "RandAugment: Practical automated data augmentation with a reduced search space", 2019; the
/// operations and magnitudes are torchvision's, with nearest pixels and zeros where nothing comes in.
struct RandAugment: RandomTransform {
  static let name = "randaugment"
  /// The number of magnitudes.
  static let binCount = 31
  /// How many operations an image gets.
  let count: Int
  /// The bin of the magnitude, from 0 to 30.
  let magnitude: Int

  init(_ arguments: TransformArguments) throws {
    let expected = "a number of operations from 1 and a magnitude from 0 to 30, as in randaugment=2,9"
    let numbers = arguments.isEmpty ? [2, 9] : try arguments.wholeNumbers(2, expected: expected)
    guard numbers[0] >= 1, 0..<Self.binCount ~= numbers[1] else { throw arguments.error(expected: expected) }
    (count, magnitude) = (numbers[0], numbers[1])
  }

  var text: String { "\(Self.name)=\(count),\(magnitude)" }

  func apply(to image: ImagePixels, using random: inout RandomSource) {
    for _ in 0..<count {
      let operation = Operation.all[Int.random(in: 0..<Operation.all.count, using: &random)]
      var strength = operation.strength(bin: magnitude, height: image.height, width: image.width)
      if operation.isSigned, random.uniform() < 0.5 { strength.negate() }
      operation.apply(to: image, strength: strength)
    }
  }
}

extension RandAugment {
  /// What may be drawn, by torchvision's names.
  enum Operation: String, CaseIterable {
    case identity = "Identity"
    case shearX = "ShearX"
    case shearY = "ShearY"
    case translateX = "TranslateX"
    case translateY = "TranslateY"
    case rotate = "Rotate"
    case brightness = "Brightness"
    case color = "Color"
    case contrast = "Contrast"
    case sharpness = "Sharpness"
    case posterize = "Posterize"
    case solarize = "Solarize"
    case autoContrast = "AutoContrast"
    case equalize = "Equalize"

    static let all = allCases

    /// Whether the strength is negative for every second image.
    var isSigned: Bool {
      switch self {
      case .shearX, .shearY, .translateX, .translateY, .rotate, .brightness, .color, .contrast, .sharpness: true
      case .identity, .posterize, .solarize, .autoContrast, .equalize: false
      }
    }

    /// The strength that a bin stands for, in the operation's own unit; 0 where there is none.
    func strength(bin: Int, height: Int, width: Int) -> Double {
      switch self {
      case .identity, .autoContrast, .equalize: 0
      case .shearX, .shearY: Self.step(bin, from: 0, to: 0.3)
      case .translateX: Self.step(bin, from: 0, to: 150 / 331 * Double(width))
      case .translateY: Self.step(bin, from: 0, to: 150 / 331 * Double(height))
      case .rotate: Self.step(bin, from: 0, to: 30)
      case .brightness, .color, .contrast, .sharpness: Self.step(bin, from: 0, to: 0.9)
      case .posterize: (8 - Double(bin) * 4 / Double(RandAugment.binCount - 1)).rounded(.toNearestOrEven)
      case .solarize: Self.step(bin, from: 1, to: 0)
      }
    }

    /// One of evenly spaced numbers, rounded as `torch.linspace` rounds them: some are compared with whole numbers.
    private static func step(_ bin: Int, from start: Double, to end: Double) -> Double {
      let last = RandAugment.binCount - 1
      let (start, end) = (Float(start), Float(end))
      let width = (end - start) / Float(last)
      let isLow = bin < RandAugment.binCount / 2
      return Double(isLow ? start.addingProduct(width, Float(bin)) : end.addingProduct(-width, Float(last - bin)))
    }

    /// Changes an image with a strength.
    func apply(to image: ImagePixels, strength: Double) {
      switch self {
      case .identity: break
      case .shearX: image.shear(x: strength, y: 0)
      case .shearY: image.shear(x: 0, y: strength)
      case .translateX: image.translate(right: Int(strength), down: 0)
      case .translateY: image.translate(right: 0, down: Int(strength))
      case .rotate: image.rotate(degrees: strength)
      case .brightness: image.adjustBrightness(by: 1 + strength)
      case .color: image.adjustSaturation(by: 1 + strength)
      case .contrast: image.adjustContrast(by: 1 + strength)
      case .sharpness: image.adjustSharpness(by: 1 + strength)
      case .posterize: image.posterize(toBits: Int(strength))
      case .solarize: image.solarize(from: 255 * strength)
      case .autoContrast: image.stretchContrast()
      case .equalize: image.equalize()
      }
    }
  }
}
