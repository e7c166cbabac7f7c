import Checkpoints
import Testing

/// Compares all metrics of all epochs of two runs, and the weights of the last one.
///
/// - Parameters:
///   - epochCount: of each.
///   - beginsAlike: whether both began with the same weights to the bit.
func expectSameRuns(
  _ first: String, _ second: String, within tolerance: Double, epochCount: Int = 2, beginsAlike: Bool = true
) throws {
  let (one, other) = (try Run.open(first), try Run.open(second))
  let (metrics, others) = (one.record.metrics, other.record.metrics)
  #expect(
    metrics.names == others.names && metrics.rowCount == epochCount + 1 && others.rowCount == epochCount + 1,
    "\(metrics.names), \(others.names); \(metrics.rowCount), \(others.rowCount)")
  for name in metrics.names where name != "seconds" {
    for row in 0..<min(metrics.rowCount, others.rowCount) {
      let (a, b) = (metrics.value(name, row: row), others.value(name, row: row))
      // What is evaluated before any step is the same to the bit, whoever evaluates which part of it.
      let isSame = (a.isNaN && b.isNaN) || (row == 0 && beginsAlike ? a == b : abs(a - b) <= tolerance * max(1, abs(a)))
      #expect(isSame, "\(name), epoch \(row): \(a) and \(b)")
    }
  }
  let weights = try Checkpoint(contentsOf: one.checkpointPath(epoch: epochCount)).parameters
  let otherWeights = try Checkpoint(contentsOf: other.checkpointPath(epoch: epochCount)).parameters
  let begin = try Checkpoint(contentsOf: one.checkpointPath(epoch: 0)).parameters
  #expect(weights.keys == otherWeights.keys)
  var moved: Float = 0
  for (name, tensor) in weights {
    let found = try #require(otherWeights[name])
    #expect(found.shape == tensor.shape)
    let (a, b) = (tensor.array(of: Float.self), found.array(of: Float.self))
    let worst = zip(a, b).map { abs($0 - $1) }.max() ?? 0
    #expect(Double(worst) <= tolerance, "\(name): \(worst)")
    moved = max(moved, zip(a, begin[name]?.array(of: Float.self) ?? a).map { abs($0 - $1) }.max() ?? 0)
  }
  // They went somewhere.
  #expect(moved > 1e-3)
}
