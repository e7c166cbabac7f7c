import Findings
import Foundation
import HDF5
import Metrics
import TestSupport
import Testing

@testable import Predictions

@Suite struct HDF5PredictionsTests {
  private func write(_ path: String, _ predictions: [Int32], extra: Bool = false) throws {
    let file = try File.create(path)
    let root = try file.root
    try root.writeStrings("image", predictions.indices.map { "i\($0)" })
    try root.write("label", [Int32](repeating: 1, count: predictions.count))
    try root.write("prediction", predictions)
    try root.write(
      "probabilities", [Double](repeating: 0.5, count: 2 * predictions.count), shape: [predictions.count, 2])
    if extra { try root.write("odd", [Int32](repeating: 1, count: 3)) }
    try file.close()
  }

  @Test func datasetsOfOneAxisAreColumns() throws {
    let folder = try TemporaryFolder()
    let (before, after) = (folder.file("before.h5"), folder.file("after.h5"))
    try write(before, [Int32](repeating: 1, count: 60))
    try write(after, (0..<60).map { $0 < 12 ? 0 : 1 })
    var random = RandomSource(seed: 1)
    let finding = try ComparisonFinding(before: before, after: after, using: &random)
    #expect(
      finding.whole.lost == 12 && finding.columns.map(\.name) == ["image", "label", "prediction", "probabilities"])
    #expect(finding.changed.first?.id == "i0" && finding.changed.first?.after == "0")
    // One class is no grouping.
    #expect(finding.groups.isEmpty)
    try FileManager.default.removeItem(atPath: after)
    try write(after, [Int32](repeating: 1, count: 60), extra: true)
    do {
      _ = try HDF5Predictions(after)
      Issue.record("a dataset of another length was read")
    } catch let error as PredictionError {
      #expect("\(error)".contains("expected datasets of one length, found 60 values in image and 3 in odd"), "\(error)")
    }
  }
}
