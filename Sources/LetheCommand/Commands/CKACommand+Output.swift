import Findings
import Reports

extension CKACommand {
  func show(_ result: LayerSimilarity, _ pair: CheckpointPair) {
    let kind = result.measure == .cka ? "CKA, \(result.estimator)" : result.measure.title
    Console.result(
      "\(pair.before) → \(pair.after) · \(kind), \(result.sampleCount) examples of "
        + (data == nil ? "the features" : result.data)
        + (result.measure == .cka ? " in batches of \(result.batchSize)" : " at once")
        + result.poolWords + (compat.map { ", as \($0.rawValue) has it" } ?? ""))
    Console.table(result.diagonalTable(), of: "layer", all: tables.all)
    if result.diagonal.contains(where: \.isLowSignal) {
      Console.result("† the features hold nothing above their noise: no value")
    }
    if matrix {
      Console.result("")
      showMatrix(of: result)
    }
    if let output = destination.output { Console.result("chart: \(output)") }
  }

  /// The matrix where the terminal has room for it; else what it says, and where all of it is to be had.
  private func showMatrix(of result: LayerSimilarity) {
    let table = result.matrixTable()
    if table.naturalWidth <= TerminalWidth.output || tables.all { return Console.table(table) }
    let size = "\(result.layersA.count) × \(result.layersB.count)"
    Console.result("the matrix of \(size) layers is too wide for here: -o FILE.svg draws it, --json and --all have it")
    Console.result(result.matrixWords)
    if let strays = result.strayTable() { Console.table(strays, of: "layer", all: false) }
  }
}
