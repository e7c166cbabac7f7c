/// Two models' detections in the same images, category by category, compared by their mean average precision.
public struct PairedDetections: Sendable {
  /// One category: what both models found, in the order in which it is counted.
  fileprivate struct Category: Sendable {
    let entries: [(entry: MatchedDetections.Entry, isAfter: Bool)]
    /// The same for rearrangements.
    let compact: [RearrangedPrecision.Entry]
    let objects: [(image: Int, count: Int)]
  }

  private let categories: [Category]
  /// How many images there are.
  public let imageCount: Int

  /// - Parameters:
  ///   - before: what the one model found of each category, objects of all sizes.
  ///   - after: what the other did, in the same order.
  public init(before: [MatchedDetections], after: [MatchedDetections], imageCount: Int) {
    precondition(before.count == after.count, "\(before.count) categories before, \(after.count) after")
    self.imageCount = imageCount
    categories = zip(before, after).map { before, after in
      let both = before.entries.map { (entry: $0, isAfter: false) } + after.entries.map { (entry: $0, isAfter: true) }
      let entries = both.sorted { one, other in
        if MatchedDetections.isSurer(one.entry, other.entry) { return true }
        if MatchedDetections.isSurer(other.entry, one.entry) { return false }
        return !one.isAfter && other.isAfter
      }
      return Category(
        entries: entries,
        compact: entries.map { entry, isAfter in
          RearrangedPrecision.Entry(
            image: entry.image, model: isAfter ? 1 : 0, found: entry.found, ignored: entry.ignored)
        }, objects: before.objects)
    }
  }

  /// Average precision of each category; NaN of one without objects.
  public var byCategory: [(before: Double, after: Double)] {
    categories.map { category in
      let objects = Double(category.objects.reduce(0) { $0 + $1.count })
      guard objects > 0 else { return (.nan, .nan) }
      var (before, after) = (PrecisionCurves(), PrecisionCurves())
      for (entry, isAfter) in category.entries {
        if isAfter { after.count(entry, times: 1) } else { before.count(entry, times: 1) }
      }
      return (mean(before.averagePrecisions(of: objects)), mean(after.averagePrecisions(of: objects)))
    }
  }

  /// In how many images each category has objects that count.
  public var imageCounts: [Int] { categories.map(\.objects.count) }

  /// What was lost of the mean over categories that have objects, then of each category.
  private static func losses(_ precisions: [(before: Double, after: Double)]) -> [Double] {
    let losses = precisions.map { $0.before - $0.after }
    return [mean(losses.filter { !$0.isNaN })] + losses
  }

  /// What was lost of the mean average precision, then of each category's, over resamples of the images with replacement.
  ///
  /// - Returns: the values of all resamples; those of which a figure is undefined are left out of its own. Empty ones of fewer
  ///   than two images.
  public func resampledLosses(resamples: Int = 1000, using random: inout RandomSource) -> [[Double]] {
    var drawn = [[Double]](repeating: [], count: categories.count + 1)
    guard imageCount > 1 else { return drawn }
    let all = losses(of: resamples, using: &random) { random, images in
      for image in images.indices { images[image] = (times: 0, exchanged: 0) }
      for _ in images.indices { images[Int.random(in: images.indices, using: &random)].times += 1 }
    }
    for losses in all {
      for (figure, value) in losses.enumerated() where value.isFinite { drawn[figure].append(value) }
    }
    return drawn
  }

  /// Two-sided p-value of the permutation test that exchanges the two models' detections of each image by a coin.
  ///
  /// `(1 + #{|Δ*| ≥ |Δ|}) / (1 + draws)`, as ``PairedResampling/pValue(draws:using:)``.
  public func pValue(draws: Int = 1000, using random: inout RandomSource) -> Double {
    let seen = abs(Self.losses(byCategory)[0])
    guard seen.isFinite else { return .nan }
    let all = losses(of: draws, using: &random) { random, images in
      for image in images.indices {
        images[image] = (times: 1, exchanged: UInt8(truncatingIfNeeded: random.next() >> 63))
      }
    }
    // Rounding must not make a permutation that is the same differ.
    let extreme = all.count { abs($0[0]) >= seen * (1 - 1e-12) }
    return Double(1 + extreme) / Double(1 + draws)
  }
}

// MARK: - Rearrangements

extension PairedDetections {
  /// How often an image counts, and 1 where the models' detections of it are exchanged.
  private typealias Arranged = (times: Int32, exchanged: UInt8)

  /// Of each of many arrangements of the images, what was lost; on all cores, each arrangement from a random stream of its
  /// own, so that the number of cores changes nothing.
  private func losses(
    of count: Int, using random: inout RandomSource,
    _ arrange: @Sendable (inout RandomSource, inout [Arranged]) -> Void
  ) -> [[Double]] {
    let streams = (0..<count).map { _ in random.split() }
    let chunk = 25
    return sideBySide((count + chunk - 1) / chunk) { part in
      var images = [Arranged](repeating: (times: 1, exchanged: 0), count: imageCount)
      var curves = RearrangedPrecision()
      return streams[(part * chunk)..<min(count, (part + 1) * chunk)].map { stream in
        var stream = stream
        arrange(&stream, &images)
        return Self.losses(categories.map { $0.precisions(in: images, &curves) })
      }
    }.flatMap(\.self)
  }
}

extension PairedDetections.Category {
  /// Average precision of both models; NaN without objects.
  fileprivate func precisions(
    in images: [(times: Int32, exchanged: UInt8)], _ curves: inout RearrangedPrecision
  ) -> (before: Double, after: Double) {
    let count = objects.reduce(0) { $0 + $1.count * Int(images[$1.image].times) }
    guard count > 0 else { return (.nan, .nan) }
    return curves.precisions(of: compact, objects: Double(count), in: images)
  }
}
