import Checkpoints
import HDF5
import TestSupport
import Testing

@testable import Datasets

/// Against torchvision; `Fixtures/transforms/make_transforms.py` made the images.
@Suite struct TransformParityTests {
  /// The functions that are the same to the last bit, and those whose float32 sums may differ in their order.
  private static let tolerances = [
    "brightness": 0, "contrast": 0, "saturation": 1, "hue": 0, "sharpness": 0, "posterize": 0, "solarize": 0,
    "autocontrast": 0, "equalize": 0, "shear": 0, "translate": 0, "rotate": 0, "resized-crop": 0, "flip": 0,
  ]
  /// In the order in which the results have them.
  private static let imageNames = ["colour", "grey", "wide"]

  @Test(arguments: tolerances.keys.sorted())
  func imagesAreTorchvisions(function: String) throws {
    let root = try File.open(Repository.fixture("transforms/transforms.h5")).root
    let parameters = try root.dataset("\(function)/parameters")
    let (settingCount, parameterCount) = (try parameters.shape[0], try parameters.shape[1])
    let values = parameterCount == 0 ? [] : try parameters.read(as: Double.self)
    let expected = try root.dataset("\(function)/results").readBytes()
    let tolerance = try #require(Self.tolerances[function])
    var position = 0
    for setting in 0..<settingCount {
      let parameters = Array(values[setting * parameterCount..<(setting + 1) * parameterCount])
      for name in Self.imageNames {
        let images = try root.dataset("images/\(name)")
        let shape = Array(try images.shape.dropFirst())
        var found = try images.readBytes()
        ImagePixels.withEach(of: &found, shape: shape) { Self.apply(function, parameters, to: $1) }
        let wanted = Array(expected[position..<position + found.count])
        position += found.count
        expectEqual(found, wanted, within: tolerance, "\(function) \(parameters) of \(name)")
      }
    }
    #expect(position == expected.count)
  }

  private static func apply(_ function: String, _ parameters: [Double], to image: ImagePixels) {
    let whole = parameters.map { Int($0) }
    switch function {
    case "brightness": image.adjustBrightness(by: parameters[0])
    case "contrast": image.adjustContrast(by: parameters[0])
    case "saturation": image.adjustSaturation(by: parameters[0])
    case "hue": image.adjustHue(by: parameters[0])
    case "sharpness": image.adjustSharpness(by: parameters[0])
    case "posterize": image.posterize(toBits: whole[0])
    case "solarize": image.solarize(from: parameters[0])
    case "autocontrast": image.stretchContrast()
    case "equalize": image.equalize()
    case "shear": image.shear(x: parameters[0], y: parameters[1])
    case "translate": image.translate(right: whole[0], down: whole[1])
    case "rotate": image.rotate(degrees: parameters[0])
    case "resized-crop":
      image.enlarge(ImagePart(top: whole[0], left: whole[1], height: whole[2], width: whole[3]))
    default: image.flipHorizontally()
    }
  }

  @Test func strengthsOfRandAugmentAreTorchvisions() throws {
    let table = try File.open(Repository.fixture("transforms/transforms.h5")).root.dataset("randaugment")
    let names: [String] = try table.requiredAttribute("operations")
    let expected = try table.read(as: Double.self)
    #expect(names == RandAugment.Operation.allCases.map(\.rawValue))
    for (row, operation) in RandAugment.Operation.allCases.enumerated() {
      for bin in 0..<31 {
        let found = operation.strength(bin: bin, height: 20, width: 32)
        #expect(found == expected[31 * row + bin], "\(operation) \(bin)")
      }
    }
  }
}

/// Compares bytes; a failure says how many differ and where the difference is largest.
func expectEqual(
  _ found: [UInt8], _ expected: [UInt8], within tolerance: Int, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let differences = zip(found, expected).map { abs(Int($0) - Int($1)) }
  let count = differences.count { $0 > tolerance }
  let worst = differences.indices.max { differences[$0] < differences[$1] } ?? 0
  #expect(
    found.count == expected.count && count == 0,
    "\(what): \(count) of \(found.count) differ; at \(worst) found \(found[worst]), expected \(expected[worst])",
    sourceLocation: sourceLocation)
}
