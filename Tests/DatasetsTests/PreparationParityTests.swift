import Foundation
import HDF5
import TestSupport
import Testing

@testable import Datasets

/// Against torchvision on Pillow's images; `Fixtures/images/make_images.py` made the numbers with Pillow 13.
///
/// Pillow before 13 sums along the rows first, and so do we: then all bits are the same. Pillow 13 sums along the columns
/// first where much is taken off an image's height, which rounds otherwise: by one level at most.
@Suite struct PreparationParityTests {
  private static let folder = Repository.fixture("images")
  private static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { ["jpg", "jpeg", "png"].contains(($0 as NSString).pathExtension.lowercased()) && $0 != "cmyk.jpg" }

  private func image(_ name: String) throws -> DecodedImage {
    try DecodedImage(decoding: [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name)"))))
  }

  private func expected(_ path: String) throws -> [UInt8] {
    try File.open(Self.folder + "/expected.h5").root.dataset(path).read()
  }

  private func written(
    _ shape: ImageShape, _ write: (UnsafeMutableBufferPointer<UInt8>) -> Void
  ) -> [UInt8] {
    var found = [UInt8](repeating: 7, count: shape.byteCount)
    found.withUnsafeMutableBufferPointer { write($0) }
    return found
  }

  @Test(arguments: files, [[48, 40, 40], [31, 24, 28], [19, 16, 13], [66, 64, 66]])
  func evaluationIsTorchvisions(_ name: String, _ sizes: [Int]) throws {
    let shape = ImageShape(channelCount: 3, height: sizes[1], width: sizes[2])
    let preparation = try ImagePreparation(shape: shape, resize: sizes[0])
    let image = try image(name)
    let found = written(shape) { preparation.write(image, to: $0) }
    let wanted = try expected("\(name)/resize \(sizes[0]) to \(sizes[1])x\(sizes[2])")
    expectEqual(found, wanted, within: image.height > image.width ? 1 : 0, "\(name), \(sizes)")
  }

  @Test(arguments: files, [(16, 16), (40, 12)])
  func partsAreTorchvisions(_ name: String, _ size: (height: Int, width: Int)) throws {
    let shape = ImageShape(channelCount: 3, height: size.height, width: size.width)
    let preparation = try ImagePreparation(shape: shape)
    let image = try image(name)
    let (height, width) = (image.height, image.width)
    for part in [[0, 0, height, width], [3, 2, 7, 11], [0, 5, height, 9], [9, 0, 4, width]] {
      let found = written(shape) {
        preparation.write(ImagePart(top: part[0], left: part[1], height: part[2], width: part[3]), of: image, to: $0)
      }
      let text = part.map(String.init).joined(separator: ",")
      let wanted = try expected("\(name)/part \(text) to \(size.height)x\(size.width)")
      expectEqual(found, wanted, within: part[2] > part[3] ? 1 : 0, "\(name), part \(text)")
    }
  }

  @Test func colourBecomesGreyBeforeItIsResized() throws {
    let shape = ImageShape(channelCount: 1, height: 40, width: 40)
    let preparation = try ImagePreparation(shape: shape, resize: 48)
    let (colour, grey) = (try image("colour.png"), try image("grey.png"))
    let found = written(shape) { preparation.write(colour, to: $0) }
    #expect(found == written(shape) { preparation.write(grey, to: $0) })
    #expect(try found == Array(expected("grey.png/resize 48 to 40x40").prefix(shape.byteCount)))
  }

  @Test func tooLittleToCutFromIsRefused() throws {
    let shape = ImageShape(channelCount: 3, height: 24, width: 32)
    #expect(throws: DatasetError.resizeTooSmall(resize: 31, height: 24, width: 32)) {
      try ImagePreparation(shape: shape, resize: 31)
    }
    #expect(try ImagePreparation(shape: shape, resize: 32).resize == 32)
  }

  @Test(arguments: files) func theHeaderSaysTheShape(_ name: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name)")))
    #expect(try DecodedImage.shape(of: bytes) == DecodedImage(decoding: bytes).shape)
  }
}
