import Checkpoints
import Findings

extension SequenceResult {
  fileprivate static let recordName = "accuracy_matrix"

  /// What a run stores; nil for one that is no sequence.
  public init?(_ run: Run) {
    guard let stored = run.record.analysis[Self.recordName] else { return nil }
    if let found = stored.finding(Self.self) {
      self = found
      // It may have been moved.
      self.run = run.path
      chosenBy = chosenBy ?? run.record.choiceBasis
      return
    }
    // Version 0.1 kept nothing but the arrays.
    guard let tasks = stored.strings["tasks"], let values = stored.numbers["accuracy"]?.values,
      values.count == tasks.count * tasks.count
    else { return nil }
    let baseline = stored.numbers["baseline"]?.values ?? []
    self.init(
      run: run.path, tasks: tasks,
      matrix: tasks.indices.map { Array(values[($0 * tasks.count)..<(($0 + 1) * tasks.count)]) },
      baseline: baseline.isEmpty ? nil : baseline, sharesHead: run.record.state.sharesHead,
      chosenBy: run.record.choiceBasis)
  }
}

extension RunRecord {
  /// Keeps a sequence's finding, as one text and, for those who read the file otherwise, as arrays.
  mutating func store(_ result: SequenceResult) throws {
    let count = result.tasks.count
    analysis[SequenceResult.recordName] = try AnalysisRecord(
      result,
      attributes: [
        "rows": "after training the task",
        "columns": "\(result.score.name) on the task's test examples"
          + (result.score.unit == .fraction ? ", fractions" : ""),
      ],
      numbers: [
        result.score.name: NumberArray(shape: [count, count], values: result.matrix.flatMap { $0 }),
        "baseline": NumberArray(result.baseline ?? []),
      ], strings: ["tasks": result.tasks])
  }
}
