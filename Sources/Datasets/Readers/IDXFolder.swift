import Checkpoints
import Files
import Foundation

/// A folder of four IDX files, as MNIST and its likes are published, each plain or compressed by gzip; two more,
/// `validation-images-idx3-ubyte` and `validation-labels-idx1-ubyte`, may hold examples to choose on.
struct IDXFolder {
  private let path: String
  private let fileNames: Set<String>

  init(_ path: String) throws {
    self.path = path
    do {
      fileNames = Set(try FileManager.default.contentsOfDirectory(atPath: path))
    } catch {
      throw DatasetError.malformed(file: path, reason: "the folder cannot be listed")
    }
  }

  /// Reads the folder's dataset; classes are numbered when they have no names.
  func dataset(name: String, classNames: [String]? = nil) throws -> Dataset {
    let train = try split("train")
    let test = try split("t10k")
    let isDivided = fileNames.contains { $0.hasPrefix("validation-images") }
    let validation = isDivided ? try split("validation") : nil
    let classCount = (train.labels + test.labels + (validation?.labels ?? [])).max().map { Int($0) + 1 } ?? 0
    return try Dataset(
      name: name, classNames: classNames ?? (0..<classCount).map(String.init), train: train, test: test,
      validation: validation, file: path)
  }

  private func split(_ prefix: String) throws -> Split {
    let imageFile = try file("\(prefix)-images", "idx3")
    let labelFile = try file("\(prefix)-labels", "idx1")
    let images = try IDXFile.read(imageFile)
    let labels = try IDXFile.read(labelFile)
    guard labels.shape.count == 1 else {
      throw DatasetError.shapeMismatch(
        file: labelFile, array: "labels", expected: "one axis", found: "shape \(labels.shape)")
    }
    guard images.shape[0] == labels.count else {
      throw DatasetError.countMismatch(file: imageFile, array: "images", expected: labels.count, found: images.shape[0])
    }
    return Split(inputs: [InputArray(rows: images)], labels: labels.array(of: UInt8.self).map(Int32.init))
  }

  private func file(_ stem: String, _ kind: String) throws -> String {
    // The original archive has hyphens; some unpackers replace the second by a dot.
    let candidates = ["\(stem)-\(kind)-ubyte", "\(stem).\(kind)-ubyte"].flatMap { [$0, "\($0).gz"] }
    guard let found = candidates.first(where: fileNames.contains) else {
      let isPart = fileNames.contains { $0.contains("idx3") || $0.contains("idx1") }
      throw DatasetError.unrecognized(
        path: path,
        expected: isPart
          ? "a folder with \(candidates[0]) or \(candidates[1])"
          : "a folder of images (<class>/ or train/<class>/ and test/<class>/), train.csv and test.csv, or the files of "
            + "MNIST or CIFAR")
    }
    return "\(path)/\(found)"
  }
}

/// One IDX file: two zero bytes, the element type, the number of axes, the extents (big-endian), the elements.
enum IDXFile {
  private static let byteType: UInt8 = 0x08

  /// Reads a file of bytes; images of height and width get a channel axis.
  static func read(_ path: String) throws -> TensorView {
    let reader = try GzipReader(path)
    let magic = try reader.read(4)
    guard magic[0] == 0, magic[1] == 0, (1...8).contains(magic[3]) else {
      throw DatasetError.malformed(file: path, reason: "not an IDX file: it begins with the bytes \(magic)")
    }
    guard magic[2] == byteType else {
      let found = String(magic[2], radix: 16)
      throw DatasetError.malformed(file: path, reason: "IDX element type: expected 0x8 (bytes), found 0x\(found)")
    }
    let header = try reader.read(4 * Int(magic[3]))
    let shape = stride(from: 0, to: header.count, by: 4).map { start in
      header[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    let dataOffset = 4 + header.count
    let byteCount = try checkedCount(shape, fileByteCount: reader.fileByteCount, path: path)
    let stored = shape.count == 3 ? [shape[0], 1, shape[1], shape[2]] : shape
    if !reader.isCompressed {
      guard reader.fileByteCount == dataOffset + byteCount else {
        throw wrongLength(path, shape, found: reader.fileByteCount - dataOffset, isAtLeast: false)
      }
      return try TensorView(mapping: MappedFile(path), offset: dataOffset, elementType: .uint8, shape: stored)
    }
    let bytes = try reader.read(byteCount)
    guard try reader.isAtEnd() else { throw wrongLength(path, shape, found: byteCount, isAtLeast: true) }
    return TensorView(bytes: bytes, elementType: .uint8, shape: stored)
  }

  // A damaged header can claim any extents; deflate never expands more than 1032 times.
  private static func checkedCount(_ shape: [Int], fileByteCount: Int, path: String) throws -> Int {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= fileByteCount * 1032 else {
        throw DatasetError.malformed(
          file: path, reason: "claims the shape \(shape), more than its \(fileByteCount) bytes can hold")
      }
      count = product
    }
    return count
  }

  private static func wrongLength(_ path: String, _ shape: [Int], found: Int, isAtLeast: Bool) -> DatasetError {
    .malformed(
      file: path,
      reason: "shape \(shape): expected \(shape.reduce(1, *)) bytes, found \(isAtLeast ? "more than " : "")\(found)")
  }
}
