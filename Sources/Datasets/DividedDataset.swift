import Checkpoints

/// Data by what becomes of their examples: some are trained on, some choose, some judge; none does two of these.
public struct DividedDataset: Sendable {
  /// The examples that are trained on.
  public let training: Split
  /// The examples that choose; nil where nothing is chosen by these data, or the test examples choose.
  public let choosing: Split?
  /// The test examples that judge.
  public let judging: Split
  /// Which examples choose, for a run to keep.
  public let reference: ValidationReference?
  /// Where those that choose stand among the training examples; empty where they were not taken from these.
  public let heldPlaces: [Int]
}

extension Dataset {
  /// Divides the data.
  ///
  /// - Parameters:
  ///   - origin: what the examples that choose are taken from; nil where none are.
  ///   - fraction: of each class, where they are drawn; above 0 and below 1.
  ///   - seed: of that draw.
  ///   - places: the training examples that are used at all, from which they are then drawn too; all when nil.
  /// - Throws: ``DatasetError/cannotHoldOut(dataset:fraction:reason:)``, and ``DatasetError/noExamples(dataset:split:)``
  ///   where the data have no validation split of their own.
  public func divided(
    choosingFrom origin: ValidationReference.Origin?, fraction: Double, seed: UInt64, using places: [Int]? = nil
  ) throws -> DividedDataset {
    let used = places.map(train.selecting) ?? train
    func drawn(_ split: Split) throws -> [Int] {
      try split.heldOut(fraction: fraction, seed: seed, dataset: name, classNames: classNames)
    }
    func reference(_ origin: ValidationReference.Origin, _ chosen: Split) -> ValidationReference {
      let isDrawn = origin != .own
      return ValidationReference(
        origin: origin, fraction: isDrawn ? fraction : nil, seed: isDrawn ? seed : nil, count: chosen.count,
        fingerprint: chosen.fingerprint)
    }
    switch origin {
    case nil:
      return DividedDataset(training: used, choosing: nil, judging: test, reference: nil, heldPlaces: [])
    case .own:
      guard let validation else { throw DatasetError.noExamples(dataset: name, split: "validation") }
      return DividedDataset(
        training: used, choosing: validation, judging: test, reference: reference(.own, validation), heldPlaces: [])
    case .train:
      let held = try drawn(used)
      let choosing = used.selecting(held)
      return DividedDataset(
        training: used.leavingOut(held), choosing: choosing, judging: test, reference: reference(.train, choosing),
        heldPlaces: held.map { places?[$0] ?? $0 })
    case .test:
      let held = try drawn(test)
      let choosing = test.selecting(held)
      return DividedDataset(
        training: used, choosing: choosing, judging: test.leavingOut(held), reference: reference(.test, choosing),
        heldPlaces: [])
    }
  }

  /// Divides the data as a run did.
  public func divided(as reference: ValidationReference?, using places: [Int]? = nil) throws -> DividedDataset {
    try divided(
      choosingFrom: reference?.origin, fraction: reference?.fraction ?? 0.5, seed: reference?.seed ?? 0, using: places)
  }

  /// The data as a run was judged by them: without the test examples that chose.
  public func judging(_ reference: DataReference) throws -> Dataset {
    guard reference.validation?.origin == .test else { return self }
    var own = self
    own.test = try divided(as: reference.validation).judging
    return own
  }
}
