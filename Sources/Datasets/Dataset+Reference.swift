import Checkpoints

extension Dataset {
  /// Where a dataset was loaded from, and how.
  public struct Origin: Sendable, Equatable {
    /// As it was given to ``Dataset/load(_:images:from:)``.
    public let specification: String
    /// The folder from which a relative specification leads to it, an absolute path.
    public let folder: String
    /// How images from files were read.
    public let images: ImageOptions
    /// Whether the specification names no classes.
    let isWhole: Bool

    /// The same, some classes of it; nil where a specification cannot say which.
    func subset(_ classes: String) -> Origin? {
      guard isWhole else { return nil }
      return Origin(specification: "\(specification):\(classes)", folder: folder, images: images, isWhole: false)
    }
  }

  /// What a run keeps of these data, so that they are found again.
  ///
  /// - Parameters:
  ///   - head: the head that judges them.
  ///   - fitsImages: whether images are brought to the model's shape as they come to it.
  public func reference(head: String?, fitsImages: Bool) -> DataReference {
    DataReference(
      specification: origin?.specification ?? "", folder: origin?.folder ?? "", name: name, fingerprint: fingerprint,
      testCount: test.count,
      imageShape: origin?.images.shape.map { [$0.channelCount, $0.height, $0.width] } ?? [],
      imageResize: origin?.images.resize, readsImagesWhole: origin?.images.readsWhole,
      skipsUnreadable: origin?.images.skipsUnreadable ?? false, fitsImages: fitsImages, head: head,
      classes: statedClasses)
  }

  /// Loads the data that a run was made with, read as they were then.
  ///
  /// A relative specification is looked for from the present folder, then from the one that the run was made in; where
  /// both lead to data, those that are the run's are taken.
  ///
  /// - Throws: ``DatasetError/inMemory(dataset:)`` for data that no file holds,
  ///   ``DatasetError/changed(specification:dataset:expected:found:)`` for others than the run's, and as
  ///   ``load(_:images:from:)``.
  public static func load(_ reference: DataReference) throws -> Dataset {
    var dataset = try loadRecorded(reference)
    dataset.statedClasses = reference.classes
    return dataset
  }

  private static func loadRecorded(_ reference: DataReference) throws -> Dataset {
    guard !reference.isInMemory else { throw DatasetError.inMemory(dataset: reference.name) }
    let images = reference.imageOptions
    let first = try load(reference.specification, images: images, from: reference.folder)
    guard let expected = reference.fingerprint else { return first }
    let found = first.fingerprint
    if found == expected { return first }
    if !reference.folder.isEmpty, !reference.specification.hasPrefix("/"), first.origin?.folder != reference.folder,
      let own = try? load("\(reference.folder)/\(reference.specification)", images: images), own.fingerprint == expected
    {
      var own = own
      own.origin = Origin(
        specification: reference.specification, folder: reference.folder, images: images,
        isWhole: own.origin?.isWhole ?? false)
      return own
    }
    throw DatasetError.changed(
      specification: reference.specification, dataset: reference.name, expected: expected, found: found)
  }
}

extension DataReference {
  /// How images from files were read.
  public var imageOptions: ImageOptions {
    // Two numbers are rows and columns of a run of version 0.1, whose channels are not known: colour, as by default then.
    let shape = imageShape.flatMap { sides -> ImageShape? in
      guard let width = sides.last, sides.count >= 2 else { return nil }
      return ImageShape(
        channelCount: sides.count == 3 ? sides[0] : 3, height: sides[sides.count - 2], width: width)
    }
    var options = ImageOptions(shape: shape, resize: imageResize, skipsUnreadable: skipsUnreadable)
    options.readsWhole = readsImagesWhole ?? true
    return options
  }
}
