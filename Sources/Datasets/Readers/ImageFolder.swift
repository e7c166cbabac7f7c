import Checkpoints
import Foundation
import HDF5
import Metrics

/// A folder of JPEG and PNG images by class: `train/<class>/…` and `test/<class>/…`, or `<class>/…` alone, of which a
/// fifth is held out for testing. Beside `test`, a folder `val` (`valid`, `validation`) has images to choose on; without
/// it, that is what is tested on.
struct ImageFolder {
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

  /// Lists all images, and reads those that are kept in memory.
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
    name: String, classes: [String], train: [ImageFile], test: [ImageFile], validation: [ImageFile]? = nil
  ) throws -> Dataset {
    if options.shape == nil, let resize = options.resize {
      throw DatasetError.resizeWithoutShape(resize: resize, file: path)
    }
    let all = train + test + (validation ?? [])
    let preparation = try ImagePreparation(
      shape: options.shape ?? commonShape(all), resize: options.resize)
    let keepsAll = isKept(all.count, of: preparation.shape)
    var skipped: [String] = []
    func split(_ files: [ImageFile]) throws -> Split {
      let images = ImageFiles(files, preparation: preparation)
      let (input, failures) =
        keepsAll ? Self.read(images, readsWhole: options.readsWhole) : checked(images)
      if let failure = failures.first(where: { $0 != nil }) ?? nil, !options.skipsUnreadable { throw failure }
      for case let failure? in failures { skipped.append("\(failure)") }
      let split = Split(inputs: [input], labels: files.map(\.label))
      return failures.allSatisfy { $0 == nil } ? split : split.selecting(files.indices.filter { failures[$0] == nil })
    }
    var dataset = try Dataset(
      name: name, classNames: classes, train: try split(train), test: try split(test),
      validation: try validation.map(split), file: path)
    dataset.skipped = skipped
    return dataset
  }

  /// Whether so many images are kept in memory as they are brought to a shape.
  private func isKept(_ count: Int, of shape: ImageShape) -> Bool {
    options.readsWhole || count <= options.memoryLimit / shape.byteCount
  }

  /// The size of all images where they have one; colour if any has.
  private func commonShape(_ files: [ImageFile]) throws -> ImageShape {
    // Whole images, not headers alone, where all are read anyway: one that is damaged further on has no say.
    let first = files.lazy.compactMap { try? $0.decoded().shape }.first
    let decodes = first.map { isKept(files.count, of: $0) } ?? true
    let shapes = sideBySide(files.count) { number in
      try? decodes ? files[number].decoded().shape : DecodedImage.shape(of: files[number].bytes())
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

  /// Reads all images into memory.
  ///
  /// - Returns: the input, and for each file why it could not be read.
  private static func read(_ images: ImageFiles, readsWhole: Bool) -> (InputArray, [(any Error)?]) {
    let (files, shape) = (images.files, images.preparation.shape)
    var failures: [(any Error)?] = []
    let pixels = [UInt8](unsafeUninitializedCapacity: files.count * shape.byteCount) { buffer, count in
      buffer.initialize(repeating: 0)
      failures = images.decodeAll(to: buffer)
      count = files.count * shape.byteCount
    }
    let rows = TensorView(
      bytes: pixels, elementType: .uint8, shape: [files.count, shape.channelCount, shape.height, shape.width])
    return (InputArray(rows: rows, of: readsWhole ? nil : images), failures)
  }

  /// Images that are decoded when they are needed; where some are to be left out, all are decoded once to find these.
  private func checked(_ images: ImageFiles) -> (InputArray, [(any Error)?]) {
    let none: [(any Error)?] = Array(repeating: nil, count: images.files.count)
    return (InputArray(decoding: images), options.skipsUnreadable ? images.check() : none)
  }
}

// MARK: - Files

extension ImageFolder {
  private static func files(of classes: [String], in folder: String) -> [ImageFile] {
    classes.enumerated().flatMap { label, name in
      images("\(folder)/\(name)").map {
        ImageFile(path: "\(folder)/\(name)/\($0)", name: "\(name)/\($0)", label: Int32(label))
      }
    }
  }

  /// The folders in a folder, sorted; hidden ones left out.
  private static func folders(_ path: String) -> [String] {
    ImageListing.entries(path).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder) && isFolder.boolValue
    }
  }

  private static func images(_ path: String) -> [String] { ImageListing.entries(path).filter(ImageListing.isImage) }
}
