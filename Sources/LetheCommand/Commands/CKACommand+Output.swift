import Findings
import Reports

extension CKACommand {
  func show(_ result: LayerSimilarity, _ pair: CheckpointPair) {
    let kind = result.measure == .cka ? "CKA, \(result.estimator)" : result.measure.title
    Console.result(
      "\(pair.before) → \(pair.after) · \(kind), \(result.sampleCount) examples of "
        + (data == nil ? "the features" : result.data)
        + (result.measure == .cka ? " in batches of \(result.batchSize)" : " at once")
        + (pool.map { ", pooled by \($0.rawValue)" } ?? "") + (compat.map { ", as \($0.rawValue) has it" } ?? ""))
    Console.table(result.diagonalTable())
    if result.diagonal.contains(where: \.isLowSignal) {
      Console.result("† the features hold nothing above their noise: no value")
    }
    if matrix {
      Console.result("")
      Console.table(result.matrixTable())
    }
    if let output = destination.output { Console.result("chart: \(output)") }
  }
}
