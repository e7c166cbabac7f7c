import Checkpoints
import Foundation
import HDF5

/// A folder of JPEG and PNG images by class: `train/<class>/…` and `test/<class>/…`, or `<class>/…` alone, of which a
/// fifth is held out for testing. Beside `test`, a folder `val` (`valid`, `validation`) has images to choose on; without
/// it, that is what is tested on.
struct ImageFolder {
  /// Those of other formats are images that cannot be read, rather than no images.
  private static let extensions: Set<String> = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "ppm"]
  private static let testNames = ["test", "val", "valid", "validation"]

  private let path: String
  private let options: ImageOptions

  /// Nil for a folder that has no images where they would be.
  init?(_ path: String, options: ImageOptions) {
    self.path = path
    self.options = options
    let places = [path, "\(path)/train"]
    let hasImages = places.contains { place in
      Self.folders(place).contains { !Self.images("\(place)/\($0)").isEmpty }
    }
    guard hasImages else { return nil }
  }

  /// Reads all images.
  ///
  /// - Throws: ``DatasetError`` that names the image, the class or the folder.
  func dataset(name: String) throws -> Dataset {
    guard Self.folders(path).contains("train") else {
      let classes = try classNames(in: path)
      let files = Self.files(of: classes, in: path)
      let isTest = HeldOut.choose(files.map(\.name), labels: files.map(\.label))
      return try dataset(
        name: name, classes: classes, train: zip(files, isTest).filter { !$0.1 }.map(\.0),
        test: zip(files, isTest).filter(\.1).map(\.0))
    }
    guard let test = Self.testNames.first(where: Self.folders(path).contains) else {
      throw DatasetError.malformed(
        file: path, reason: "it has a folder train, and none of \(Self.testNames.joined(separator: ", "))")
    }
    let classes = try classNames(in: "\(path)/train")
    let validation = test == "test" ? Self.testNames.dropFirst().first(where: Self.folders(path).contains) : nil
    for split in [test, validation].compactMap({ $0 }) {
      if let unknown = Self.folders("\(path)/\(split)").first(where: { !classes.contains($0) }) {
        throw DatasetError.malformed(
          file: "\(path)/\(split)/\(unknown)", reason: "a class that \(path)/train does not have")
      }
    }
    return try dataset(
      name: name, classes: classes, train: Self.files(of: classes, in: "\(path)/train"),
      test: Self.files(of: classes, in: "\(path)/\(test)"),
      validation: validation.map { Self.files(of: classes, in: "\(path)/\($0)") })
  }

  private func classNames(in folder: String) throws -> [String] {
    let names = Self.folders(folder).filter { !Self.images("\(folder)/\($0)").isEmpty }
    guard names.count > 1 else {
      throw DatasetError.malformed(
        file: folder, reason: "expected a folder of images for each of two classes or more, found \(names.joined())")
    }
    return names
  }

  private func dataset(
    name: String, classes: [String], train: [File], test: [File], validation: [File]? = nil
  ) throws -> Dataset {
    let shape = try options.shape ?? commonShape(train + test + (validation ?? []))
    var skipped: [String] = []
    func split(_ files: [File]) throws -> Split {
      let (pixels, failures) = Self.decode(files, as: shape)
      if let index = failures.indices.first(where: { failures[$0] != nil }), !options.skipsUnreadable {
        throw DatasetError.unreadableImage(file: files[index].path, reason: failures[index] ?? "")
      }
      let rows = TensorView(
        bytes: pixels, elementType: .uint8, shape: [files.count, shape.channelCount, shape.height, shape.width])
      let all = Split(inputs: [InputArray(rows: rows)], labels: files.map(\.label))
      for (file, reason) in zip(files, failures) where reason != nil { skipped.append("\(file.path): \(reason ?? "")") }
      return failures.allSatisfy { $0 == nil } ? all : all.selecting(failures.indices.filter { failures[$0] == nil })
    }
    var dataset = try Dataset(
      name: name, classNames: classes, train: try split(train), test: try split(test),
      validation: try validation.map(split), file: path)
    dataset.skipped = skipped
    return dataset
  }

  /// The size of all images where they have one; colour if any has.
  private func commonShape(_ files: [File]) throws -> ImageShape {
    // Whole images, not headers alone: one that is damaged further on has no say.
    let shapes = Self.sideBySide(files) { _, file in
      (try? file.decoded()).map {
        ImageShape(channelCount: $0.channelCount, height: $0.height, width: $0.width)
      }
    }
    var shape: ImageShape?
    for (file, own) in zip(files, shapes) {
      guard let own else { continue }
      guard var known = shape else {
        shape = own
        continue
      }
      guard known.height == own.height, known.width == own.width else {
        throw DatasetError.differingSizes(
          file: file.path, found: "\(own.height)×\(own.width)", others: "\(known.height)×\(known.width)")
      }
      known.channelCount = max(known.channelCount, own.channelCount)
      shape = known
    }
    guard let shape else { throw DatasetError.malformed(file: path, reason: "none of its images can be read") }
    return shape
  }

  /// Decodes files, each to its place.
  ///
  /// - Returns: `[files, channels, height, width]`, and why a file could not be read.
  private static func decode(_ files: [File], as shape: ImageShape) -> ([UInt8], [String?]) {
    var failures: [String?] = []
    let pixels = [UInt8](unsafeUninitializedCapacity: files.count * shape.byteCount) { buffer, count in
      buffer.initialize(repeating: 0)
      // Every file writes to a place of its own.
      nonisolated(unsafe) let target = buffer
      failures = sideBySide(files) { index, file in
        do {
          let place = index * shape.byteCount
          try file.decoded().write(
            as: shape, to: UnsafeMutableBufferPointer(rebasing: target[place..<place + shape.byteCount]))
          return nil
        } catch {
          return (error as? DecodedImage.Failure)?.reason ?? "\(error)"
        }
      }
      count = files.count * shape.byteCount
    }
    return (pixels, failures)
  }

  /// What `body` makes of each file and its number, on all cores.
  private static func sideBySide<Value: Sendable>(
    _ files: [File], _ body: @Sendable (Int, File) -> Value?
  ) -> [Value?] {
    var results = [Value?](repeating: nil, count: files.count)
    results.withUnsafeMutableBufferPointer { buffer in
      // Every iteration writes to a place of its own.
      nonisolated(unsafe) let target = buffer
      DispatchQueue.concurrentPerform(iterations: files.count) { target[$0] = body($0, files[$0]) }
    }
    return results
  }
}

// MARK: - Files

extension ImageFolder {
  private struct File {
    let path: String
    /// Below the split's folder.
    let name: String
    let label: Int32

    func decoded() throws -> DecodedImage {
      guard let data = FileManager.default.contents(atPath: path) else {
        throw DecodedImage.Failure(reason: "the file cannot be read")
      }
      return try DecodedImage(decoding: [UInt8](data))
    }
  }

  private static func files(of classes: [String], in folder: String) -> [File] {
    classes.enumerated().flatMap { label, name in
      images("\(folder)/\(name)").map {
        File(path: "\(folder)/\(name)/\($0)", name: "\(name)/\($0)", label: Int32(label))
      }
    }
  }

  /// The folders in a folder, sorted; hidden ones left out.
  private static func folders(_ path: String) -> [String] {
    entries(path).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder) && isFolder.boolValue
    }
  }

  private static func images(_ path: String) -> [String] {
    entries(path).filter { extensions.contains(($0 as NSString).pathExtension.lowercased()) }
  }

  private static func entries(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
  }
}
