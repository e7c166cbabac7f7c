import Findings
import Foundation
import Metrics
import TestSupport
import Testing

@testable import Predictions

/// Detections in COCO's form, beside what pycocotools makes of them (`Fixtures/detections`).
@Suite struct DetectionComparisonTests {
  private struct Expected: Decodable {
    struct Side: Decodable {
      let stats: [String: Double?]
      let categories: [String: Double?]
    }
    let before: Side
    let after: Side
  }

  private static let folder = Repository.fixture("detections")
  private static let annotations = "\(folder)/instances.json"

  @Test func allTwelveFiguresArePycocotools() throws {
    let expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/expected.json")))
    let annotations = try ObjectAnnotations(Self.annotations)
    for (name, side) in [("before", expected.before), ("after", expected.after)] {
      let detections = try ObjectDetections("\(Self.folder)/\(name).json", annotations)
      let scores = detections.scores(annotations)
      let found: [String: Double?] = [
        "AP": scores.averagePrecision, "AP50": scores.averagePrecision50, "AP75": scores.averagePrecision75,
        "AP small": scores.averagePrecisionBySize[.small], "AP medium": scores.averagePrecisionBySize[.medium],
        "AP large": scores.averagePrecisionBySize[.large], "AR 1": scores.averageRecall[1],
        "AR 10": scores.averageRecall[10], "AR 100": scores.averageRecall[100],
        "AR small": scores.averageRecallBySize[.small], "AR medium": scores.averageRecallBySize[.medium],
        "AR large": scores.averageRecallBySize[.large],
      ]
      #expect(found.count == side.stats.count)
      for (figure, value) in side.stats {
        let (own, other) = (found[figure].flatMap { $0 } ?? .nan, value ?? .nan)
        #expect(abs(own - other) < 1e-12, "\(name) \(figure): \(own), pycocotools \(other)")
      }
      let paired = PairedDetections(
        before: detections.matched(annotations, size: .all), after: detections.matched(annotations, size: .all),
        imageCount: annotations.images.count)
      for (category, precision) in zip(annotations.categories, paired.byCategory) {
        let other = side.categories[category.name].flatMap { $0 }
        #expect(
          other.map { abs(precision.before - $0) < 1e-12 } ?? precision.before.isNaN,
          "\(name) \(category.name): \(precision.before), pycocotools \(String(describing: other))")
        #expect(other == nil || precision.before == precision.after)
      }
    }
  }

  /// Small samples keep the test quick; the interval covers the change, and a model has lost nothing to itself.
  @Test func theChangeHasAnIntervalAndATest() throws {
    let annotations = try ObjectAnnotations(Self.annotations)
    let matched = try ["before", "after"].map {
      try ObjectDetections("\(Self.folder)/\($0).json", annotations).matched(annotations, size: .all)
    }
    var random = RandomSource(seed: 3)
    let paired = PairedDetections(before: matched[0], after: matched[1], imageCount: annotations.images.count)
    let drawn = paired.resampledLosses(resamples: 60, using: &random)
    let interval = percentileInterval(of: drawn[0])
    let precisions = paired.byCategory.map { $0.before - $0.after }.filter { !$0.isNaN }
    let loss = precisions.reduce(0, +) / Double(precisions.count)
    #expect(interval.low > 0.1 && interval.low < loss && loss < interval.high && interval.high < 0.3, "\(interval)")
    #expect(paired.pValue(draws: 50, using: &random) == 1.0 / 51)
    let same = PairedDetections(before: matched[0], after: matched[0], imageCount: annotations.images.count)
    #expect(same.pValue(draws: 5, using: &random) == 1)
    #expect(same.resampledLosses(resamples: 5, using: &random)[0] == [0, 0, 0, 0, 0])
  }

  private func fault(annotations: String, detections: String) throws -> String? {
    let files = try PredictionFiles(annotations, detections, kind: "json")
    do {
      _ = try ObjectDetections(files.after, ObjectAnnotations(files.before))
      return nil
    } catch let error as PredictionError {
      return "\(error)".replacing(files.folder.path + "/", with: "")
    }
  }

  private static let object =
    #"{"id": 1, "image_id": 5, "category_id": 2, "bbox": [0, 0, 9, 9], "area": 81, "iscrowd": 0}"#

  private static func truth(_ objects: String) -> String {
    #"{"info": {}, "images": [{"id": 5, "file_name": "x"}], "categories": [{"id": 2, "name": "cat"}], "annotations": ["#
      + objects + "]}"
  }

  @Test(arguments: [
    (
      object, #"[{"image_id": 6, "category_id": 2, "bbox": [0, 0, 9, 9], "score": 1}]"#,
      "after.json: image 6 not in before.json: 1 in all"
    ),
    (
      object, #"[{"image_id": 5, "category_id": 0, "bbox": [0, 0, 9, 9], "score": 1}]"#,
      "after.json: category 0 not in before.json: 1 in all"
    ),
    (
      object, #"[{"image_id": 5, "category_id": 2, "bbox": [0, 0, 9], "score": 1}]"#,
      "after.json: line 1: expected a box of four numbers"
    ),
    (
      object, #"[{"image_id": 5, "category_id": 2, "bbox": [0, 0, 9, 9]}]"#,
      "after.json: line 1: expected a detection with image_id, category_id, bbox and score"
    ),
    (object, #"{"image_id": 5}"#, "after.json: line 1: expected a list of detections"),
    (object + "," + object, "[]", "before.json: 1 example more than once: '1' in annotations"),
    (
      object.replacingOccurrences(of: "\"image_id\": 5", with: "\"image_id\": 7"), "[]",
      "annotation 1: image 7 not in before.json: 1 in all"
    ),
  ])
  func whatDoesNotFitIsALine(objects: String, detections: String, words: String) throws {
    #expect(try fault(annotations: Self.truth(objects), detections: detections) == words)
  }

  @Test func annotationsHaveTheirParts() throws {
    #expect(
      try fault(annotations: #"{"images": []}"#, detections: "[]")
        == "before.json: expected COCO's annotations; no annotations, categories")
    #expect(try fault(annotations: Self.truth(Self.object), detections: "[]") == nil)
  }
}
