import Foundation

@testable import Predictions

/// Files of predictions: CSV, JSON objects, lm-evaluation-harness's samples; each paired with itself.
enum PredictionTable: FileReader {
  static let name = "predictions"

  static func read(file path: String) throws {
    let scored = try ScoredPredictions(path, ColumnChoice())
    precondition(scored.labels.map { $0.count == scored.count } ?? true, "\(scored.count) rows")
    if let confidence = scored.confidence { precondition(confidence.sums.count == scored.count) }
    let paired = try PairedPredictions(scored, scored)
    precondition(paired.count == scored.count && paired.scoresAfter == scored.scores)
  }

  static func seeds() -> [Data] {
    [
      "id,label,pred,prob_a,prob_b\n1,a,a,0.9,0.1\n2,b,a,0.5,0.5\n", "acc\r\n1\r\n0\r\n",
      "{\"id\": 1, \"label\": 0, \"pred\": 1, \"probs\": [0.75, 0.25]}\n{\"id\": 2, \"label\": 1, \"pred\": 1, \"probs\": [0, 1]}",
      "[{\"id\": \"\\u00e9\", \"score\": -1e3}, {\"id\": \"b\", \"score\": NaN}]",
      "{\"doc_id\": 0, \"target\": \"0\", \"filtered_resps\": [[-1.5, false], [-2, true]], \"filter\": \"none\", "
        + "\"metrics\": [\"acc\"], \"acc\": 1.0, \"doc_hash\": \"a\"}",
    ].map { Data($0.utf8) }
  }
}

/// COCO's annotations, with what is to be found in them detected as it stands there.
enum Annotations: FileReader {
  static let name = "annotations"

  static func read(file path: String) throws {
    let annotations = try ObjectAnnotations(path)
    let detections = try ObjectDetections(Fixture.path("detections/before.json"), annotations)
    precondition(detections.matched(annotations, size: .all).count == annotations.categories.count)
  }

  static func seeds() throws -> [Data] {
    let small = """
      {"images":[{"id":1}],"categories":[{"id":2,"name":"cat"}],\
      "annotations":[{"id":3,"image_id":1,"category_id":2,"bbox":[0,0,4,4],"area":16,"iscrowd":0}]}
      """
    return try Fixture.data("detections/instances.json") + [Data(small.utf8)]
  }
}

/// What a detector found, for annotations of ours.
enum Detections: FileReader {
  static let name = "detections"

  static func read(file path: String) throws {
    let annotations = try ObjectAnnotations(Fixture.path("detections/instances.json"))
    let detections = try ObjectDetections(path, annotations)
    _ = detections.scores(annotations)
  }

  static func seeds() throws -> [Data] {
    let small = "[{\"image_id\":1,\"category_id\":1,\"bbox\":[0,0,4,4],\"score\":0.5}]"
    return try Fixture.data("detections/before.json") + [Data(small.utf8)]
  }
}
