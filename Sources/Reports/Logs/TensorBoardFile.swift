import Findings
import Foundation

/// A run's metrics as TensorBoard reads them: one event file of scalars.
///
/// The file is a sequence of TFRecords: the length (`UInt64`), its masked CRC-32C, the data, and the data's masked
/// CRC-32C, all little-endian. The first record names the format, each other one is an `Event` of `event.proto`
/// with the scalars of one row.
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
    var version = ProtobufMessage()
    version.append(log.startTime, field: EventField.wallTime)
    version.append("brain.Event:2", field: EventField.fileVersion)
    var file = record(of: version.bytes)
    for row in log.rows where !row.measured.isEmpty { file += record(of: event(of: row).bytes) }
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

  /// A TFRecord.
  static func record(of data: [UInt8]) -> [UInt8] {
    let length = littleEndianBytes(UInt64(data.count))
    return length + littleEndianBytes(CRC32C.maskedChecksum(of: length)) + data
      + littleEndianBytes(CRC32C.maskedChecksum(of: data))
  }

  private static func event(of row: RunLog.Row) -> ProtobufMessage {
    var summary = ProtobufMessage()
    for (name, number) in row.measured {
      var value = ProtobufMessage()
      value.append(tag(of: name), field: ValueField.tag)
      value.append(Float(number), field: ValueField.simpleValue)
      summary.append(value, field: SummaryField.value)
    }
    var event = ProtobufMessage()
    event.append(row.wallTime, field: EventField.wallTime)
    event.append(Int64(row.step), field: EventField.step)
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
  private enum ValueField {
    static let tag = 1
    static let simpleValue = 2
  }
}

/// The wire form of a Protocol Buffers message, written field by field.
private struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 {
    case variable = 0
    case eightBytes = 1
    case delimited = 2
    case fourBytes = 5
  }

  /// An `int64` field; a negative number takes ten bytes.
  mutating func append(_ value: Int64, field: Int) {
    appendKey(field, .variable)
    appendVariable(UInt64(bitPattern: value))
  }

  /// A `double` field.
  mutating func append(_ value: Double, field: Int) {
    appendKey(field, .eightBytes)
    bytes += littleEndianBytes(value.bitPattern)
  }

  /// A `float` field.
  mutating func append(_ value: Float, field: Int) {
    appendKey(field, .fourBytes)
    bytes += littleEndianBytes(value.bitPattern)
  }

  /// A `string` field.
  mutating func append(_ text: String, field: Int) { appendDelimited(Array(text.utf8), field: field) }

  /// A field that is a message itself.
  mutating func append(_ message: ProtobufMessage, field: Int) { appendDelimited(message.bytes, field: field) }

  private mutating func appendDelimited(_ content: [UInt8], field: Int) {
    appendKey(field, .delimited)
    appendVariable(UInt64(content.count))
    bytes += content
  }

  private mutating func appendKey(_ field: Int, _ type: WireType) {
    appendVariable(UInt64(field) << 3 | type.rawValue)
  }

  /// Seven bits a byte, lowest first; the top bit says that more follow.
  private mutating func appendVariable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

private func littleEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
}
