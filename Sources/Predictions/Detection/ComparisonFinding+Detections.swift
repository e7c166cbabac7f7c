import Findings
import Metrics

extension ComparisonFinding {
  /// Compares what two detectors found in the same images, by the mean average precision that pycocotools computes.
  ///
  /// The change has a percentile bootstrap interval over images, and a permutation test that exchanges the two models'
  /// detections of each image. Categories have Student's intervals from the deviation over the same resamples, of confidence
  /// 1 − 0.05 / m so that all m hold together (Bonferroni), and p-values of the same kind, adjusted by Holm's method;
  /// categories with objects in fewer than ``TooLittle/leastExamples`` images are counted and not judged.
  ///
  /// - Parameters:
  ///   - before: the path of the one model's detections, a list of objects with image_id, category_id, bbox and score.
  ///   - after: of the other's.
  ///   - annotations: the path of what is to be found, COCO's `instances.json`.
  ///   - random: where chance comes from.
  /// - Throws: ``PredictionError``, or what reading a file throws.
  public init(
    detectionsBefore before: String, after: String, annotations path: String, using random: inout RandomSource
  ) throws {
    let annotations = try ObjectAnnotations(path)
    let files = try Self.judged([before, after], annotations)
    let paired = PairedDetections(
      before: files[0].matched, after: files[1].matched, imageCount: annotations.images.count)
    let (first, last) = (files[0].scores, files[1].scores)
    let drawn = paired.resampledLosses(using: &random)
    let interval = percentileInterval(of: drawn[0])
    let score = Score.meanAveragePrecision
    let whole = ComparedScore(
      before: first.averagePrecision, after: last.averagePrecision,
      loss: Estimate(
        score.decline(from: first.averagePrecision, to: last.averagePrecision), low: interval.low, high: interval.high),
      pValue: paired.pValue(using: &random), count: annotations.images.count)
    self.init(
      before: before, after: after, unit: "image", columns: [.init(role: "annotations", name: path)], score: score,
      whole: whole, further: Self.further(first, last), groupedBy: "category",
      groups: Self.groups(annotations, paired, Array(drawn.dropFirst())))
  }

  private struct Judged: Sendable {
    let matched: [MatchedDetections]
    let scores: DetectionScores
  }

  /// Reads and judges files, each on a core of its own.
  private static func judged(_ paths: [String], _ annotations: ObjectAnnotations) throws -> [Judged] {
    try sideBySide(paths.count) { index in
      Result {
        let found = try ObjectDetections(paths[index], annotations)
        return Judged(matched: found.matched(annotations, size: .all), scores: found.scores(annotations))
      }
    }.map { try $0.get() }
  }

  /// Whether a file is a list of detections as COCO has them.
  public static func isDetections(_ path: String) throws -> Bool { try PredictionFile.isDetections(path) }

  private static func further(_ before: DetectionScores, _ after: DetectionScores) -> [ChangedScore] {
    func change(_ name: String, _ value: (DetectionScores) -> Double?) -> ChangedScore {
      ChangedScore(
        Score(name: name, unit: .fraction, direction: .up), before: value(before) ?? .nan, after: value(after) ?? .nan)
    }
    let sizes = [ObjectSize.small, .medium, .large]
    return [change("AP50") { $0.averagePrecision50 }, change("AP75") { $0.averagePrecision75 }]
      + sizes.map { size in change("AP \(size.rawValue)") { $0.averagePrecisionBySize[size] } }
      + [1, 10, 100].map { most in change("AR \(most)") { $0.averageRecall[most] } }
      + sizes.map { size in change("AR \(size.rawValue)") { $0.averageRecallBySize[size] } }
  }

  private static func groups(
    _ annotations: ObjectAnnotations, _ paired: PairedDetections, _ drawn: [[Double]]
  ) -> [Group] {
    let precisions = paired.byCategory
    let counts = paired.imageCounts
    // A category without objects has no average precision.
    let present = precisions.indices.filter { counts[$0] > 0 }
    let judged = present.filter { counts[$0] >= TooLittle.leastExamples && drawn[$0].count > 1 }
    let confidence = 1 - 0.05 / Double(max(1, judged.count))
    let tests = precisions.indices.map { category -> (half: Double, pValue: Double) in
      guard judged.contains(category) else { return (.nan, .nan) }
      let deviation = standardDeviation(of: drawn[category])
      let distribution = StudentsT(degrees: counts[category] - 1)
      let loss = precisions[category].before - precisions[category].after
      let pValue = deviation > 0 ? 1 - distribution.probability(within: abs(loss) / deviation) : loss == 0 ? 1 : 0
      return (distribution.quantile(confidence) * deviation, pValue)
    }
    let adjusted = holmAdjusted(tests.map(\.pValue))
    return present.map { category in
      let (before, after) = precisions[category]
      let (loss, half) = (before - after, tests[category].half)
      return Group(
        annotations.categories[category].name,
        ComparedScore(
          before: before, after: after, loss: Estimate(loss, low: loss - half, high: loss + half),
          pValue: adjusted[category], count: counts[category]))
    }
  }
}
