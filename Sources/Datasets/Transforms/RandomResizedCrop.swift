import Foundation
import Metrics

/// A part of the image of random area and proportions, enlarged to the image's size.
///
/// Szegedy et al., "Going Deeper with Convolutions", CVPR 2015; drawn as torchvision's `RandomResizedCrop` does.
struct RandomResizedCrop: RandomTransform {
  static let name = "random-resized-crop"
  /// The least and the most of the area that is kept, fractions.
  let area: ClosedRange<Double>
  /// Width to height.
  private static let ratio = 3.0 / 4...4.0 / 3

  init(_ arguments: TransformArguments) throws {
    let expected = "two fractions of the area, the smaller first, as in random-resized-crop=0.08,1"
    let bounds = arguments.isEmpty ? [0.08, 1] : try arguments.numbers([2], expected: expected)
    guard bounds[0] > 0, bounds[0] <= bounds[1], bounds[1] <= 1 else { throw arguments.error(expected: expected) }
    area = bounds[0]...bounds[1]
  }

  var text: String { TransformArguments.text(Self.name, [area.lowerBound, area.upperBound]) }

  func apply(to image: ImagePixels, using random: inout RandomSource) {
    image.enlarge(part(height: image.height, width: image.width, using: &random))
  }

  /// Draws the part of an image of a size: ten attempts, then the middle.
  func part(height: Int, width: Int, using random: inout RandomSource) -> ImagePart {
    let ratio = Self.ratio
    let logRatio = log(ratio.lowerBound)...log(ratio.upperBound)
    for _ in 0..<10 {
      let target = Double(height * width) * random.uniform(in: area)
      let proportion = exp(random.uniform(in: logRatio))
      let partWidth = Int((target * proportion).squareRoot().rounded(.toNearestOrEven))
      let partHeight = Int((target / proportion).squareRoot().rounded(.toNearestOrEven))
      guard 1...width ~= partWidth, 1...height ~= partHeight else { continue }
      let top = Int.random(in: 0...height - partHeight, using: &random)
      let left = Int.random(in: 0...width - partWidth, using: &random)
      return ImagePart(top: top, left: left, height: partHeight, width: partWidth)
    }
    let proportion = Double(width) / Double(height)
    var (partHeight, partWidth) = (height, width)
    if proportion < ratio.lowerBound {
      partHeight = Int((Double(width) / ratio.lowerBound).rounded(.toNearestOrEven))
    } else if proportion > ratio.upperBound {
      partWidth = Int((Double(height) * ratio.upperBound).rounded(.toNearestOrEven))
    }
    return ImagePart(
      top: (height - partHeight) / 2, left: (width - partWidth) / 2, height: partHeight, width: partWidth)
  }
}

extension RandomSource {
  /// A number between two others.
  mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }
}
