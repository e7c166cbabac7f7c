/// The twelve figures of pycocotools' `COCOeval.summarize`; NaN where there is no object of that size.
public struct DetectionScores: Sendable, Equatable {
  /// Mean average precision over overlaps from 0.5 to 0.95.
  public let averagePrecision: Double
  /// At an overlap of 0.5.
  public let averagePrecision50: Double
  /// At an overlap of 0.75.
  public let averagePrecision75: Double
  /// Of objects of each size.
  public let averagePrecisionBySize: [ObjectSize: Double]
  /// Mean recall over overlaps, with at most so many detections an image: 1, 10 and 100.
  public let averageRecall: [Int: Double]
  /// Likewise with 100 of objects of each size.
  public let averageRecallBySize: [ObjectSize: Double]

  /// Over all categories that have objects.
  ///
  /// - Parameter categories: the detections of each, matched with its objects of every size.
  public init(_ categories: [[ObjectSize: MatchedDetections]]) {
    func curves(_ size: ObjectSize, atMost most: Int = MatchedDetections.mostDetections) -> [CategoryCurves] {
      categories.compactMap { $0[size].flatMap { CategoryCurves($0, atMost: most) } }
    }
    func precision(_ curves: [CategoryCurves], _ thresholds: Range<Int> = 0..<10) -> Double {
      mean(curves.flatMap { $0.precisions[thresholds] })
    }
    func recall(_ curves: [CategoryCurves]) -> Double { mean(curves.flatMap(\.recalls)) }
    let all = curves(.all)
    averagePrecision = precision(all)
    averagePrecision50 = precision(all, 0..<1)
    averagePrecision75 = precision(all, 5..<6)
    let sizes = Dictionary(uniqueKeysWithValues: [ObjectSize.small, .medium, .large].map { ($0, curves($0)) })
    averagePrecisionBySize = sizes.mapValues { precision($0) }
    averageRecallBySize = sizes.mapValues(recall)
    averageRecall = [1: recall(curves(.all, atMost: 1)), 10: recall(curves(.all, atMost: 10)), 100: recall(all)]
  }
}

/// One category's curves over all images.
private struct CategoryCurves {
  let precisions: [Double]
  let recalls: [Double]

  /// Nil without objects that count.
  init?(_ matched: MatchedDetections, atMost most: Int) {
    let objects = Double(matched.objects.reduce(0) { $0 + $1.count })
    guard objects > 0 else { return nil }
    var curves = PrecisionCurves()
    for entry in matched.entries where entry.rank < most { curves.count(entry, times: 1) }
    precisions = curves.averagePrecisions(of: objects)
    recalls = curves.recalls(of: objects)
  }
}
