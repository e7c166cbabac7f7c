import ArgumentParser
import Checkpoints
import Datasets
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

  @Flag(help: "Leave out images that cannot be read, naming them, rather than stop.")
  var skipUnreadable = false

  /// Loads data for a model, whose images then have its shape.
  func load(_ specification: String, for program: Program? = nil) throws -> Dataset {
    told(try Dataset.load(specification, images: images(for: program)))
  }

  /// Loads data that a run was made with, read as they were then unless the options say otherwise.
  func load(_ reference: DataReference, for program: Program) throws -> Dataset {
    var known = reference
    if imageSize == nil, !skipUnreadable || reference.skipsUnreadable {
      // Version 0.1 kept no channels, and no shape where it was the model's.
      let own = try images(for: program).shape.map { [$0.channelCount, $0.height, $0.width] } ?? []
      known.imageShape = reference.imageShape.map { $0.count == 2 ? own.prefix(1) + $0 : $0 } ?? own
      return told(try Dataset.load(known))
    }
    var images = try images(for: program)
    if imageSize == nil, let shape = reference.imageShape, shape.count != 2 {
      images.shape = reference.imageOptions.shape
    }
    images.skipsUnreadable = images.skipsUnreadable || reference.skipsUnreadable
    guard !reference.isInMemory else { return try Dataset.load(reference) }
    var dataset = told(try Dataset.load(reference.specification, images: images, from: reference.folder))
    dataset.statedClasses = reference.classes
    return dataset
  }

  /// Loads data that a run is resumed with: those it was made with, unless the user gives another specification.
  func load(_ reference: DataReference, unless given: String?, for program: Program) throws -> Dataset {
    guard let given, given != reference.specification else { return try load(reference, for: program) }
    var dataset = try load(given, for: program)
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

  private func images(for program: Program?) throws -> ImageOptions {
    ImageOptions(shape: try shape(for: program), skipsUnreadable: skipUnreadable)
  }

  private func shape(for program: Program?) throws -> ImageShape? {
    let input = program?.inputs.first { $0.shape.count == 4 }.map { Array($0.shape.dropFirst()) }
    let channelCount = input.flatMap { [1, 3].contains($0[0]) ? $0[0] : nil } ?? 3
    if let imageSize {
      let sizes = imageSize.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
      guard (1...2).contains(sizes.count), sizes.allSatisfy({ (1...65_500).contains($0) }) else {
        throw CommandError.usage("--image-size: expected a size as 224 or 96x128, found '\(imageSize)'")
      }
      return ImageShape(channelCount: channelCount, height: sizes[0], width: sizes[sizes.count - 1])
    }
    guard let input, input[1] > 0, input[2] > 0 else { return nil }
    return ImageShape(channelCount: channelCount, height: input[1], width: input[2])
  }
}
