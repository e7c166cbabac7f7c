import Checkpoints
import Files
import Foundation
import HDF5
import Reports
import Training

/// The logs that other tools read, in a run: `metrics.csv`, `trainer_state.json` and TensorBoard's event file.
struct RunLogs {
  private let run: Run
  private let options: TrainingOptions?

  init(_ run: Run) {
    self.run = run
    options = TrainingOptions(json: run.record.configuration)
  }

  /// Writes all of them whole, each atomically.
  func write() throws {
    let log = log
    try AtomicFile.write(Data(TrainerState.text(of: log).utf8), to: "\(run.path)/trainer_state.json")
    let folder = "\(run.path)/tensorboard"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try AtomicFile.write(Data(TensorBoardEvents.bytes(of: log)), to: "\(folder)/\(TensorBoardEvents.fileName(of: log))")
    let files = RunReport(runs: [run.summary()], title: "").csvs()
    for (name, content) in files where ["metrics.csv", "dose.csv"].contains(name) {
      try AtomicFile.write(Data(content.utf8), to: "\(run.path)/\(name)")
    }
  }

  private var log: RunLog {
    let record = run.record
    let start = ISO8601DateFormatter().date(from: record.created)?.timeIntervalSince1970 ?? 0
    let stepsPerEpoch = record.environment["stepsPerEpoch"].flatMap(Int.init) ?? 0
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
      }, bestCheckpoint: best.map { run.checkpointPath(epoch: $0) })
  }
}
