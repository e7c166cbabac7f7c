/// Two models' detections in the same images, category by category, compared by their mean average precision.
public struct PairedDetections: Sendable {
  /// One category: what both models found, in the order in which it is counted.
  private struct Category: Sendable {
    let entries: [(entry: MatchedDetections.Entry, isAfter: Bool)]
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
      return Category(
        entries: both.sorted { one, other in
          if MatchedDetections.isSurer(one.entry, other.entry) { return true }
          if MatchedDetections.isSurer(other.entry, one.entry) { return false }
          return !one.isAfter && other.isAfter
        }, objects: before.objects)
    }
  }

  /// Average precision of each category, NaN without objects, each image counted so often and models exchanged in some.
  private func precisions(
    counting counts: [Int]? = nil, exchangedIn isExchanged: [Bool]? = nil
  ) -> [(before: Double, after: Double)] {
    categories.map { category in
      let objects = Double(category.objects.reduce(0) { $0 + $1.count * (counts?[$1.image] ?? 1) })
      guard objects > 0 else { return (.nan, .nan) }
      var (before, after) = (PrecisionCurves(), PrecisionCurves())
      for (entry, isAfter) in category.entries {
        let image = Int(entry.image)
        let times = counts?[image] ?? 1
        if times == 0 { continue }
        if isAfter != (isExchanged?[image] ?? false) {
          after.count(entry, times: Double(times))
        } else {
          before.count(entry, times: Double(times))
        }
      }
      return (mean(before.averagePrecisions(of: objects)), mean(after.averagePrecisions(of: objects)))
    }
  }

  /// Average precision of each category; NaN of one without objects.
  public var byCategory: [(before: Double, after: Double)] { precisions() }

  /// In how many images each category has objects that count.
  public var imageCounts: [Int] { categories.map(\.objects.count) }

  /// What was lost of the mean over categories that have objects, then of each category.
  private static func losses(_ precisions: [(before: Double, after: Double)]) -> [Double] {
    let losses = precisions.map { $0.before - $0.after }
    return [mean(losses.filter { !$0.isNaN })] + losses
  }

  /// What was lost of the mean average precision, then of each category's, over resamples of the images with replacement.
  ///
  /// - Returns: the values of all resamples; those of which a figure is undefined are left out of its own.
  public func resampledLosses(resamples: Int = 1000, using random: inout RandomSource) -> [[Double]] {
    bootstrapValues(
      exampleCount: imageCount, figureCount: categories.count + 1, resamples: resamples, using: &random
    ) { Self.losses(precisions(counting: $0)) }
  }

  /// Two-sided p-value of the permutation test that exchanges the two models' detections of each image by a coin.
  ///
  /// `(1 + #{|Δ*| ≥ |Δ|}) / (1 + draws)`, as ``PairedResampling/pValue(draws:using:)``.
  public func pValue(draws: Int = 1000, using random: inout RandomSource) -> Double {
    let seen = abs(Self.losses(precisions())[0])
    guard seen.isFinite else { return .nan }
    var isExchanged = [Bool](repeating: false, count: imageCount)
    var extreme = 0
    for _ in 0..<draws {
      for image in isExchanged.indices { isExchanged[image] = random.next() >> 63 == 1 }
      if abs(Self.losses(precisions(exchangedIn: isExchanged))[0]) >= seen * (1 - 1e-12) { extreme += 1 }
    }
    return Double(1 + extreme) / Double(1 + draws)
  }
}
