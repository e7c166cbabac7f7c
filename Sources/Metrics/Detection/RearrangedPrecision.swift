/// Average precision of two models over rearrangements of the images, of which many are looked at.
///
/// The same figure as ``PrecisionCurves``: of each of the 101 recalls the best precision at that recall or beyond. Here the
/// best of each recall is kept while detections are counted, as a fraction that is compared by products, and both models'
/// numbers stand in one place, so that nothing depends on which of the two a detection is of.
struct RearrangedPrecision {
  private static let thresholdCount = MatchedDetections.thresholds.count
  private static let recallCount = PrecisionCurves.recalls.count

  /// Detections of both models in the order in which they are counted, as little of them as is asked.
  ///
  /// Most find nothing and count as said alone, which is a sum without a branch.
  struct Order: Sendable {
    /// Of each, its image's number twice, and one more where it is the other model's.
    fileprivate let places: [Int32]
    /// Those that find something, or do not count at some threshold.
    fileprivate let marks: [Mark]

    init(_ entries: [(entry: MatchedDetections.Entry, isAfter: Bool)]) {
      places = entries.map { 2 * $0.entry.image + ($0.isAfter ? 1 : 0) }
      marks = entries.enumerated().filter { $0.element.entry.found | $0.element.entry.ignored != 0 }.map {
        Mark(position: Int32($0.offset), found: $0.element.entry.found, ignored: $0.element.entry.ignored)
      }
    }
  }

  /// Bits by threshold, as of ``MatchedDetections/Entry``.
  fileprivate struct Mark: Sendable {
    let position: Int32
    let found: UInt16
    let ignored: UInt16
  }

  /// How often each image counts, and whether the models' detections of it are exchanged.
  struct Arrangement {
    /// By the places of ``Order``: the count, in the low half where it is the first model's, else in the high half.
    fileprivate var counts: [UInt64]

    init(imageCount: Int) { counts = Array(repeating: 0, count: 2 * imageCount) }

    subscript(image: Int) -> (times: Int32, isExchanged: Bool) {
      get {
        let first = counts[2 * image]
        return (Int32(truncatingIfNeeded: first | first >> 32), first >> 32 != 0)
      }
      set {
        let times = UInt64(newValue.times)
        counts[2 * image] = newValue.isExchanged ? times << 32 : times
        counts[2 * image + 1] = newValue.isExchanged ? times : times << 32
      }
    }
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
  ///   - order: the surest first.
  ///   - objects: how many are to be found, at least one.
  mutating func precisions(
    of order: Order, objects: Double, in arrangement: Arrangement
  ) -> (before: Double, after: Double) {
    let recalls = PrecisionCurves.recalls
    func least(of level: Int) -> Double {
      level + 1 < Self.recallCount ? recalls[level + 1] * objects * (1 - 1e-9) : .infinity
    }
    return counts.withUnsafeMutableBufferPointer { counts in
      best.withUnsafeMutableBufferPointer { best in
        counts.update(repeating: Count(next: least(of: 0)))
        best.update(repeating: [0, 1])
        order.places.withUnsafeBufferPointer { places in
          arrangement.counts.withUnsafeBufferPointer { times in
            var seen: UInt64 = 0
            var place = 0
            for mark in order.marks {
              let end = Int(mark.position)
              while place <= end {
                seen &+= times[Int(places[place])]
                place &+= 1
              }
              let own = times[Int(places[end])]
              if own == 0 { continue }
              let isAfter = own >> 32 != 0
              let weight = Double(UInt32(truncatingIfNeeded: own | own >> 32))
              let said = Double(UInt32(truncatingIfNeeded: isAfter ? seen >> 32 : seen))
              let first = isAfter ? Self.thresholdCount : 0
              var others = mark.ignored
              while others != 0 {
                counts[first &+ others.trailingZeroBitCount].ignored += weight
                others &= others &- 1
              }
              var bits = mark.found
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
                let (spot, answered) = (place &* Self.recallCount &+ own.level, said - own.ignored)
                if own.found * best[spot].y > best[spot].x * answered { best[spot] = [own.found, answered] }
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
