import Findings
import Foundation

/// A run's metrics as TensorBoard reads them: one event file of scalars.
///
/// The file is a sequence of TFRecords: the length (`UInt64`), its masked CRC-32C, the data, and the data's masked
/// CRC-32C, all little-endian. The first record names the format, each other one is an `Event` of `event.proto`
/// with the scalars of one row. Then come the layers' drift and similarity, at the last step, and what the run was told,
/// for the page of hyper-parameters.
public enum TensorBoardEvents {
  /// The name TensorBoard looks for, `events.out.tfevents.<seconds since 1970>.<host>`.
  ///
  /// - Parameters:
  ///   - host: the machine's name; a slash in it becomes a hyphen.
  public static func fileName(of log: RunLog, host: String = ProcessInfo.processInfo.hostName) -> String {
    let time = String(format: "%010.0f", log.startTime.rounded(.down))
    return "events.out.tfevents.\(time).\(host.replacing("/", with: "-"))"
  }

  /// The whole event file.
  ///
  /// Scalars are float32, as `simple_value` has them: a larger value becomes infinite. Values that are NaN are left
  /// out, and rows with no value.
  public static func bytes(of log: RunLog) -> [UInt8] {
    var file = header(at: log.startTime)
    for row in log.rows where !row.measured.isEmpty { file += record(of: event(of: row).bytes) }
    guard let last = log.rows.last else { return file }
    let layers = log.layers.filter { !$0.value.isNaN }
    if !layers.isEmpty {
      let values = layers.map { (tag: "\($0.measure)/\($0.name)", value: $0.value) }
      file += record(of: event(at: last.step, wallTime: last.wallTime, scalars: values).bytes)
    }
    for event in HyperparameterEvents.events(of: log, tags: log.rows.flatMap(\.measured).map { tag(of: $0.name) }) {
      file += record(of: event.bytes)
    }
    return file
  }

  /// The tag of a metric column: TensorBoard groups charts by what is before the slash.
  ///
  /// `source_accuracy` becomes `source/accuracy`, `dose.l2-sp.penalty` becomes `dose/l2-sp/penalty`, `step.source_accuracy` of a look within
  /// an epoch `step/source/accuracy`.
  static func tag(of column: String) -> String {
    guard !column.hasPrefix(RunLog.Row.lookPrefix) else {
      return "step/" + tag(of: String(column.dropFirst(RunLog.Row.lookPrefix.count)))
    }
    var tag = column
    for task in ["source", "target", "proxy", "gauge"] where column.hasPrefix("\(task)_") {
      tag = "\(task)/\(column.dropFirst(task.count + 1))"
    }
    return tag.replacing(".", with: "/")
  }

  /// The first record, which names the format.
  static func header(at wallTime: Double) -> [UInt8] {
    var version = ProtobufMessage()
    version.append(wallTime, field: EventField.wallTime)
    version.append("brain.Event:2", field: EventField.fileVersion)
    return record(of: version.bytes)
  }

  /// A TFRecord.
  static func record(of data: [UInt8]) -> [UInt8] {
    let length = littleEndianBytes(UInt64(data.count))
    return length + littleEndianBytes(CRC32C.maskedChecksum(of: length)) + data
      + littleEndianBytes(CRC32C.maskedChecksum(of: data))
  }

  private static func event(of row: RunLog.Row) -> ProtobufMessage {
    event(at: row.step, wallTime: row.wallTime, scalars: row.measured.map { (tag(of: $0.name), $0.value) })
  }

  private static func event(
    at step: Int, wallTime: Double, scalars: [(tag: String, value: Double)]
  ) -> ProtobufMessage {
    let values = scalars.map { tag, number in
      var value = ProtobufMessage()
      value.append(tag, field: ValueField.tag)
      value.append(Float(number), field: ValueField.simpleValue)
      return value
    }
    return event(at: step, wallTime: wallTime, values: values)
  }

  /// An event with values of `tensorflow.Summary`.
  static func event(at step: Int, wallTime: Double, values: [ProtobufMessage]) -> ProtobufMessage {
    var summary = ProtobufMessage()
    for value in values { summary.append(value, field: SummaryField.value) }
    var event = ProtobufMessage()
    event.append(wallTime, field: EventField.wallTime)
    event.append(Int64(step), field: EventField.step)
    event.append(summary, field: EventField.summary)
    return event
  }

  /// Field numbers of `tensorflow.Event`.
  private enum EventField {
    static let wallTime = 1
    static let step = 2
    static let fileVersion = 3
    static let summary = 5
  }

  /// Field numbers of `tensorflow.Summary`.
  private enum SummaryField {
    static let value = 1
  }

  /// Field numbers of `tensorflow.Summary.Value`.
  enum ValueField {
    static let tag = 1
    static let simpleValue = 2
    static let image = 4
    static let metadata = 9
  }
}
