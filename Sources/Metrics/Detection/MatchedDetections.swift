/// What became of the detections of one category in many images: which found something, at ten thresholds of overlap.
///
/// The rules are pycocotools' `COCOeval`: of each image the surest hundred count; the surest first takes the object that it
/// overlaps most, by at least the threshold, that no surer one took; a crowd may be taken many times, and what is taken of
/// it, or of an object that is not of the size looked at, counts neither way; nor does a detection that found nothing and
/// is not of that size itself.
public struct MatchedDetections: Sendable {
  /// Overlaps from which a detection has found an object: 0.5, 0.55, … 0.95.
  public static let thresholds: [Double] = {
    // As numpy's linspace has them, to the last bit.
    let step = (0.95 - 0.5) / 9
    let first: [Double] = (0..<9).map { 0.5 + Double($0) * step }
    return first + [0.95]
  }()
  /// Of an image no more detections than these count.
  public static let mostDetections = 100

  /// One detection, a bit a threshold.
  struct Entry: Sendable {
    let score: Double
    let image: Int32
    /// Its place among the image's own, the surest first.
    let rank: Int32
    /// Whether it found something that counts.
    let found: UInt16
    /// Whether it counts neither way.
    let ignored: UInt16
  }

  /// The surest first; equally sure ones by image, then by their place within it.
  let entries: [Entry]
  /// How many objects that count each image has; images without one are left out.
  let objects: [(image: Int, count: Int)]

  /// Matches detections with objects, image by image.
  ///
  /// - Parameters:
  ///   - images: the number of each image, the objects of the category in it, and what was detected, in the files' order.
  ///   - size: of which objects.
  public init(_ images: [(image: Int, objects: [TrueObject], detections: [DetectedObject])], size: ObjectSize) {
    var entries: [Entry] = []
    var objects: [(image: Int, count: Int)] = []
    for image in images {
      let counted = image.objects.count { !$0.isCrowd && size.contains($0.area) }
      if counted > 0 { objects.append((image.image, counted)) }
      entries += Self.entries(of: image.detections, image.objects, in: Int32(clamping: image.image), size)
    }
    self.objects = objects
    self.entries = entries.sorted { Self.isSurer($0, $1) }
  }

  /// The order in which detections are counted.
  static func isSurer(_ one: Entry, _ other: Entry) -> Bool {
    if one.score != other.score { return one.score > other.score }
    return (one.image, one.rank) < (other.image, other.rank)
  }

  private static func entries(
    of detections: [DetectedObject], _ objects: [TrueObject], in image: Int32, _ size: ObjectSize
  ) -> [Entry] {
    let order = detections.indices.sorted { (-detections[$0].score, $0) < (-detections[$1].score, $1) }
      .prefix(mostDetections)
    // Those that do not count stand last.
    func isIgnored(_ object: TrueObject) -> Bool { object.isCrowd || !size.contains(object.area) }
    let truths = objects.filter { !isIgnored($0) } + objects.filter(isIgnored)
    let countedCount = objects.count { !isIgnored($0) }
    let overlaps = order.map { row in
      truths.map { detections[row].box.overlap(with: $0.box, isCrowd: $0.isCrowd) }
    }
    var (found, ignored) = ([UInt16](repeating: 0, count: order.count), [UInt16](repeating: 0, count: order.count))
    for (bit, threshold) in thresholds.enumerated() {
      var isTaken = [Bool](repeating: false, count: truths.count)
      for (rank, row) in order.enumerated() {
        var best: Int?
        var least = min(threshold, 1 - 1e-10)
        for place in truths.indices {
          if isTaken[place], !truths[place].isCrowd { continue }
          // One that counts is not given up for one that does not.
          if let best, best < countedCount, place >= countedCount { break }
          if overlaps[rank][place] < least { continue }
          least = overlaps[rank][place]
          best = place
        }
        if let best {
          isTaken[best] = true
          if best >= countedCount { ignored[rank] |= 1 << bit }
          if truths[best].counts { found[rank] |= 1 << bit }
        }
        let isFound = best.map { truths[$0].counts } ?? false
        if !isFound, !size.contains(detections[row].box.area) { ignored[rank] |= 1 << bit }
      }
    }
    return order.enumerated().map { rank, row in
      Entry(
        score: detections[row].score, image: image, rank: Int32(rank), found: found[rank] & ~ignored[rank],
        ignored: ignored[rank])
    }
  }
}
