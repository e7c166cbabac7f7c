import ArgumentParser
import Checkpoints
import Datasets
import Models
import Programs
import Reports

/// How images from files are read, for every command that takes data.
struct DataOptions: ResultOptions {
  /// What `--data` and its likes take.
  static let forms =
    "fashion-mnist, an HDF5 or CSV file, or a folder of images by class, IDX or CIFAR files; :CLASSES takes a subset"

  @Option(
    help: """
      The size images from files are brought to, as 224 or 96x128 (rows x columns): resized with antialiasing, cut in \
      the middle. By default the model's, else their own.
      """)
  var imageSize: String?

  @Option(
    help: ArgumentHelp(
      """
      What the shorter side of images from files is resized to before the middle is cut out, as --resize 256 --image-size \
      224; none resizes until the size is just covered. By default as the model was trained, else none.
      """, valueName: "pixels"))
  var resize: String?

  @Flag(help: "Leave out images that cannot be read, naming them, rather than stop.")
  var skipUnreadable = false

  /// Loads data for a model, whose images then have its shape.
  func load(_ specification: String, for model: (any ImageTaker)? = nil) throws -> Dataset {
    told(try Dataset.load(specification, images: images(for: model)))
  }

  /// Loads data that a run was made with, read as they were then unless the options say otherwise.
  func load(_ reference: DataReference, for model: any ImageTaker) throws -> Dataset {
    var known = reference
    if imageSize == nil, resize == nil, !skipUnreadable || reference.skipsUnreadable {
      // Version 0.1 kept no channels, and no shape where it was the model's.
      let own = try images(for: model).shape.map { [$0.channelCount, $0.height, $0.width] } ?? []
      known.imageShape = reference.imageShape.map { $0.count == 2 ? own.prefix(1) + $0 : $0 } ?? own
      return told(try Dataset.load(known))
    }
    let recorded = reference.imageOptions
    var images = try images(for: model)
    if imageSize == nil, let shape = reference.imageShape, shape.count != 2 { images.shape = recorded.shape }
    if resize == nil { images.resize = recorded.resize }
    images.readsWhole = recorded.readsWhole
    images.skipsUnreadable = images.skipsUnreadable || reference.skipsUnreadable
    guard !reference.isInMemory else { return try Dataset.load(reference) }
    var dataset = told(try Dataset.load(reference.specification, images: images, from: reference.folder))
    dataset.statedClasses = reference.classes
    return dataset
  }

  /// Loads data that a run is resumed with: those it was made with, unless the user gives another specification.
  func load(_ reference: DataReference, unless given: String?, for model: any ImageTaker) throws -> Dataset {
    guard let given, given != reference.specification else { return try load(reference, for: model) }
    var dataset = try load(given, for: model)
    dataset.statedClasses = reference.classes
    return dataset
  }

  /// Says what was left out.
  private func told(_ dataset: Dataset) -> Dataset {
    if !dataset.skipped.isEmpty {
      Console.say("left out \(dataset.skipped.count) that cannot be read: \(listed(dataset.skipped, first: 3))")
    }
    return dataset
  }

  /// How images are read for a model: as it was trained, unless the options say otherwise.
  func images(for model: (any ImageTaker)?) throws -> ImageOptions {
    ImageOptions(
      shape: try shape(for: model), resize: try resize.map(Self.sideLength) ?? model?.preprocessing?.imageResize,
      skipsUnreadable: skipUnreadable)
  }

  /// What `--resize` says; nil for none.
  static func sideLength(_ text: String) throws -> Int? {
    guard text != "none" else { return nil }
    guard let side = Int(text), sides.contains(side) else {
      throw CommandError.usage("--resize: expected pixels as 256, or none, found '\(text)'")
    }
    return side
  }

  /// What `--image-size` says: rows and columns.
  static func size(_ text: String) throws -> [Int] {
    let sizes = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard (1...2).contains(sizes.count), sizes.allSatisfy(sides.contains) else {
      throw CommandError.usage("--image-size: expected a size as 224 or 96x128, found '\(text)'")
    }
    return [sizes[0], sizes[sizes.count - 1]]
  }

  private func shape(for model: (any ImageTaker)?) throws -> ImageShape? {
    let input = model?.program.inputs.first { $0.shape.count == 4 }.map { Array($0.shape.dropFirst()) }
    let channelCount = input.flatMap { [1, 3].contains($0[0]) ? $0[0] : nil } ?? 3
    if let imageSize {
      let size = try Self.size(imageSize)
      return ImageShape(channelCount: channelCount, height: size[0], width: size[1])
    }
    guard let input else { return nil }
    // Of a model that takes any size, what it was trained with.
    let known = model?.preprocessing?.imageSize ?? [-1, -1]
    let sides = zip(input.dropFirst(), known).map { $0 > 0 ? $0 : $1 }
    guard sides.allSatisfy({ $0 > 0 }) else { return nil }
    return ImageShape(channelCount: channelCount, height: sides[0], width: sides[1])
  }

  /// What libjpeg takes.
  private static let sides = 1...65_500
}

/// What images are read for: a model that says which shape it takes, and what they were brought to in training.
protocol ImageTaker {
  var program: Program { get }
  var preprocessing: Preprocessing? { get }
}

extension Checkpoint: ImageTaker {}

extension Model: ImageTaker {}
