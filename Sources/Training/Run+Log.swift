import Checkpoints
import Findings
import Foundation

extension Run {
  /// What the run measured over its optimizer steps, as the logs of other tools take it.
  public var log: RunLog {
    let options = record.trainingOptions
    let start = ISO8601DateFormatter().date(from: record.created)?.timeIntervalSince1970 ?? 0
    let stepsPerEpoch = record.state.stepsPerEpoch ?? 0
    var time = start
    let rows = (0..<record.metrics.rowCount).map { row -> RunLog.Row in
      let epoch = Int(record.metrics.value("epoch", row: row))
      let seconds = record.metrics.value("seconds", row: row)
      time += seconds.isNaN ? 0 : seconds
      return RunLog.Row(
        epoch: epoch, step: epoch * stepsPerEpoch, wallTime: time,
        values: record.metrics.names.filter { $0 != "epoch" }.map { ($0, record.metrics.value($0, row: row)) })
    }
    let best = record.bestEpoch
    let quantity = (options?.selection ?? .target).quantity
    return RunLog(
      startTime: start, rows: rows, stepsPerEpoch: stepsPerEpoch, epochCount: options?.epochCount ?? rows.count - 1,
      batchSize: (options?.batchSize ?? 1) * (options?.accumulation ?? 1),
      bestMetric: best.flatMap { epoch in
        let records = record.epochRecords
        return records.first.flatMap { records[epoch].figures(first: $0)[quantity] }
      }, bestCheckpoint: best.map { checkpointPath(epoch: $0) })
  }
}
