/// Average precision of two models over rearrangements of the images, of which many are looked at.
///
/// The same figure as ``PrecisionCurves``: of each of the 101 recalls the best precision at that recall or beyond. Here the
/// best of each recall is kept while detections are counted, as a fraction that is compared by products, and both models'
/// numbers stand in one place, so that nothing depends on which of the two a detection is of.
struct RearrangedPrecision {
  private static let thresholdCount = MatchedDetections.thresholds.count
  private static let recallCount = PrecisionCurves.recalls.count

  /// One detection, as little as is asked of it.
  struct Entry: Sendable {
    let image: Int32
    /// Whether it is the other model's: 0 or 1.
    let model: UInt8
    /// As of ``MatchedDetections/Entry``.
    let found: UInt16
    let ignored: UInt16
  }

  /// One threshold of one model.
  private struct Count {
    var found = 0.0
    var ignored = 0.0
    /// A number found below which the next recall is not reached.
    var next = 0.0
    /// The greatest recall that was reached.
    var level = 0
  }

  private var counts = [Count](repeating: Count(), count: 2 * thresholdCount)
  /// The best precision by model, threshold and recall: what was found, of what was said.
  private var best = [SIMD2<Double>](repeating: [0, 1], count: 2 * thresholdCount * recallCount)

  /// The mean over thresholds and recalls of both models.
  ///
  /// - Parameters:
  ///   - entries: of both, the surest first.
  ///   - objects: how many are to be found, at least one.
  ///   - images: how often each counts, and 1 where the models' detections of it are exchanged, else 0.
  mutating func precisions(
    of entries: [Entry], objects: Double, in images: [(times: Int32, exchanged: UInt8)]
  ) -> (before: Double, after: Double) {
    let recalls = PrecisionCurves.recalls
    func least(of level: Int) -> Double {
      level + 1 < Self.recallCount ? recalls[level + 1] * objects * (1 - 1e-9) : .infinity
    }
    return counts.withUnsafeMutableBufferPointer { counts in
      best.withUnsafeMutableBufferPointer { best in
        counts.update(repeating: Count(next: least(of: 0)))
        best.update(repeating: [0, 1])
        var seen = SIMD2<Double>.zero
        entries.withUnsafeBufferPointer { entries in
          images.withUnsafeBufferPointer { images in
            for entry in entries {
              let (times, exchanged) = images[Int(entry.image)]
              if times == 0 { continue }
              let (model, weight) = (Int(entry.model ^ exchanged), Double(times))
              seen[model] += weight
              let first = model &* Self.thresholdCount
              var others = entry.ignored
              while others != 0 {
                counts[first &+ others.trailingZeroBitCount].ignored += weight
                others &= others &- 1
              }
              var bits = entry.found
              while bits != 0 {
                let place = first &+ bits.trailingZeroBitCount
                bits &= bits &- 1
                var own = counts[place]
                own.found += weight
                if own.found >= own.next {
                  let recall = own.found / objects
                  while own.level + 1 < Self.recallCount, recalls[own.level + 1] <= recall { own.level += 1 }
                  own.next = least(of: own.level)
                  counts[place].level = own.level
                  counts[place].next = own.next
                }
                counts[place].found = own.found
                let (spot, said) = (place &* Self.recallCount &+ own.level, seen[model] - own.ignored)
                if own.found * best[spot].y > best[spot].x * said { best[spot] = [own.found, said] }
              }
            }
          }
        }
        return (Self.mean(0, counts, best), Self.mean(1, counts, best))
      }
    }
  }

  private static func mean(
    _ model: Int, _ counts: UnsafeMutableBufferPointer<Count>, _ best: UnsafeMutableBufferPointer<SIMD2<Double>>
  ) -> Double {
    var sum = 0.0
    for place in (model * thresholdCount)..<((model + 1) * thresholdCount) {
      var most = 0.0
      for recall in stride(from: counts[place].level, through: 0, by: -1) {
        let own = best[place * recallCount + recall]
        if own.x > most * own.y { most = own.x / (own.y + PrecisionCurves.least) }
        sum += most
      }
    }
    return sum / Double(thresholdCount * recallCount)
  }
}
