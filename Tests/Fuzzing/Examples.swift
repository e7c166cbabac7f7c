import Checkpoints
import Foundation

@testable import Datasets

/// An IDX file, plain or compressed by gzip.
enum IDX: FileReader {
  static let name = "idx"
  static func read(file path: String) throws { _ = try IDXFile.read(path).checksum }

  static func seeds() throws -> [Data] {
    try Fixture.data(
      "fashion-mnist-small/t10k-labels-idx1-ubyte.gz", "fashion-mnist-small/train-labels-idx1-ubyte.gz")
      + [Data([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3] + (0..<12))]
  }
}

/// A JPEG or PNG, and its pixels in another size.
enum Image: Reader {
  static let name = "image"

  static func read(_ data: Data) throws {
    let stated = try DecodedImage.shape(of: [UInt8](data))
    let image = try DecodedImage(decoding: [UInt8](data))
    precondition(stated == image.shape, "\(stated) in the header, \(image.shape) decoded")
    precondition(image.pixels.count == image.height * image.width * image.channelCount)
    precondition(image.channelCount == 1 || image.channelCount == 3)
    let shape = ImageShape(channelCount: 3, height: 4, width: 5)
    var pixels = [UInt8](repeating: 0, count: shape.byteCount)
    pixels.withUnsafeMutableBufferPointer { image.write(as: shape, to: $0) }
    let preparation = try ImagePreparation(shape: shape, resize: 6)
    pixels.withUnsafeMutableBufferPointer { preparation.write(image, to: $0) }
  }

  static func seeds() throws -> [Data] {
    try Fixture.data(
      "images/bits.png", "images/grey.png", "images/palette.png", "images/alpha.png", "images/grey.jpg",
      "images/colour.jpg", "images/progressive.jpeg", "images/cmyk.jpg")
  }
}

/// Rows of numbers.
enum Table: FileReader {
  static let name = "table.csv"

  static func read(file path: String) throws {
    guard let dataset = try CSVDataset(path)?.dataset(name: "fuzzed") else { return }
    for split in [dataset.train, dataset.test] {
      precondition(split.labels.allSatisfy { dataset.classNames.indices.contains(Int($0)) })
    }
  }

  static func seeds() -> [Data] {
    [
      "a,b,label\n1,2,x\n3,4.5,y\n-1e3,0,\"x\"\n1,1,\"a \"\"b\"\"\"\n", "1,2\r\n3,4\r\n5,4\r\n",
      "label,a\n10,1\n9,2\n1a,3\n",
    ].map { Data($0.utf8) }
  }
}
