import Metrics
import Testing

@Suite struct DetectionTests {
  private static let square = DetectionBox(x: 0, y: 0, width: 10, height: 10)

  private func precision(_ objects: [TrueObject], _ detections: [DetectedObject]) -> [Double] {
    let matched = MatchedDetections([(0, objects, detections)], size: .all)
    return PairedDetections(before: [matched], after: [matched], imageCount: 1).byCategory.map(\.before)
  }

  /// The box moved by two: 80 of 120 shared, an overlap of 2/3, which four thresholds (0.5 to 0.65) let pass.
  @Test func anOverlapPassesTheThresholdsBelowIt() {
    let moved = DetectionBox(x: 2, y: 0, width: 10, height: 10)
    #expect(moved.overlap(with: Self.square, isCrowd: false) == 80.0 / 120)
    #expect(moved.overlap(with: Self.square, isCrowd: true) == 0.8)
    let found = precision([TrueObject(box: Self.square, area: 100)], [DetectedObject(box: moved, score: 0.9)])
    #expect(abs(found[0] - 0.4) < 1e-12, "\(found)")
  }

  /// Of two objects one is found, after a false one: precision ½ up to recall ½, at 51 of 101 recalls.
  @Test func precisionIsReadAtOneHundredAndOneRecalls() {
    let far = DetectionBox(x: 100, y: 100, width: 10, height: 10)
    let found = precision(
      [TrueObject(box: Self.square, area: 100), TrueObject(box: far, area: 100)],
      [
        DetectedObject(box: Self.square, score: 0.5),
        DetectedObject(box: DetectionBox(x: 50, y: 50, width: 5, height: 5), score: 0.9),
      ])
    #expect(abs(found[0] - 0.5 * 51 / 101) < 1e-12, "\(found)")
  }

  /// A crowd takes any number and has to be found by none; a second detection of one object is false.
  @Test func crowdsCountNeitherWay() {
    let crowd = DetectionBox(x: 50, y: 50, width: 40, height: 40)
    let inside = DetectionBox(x: 55, y: 55, width: 10, height: 10)
    let objects = [TrueObject(box: crowd, area: 1600, isCrowd: true), TrueObject(box: Self.square, area: 100)]
    let own = DetectedObject(box: Self.square, score: 0.5)
    let many = [0.9, 0.8, 0.7].map { DetectedObject(box: inside, score: $0) }
    #expect(abs(precision(objects, many + [own])[0] - 1) < 1e-12)
    #expect(precision([objects[0]], many)[0].isNaN)
    let twice = precision([objects[1]], [DetectedObject(box: Self.square, score: 0.4), own])
    #expect(abs(twice[0] - 1) < 1e-12, "what comes after the last object lowers nothing")
    #expect(precision([objects[1]], [])[0] == 0)
  }

  /// One with the number 0 is taken for none, as pycocotools does: its detection is false.
  @Test func anObjectThatDoesNotCountIsNotFound() {
    let found = precision(
      [TrueObject(box: Self.square, area: 100, counts: false)], [DetectedObject(box: Self.square, score: 1)])
    #expect(found == [0])
  }
}
