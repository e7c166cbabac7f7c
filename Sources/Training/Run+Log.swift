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
    var rows: [RunLog.Row] = []
    for row in 0..<record.metrics.rowCount {
      let epoch = Int(exactly: record.metrics.value("epoch", row: row)) ?? row
      let seconds = record.metrics.value("seconds", row: row)
      let began = time
      time += seconds.isNaN ? 0 : seconds
      let written = record.state.watched?.checkpoints.first { $0.epoch == epoch }
      let step = written.map { $0.step ?? epoch } ?? record.stepCount(through: epoch)
      let isPartial = record.state.lastEpochSteps != nil && epoch == record.lastEpoch
      rows += looks(after: rows.last?.step ?? -1, through: step, from: began, to: time)
      rows.append(
        RunLog.Row(
          epoch: isPartial ? Double(step) / Double(max(1, stepsPerEpoch)) : Double(epoch), step: step,
          wallTime: time,
          values: record.metrics.names.filter { $0 != "epoch" }.map { ($0, record.metrics.value($0, row: row)) }))
    }
    rows += looks(after: rows.last?.step ?? -1, through: .max, from: time, to: time)
    let best = record.bestEpoch
    let quantity = (options?.selection ?? .target).quantity
    var log = RunLog(
      startTime: start, rows: rows, stepsPerEpoch: stepsPerEpoch,
      epochCount: options?.epochCount ?? record.metrics.rowCount - 1, stepLimit: options?.stepLimit,
      batchSize: (options?.batchSize ?? 1) * (options?.accumulation ?? 1),
      bestMetric: best.flatMap { epoch in
        let records = record.epochRecords
        return records.first.flatMap { records[epoch].figures(first: $0)[quantity] }
      }, bestCheckpoint: best.map { checkpointPath(epoch: $0) })
    log.settings = options?.logged ?? []
    log.layers = (drift?.layers ?? []).map { .init(measure: "drift", name: $0.layer, value: $0.relative) }
    if let similarity {
      log.layers += similarity.diagonal.map {
        .init(measure: similarity.measure.rawValue, name: $0.layer, value: $0.value)
      }
    }
    return log
  }

  /// The looks after some steps; their times are spread evenly over those of the training that they are of.
  private func looks(after first: Int, through last: Int, from began: Double, to ended: Double) -> [RunLog.Row] {
    let steps = record.steps
    let stepsPerEpoch = Double(max(1, record.state.stepsPerEpoch ?? 1))
    let places = (0..<steps.rowCount).filter { row in
      let step = Int(exactly: steps.value("step", row: row)) ?? -1
      return step > first && step <= last
    }
    let base = Double(max(0, first))
    let span = max(1, steps.value("step", row: places.last ?? 0) - base)
    return places.map { row in
      let step = steps.value("step", row: row)
      return RunLog.Row(
        epoch: step / stepsPerEpoch, step: Int(step), wallTime: began + (ended - began) * (step - base) / span,
        values: steps.names.filter { $0 != "step" }.map { (RunLog.Row.lookPrefix + $0, steps.value($0, row: row)) })
    }
  }
}

extension TrainingOptions {
  /// The options that are a number, a word or a yes, and the regularizers, each with its settings.
  fileprivate var logged: [(name: String, value: RunLog.Setting)] {
    guard let json = try? json,
      let values = try? JSONDecoder().decode([String: Logged].self, from: Data(json.utf8))
    else { return [] }
    let regularizers = regularizers.map { specification in
      let settings = specification.settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return specification.kind + (settings.isEmpty ? "" : ":" + settings.joined(separator: ","))
    }
    return values.sorted { $0.key < $1.key }.compactMap { name, value in value.setting.map { (name, $0) } }
      + [("regularizers", .text(regularizers.isEmpty ? "none" : regularizers.joined(separator: " + ")))]
  }

  private struct Logged: Decodable {
    let setting: RunLog.Setting?

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      setting =
        (try? value.decode(Bool.self)).map(RunLog.Setting.flag) ?? (try? value.decode(Double.self)).map(
          RunLog.Setting.number)
        ?? (try? value.decode(String.self)).map(RunLog.Setting.text)
    }
  }
}
