import Metrics

/// The random changes of one epoch's training images.
///
/// What happens to an example follows from the seed, the epoch and the example's index alone: not from the order of
/// the examples, the size of the batches or what ran before. Several inputs of one example draw the same numbers.
public struct Augmentation: Sendable, Codable, Equatable {
  /// The changes.
  public let transform: ImageTransform
  /// The run's seed.
  public let seed: UInt64
  /// The epoch, any number.
  public let epoch: Int

  /// The changes that the images of an epoch are made in a run of this seed.
  public init(_ transform: ImageTransform, seed: UInt64, epoch: Int) {
    self.transform = transform
    self.seed = seed
    self.epoch = epoch
  }

  /// The random numbers of one example.
  func randomSource(ofExample index: Int) -> RandomSource { Self.source(mixing: epochWord, with: index) }

  private var epochWord: UInt64 {
    var source = Self.source(mixing: seed, with: epoch)
    return source.next()
  }

  /// A stream that differs in all its bits where one of the numbers differs in one.
  private static func source(mixing word: UInt64, with number: Int) -> RandomSource {
    var source = RandomSource(seed: word)
    return RandomSource(seed: source.next() ^ UInt64(bitPattern: Int64(number)))
  }

  /// Changes some examples of an input, which lie one after the other.
  ///
  /// - Parameters:
  ///   - bytes: `[count, channels, height, width]`.
  ///   - shape: `[channels, height, width]`.
  ///   - indices: which example of the split each is.
  func apply(to bytes: inout [UInt8], shape: [Int], indices: [Int]) {
    guard !transform.isEmpty else { return }
    let word = epochWord
    ImagePixels.withEach(of: &bytes, shape: shape) { position, image in
      var random = Self.source(mixing: word, with: indices[position])
      transform.apply(to: image, using: &random)
    }
  }

  /// Some examples of an input, changed.
  ///
  /// Where images are files and the first change is a random crop, the crop is drawn from the file's own pixels, and
  /// nothing is resized twice.
  ///
  /// - Throws: ``DatasetError`` that names the file, where an image cannot be read.
  func changed(_ indices: [Int], of input: InputArray, in split: Split) throws -> [UInt8] {
    guard let images = input.images, let crop = transform.steps.first as? RandomResizedCrop else {
      var bytes = try split.gather(indices, of: input)
      apply(to: &bytes, shape: input.shape, indices: indices)
      return bytes
    }
    let word = epochWord
    let byteCount = indices.count * input.exampleByteCount
    return try [UInt8](unsafeUninitializedCapacity: byteCount) { target, initialized in
      try images.decode(indices.map(split.row), to: target) { position, image, place in
        var random = Self.source(mixing: word, with: indices[position])
        let part = crop.part(height: image.height, width: image.width, using: &random)
        images.preparation.write(part, of: image, to: place)
        ImagePixels.withEach(in: place, shape: input.shape) { _, pixels in
          for step in transform.steps.dropFirst() { step.apply(to: pixels, using: &random) }
        }
      }
      initialized = byteCount
    }
  }
}
