/// Precision against recall at each threshold of overlap, as detections are counted one by one, the surest first.
struct PrecisionCurves {
  private var seen = 0.0
  private var ignored: [Double]
  private var found: [Double]
  /// At each detection that found something: how many had by then, and which share of those that count that was.
  private var points: [[(found: Double, precision: Double)]]
  static let recalls: [Double] = (0..<101).map { $0 == 100 ? 1 : Double($0) * 0.01 }
  /// The distance from 1 to the next number, which keeps pycocotools from dividing by zero.
  static let least = 0x1p-52

  init() {
    let count = MatchedDetections.thresholds.count
    ignored = Array(repeating: 0, count: count)
    found = ignored
    points = Array(repeating: [], count: count)
  }

  /// Counts a detection, as often as its image is.
  mutating func count(_ entry: MatchedDetections.Entry, times: Double) {
    seen += times
    var bits = entry.ignored
    while bits != 0 {
      ignored[bits.trailingZeroBitCount] += times
      bits &= bits - 1
    }
    bits = entry.found
    while bits != 0 {
      let threshold = bits.trailingZeroBitCount
      found[threshold] += times
      points[threshold].append(
        (found[threshold], found[threshold] / (seen - ignored[threshold] + Self.least)))
      bits &= bits - 1
    }
  }

  /// The mean over 101 recalls of the best precision at that recall or beyond, for each threshold.
  ///
  /// - Parameter objects: how many were to be found, at least one.
  func averagePrecisions(of objects: Double) -> [Double] {
    points.map { points in
      var best = 0.0
      var sum = 0.0
      var recall = Self.recalls.count - 1
      // From the greatest recall down: the best precision so far is that of all points from here on.
      for place in stride(from: points.count - 1, through: 0, by: -1) {
        best = max(best, points[place].precision)
        let before = place == 0 ? -1 : points[place - 1].found / objects
        while recall >= 0, Self.recalls[recall] > before {
          if Self.recalls[recall] <= points[place].found / objects { sum += best }
          recall -= 1
        }
      }
      return sum / Double(Self.recalls.count)
    }
  }

  /// The share of objects that was found, for each threshold.
  func recalls(of objects: Double) -> [Double] { found.map { $0 / objects } }
}
