import Findings
import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite struct TensorBoardFileTests {
  /// One scalar, as TensorBoard knows it.
  private struct Scalar: Hashable, Codable {
    var tag: String
    var step: Int
    var wallTime: Double
    var value: Float
  }

  @Test func recordsReadBackWithTheirChecksums() throws {
    let records = try read(TensorBoardEvents.bytes(of: .sample))
    #expect(records.count == 4)
    // wall_time (field 1, eight bytes), then file_version (field 3, text of 13 bytes).
    let version = try #require(records.first)
    #expect(version == [0x09] + [1_700_000_000.25].bytes + [0x1A, 13] + Array("brain.Event:2".utf8))
  }

  @Test func anEventIsTheseBytes() throws {
    let row = RunLog.Row(epoch: 3, step: 300, wallTime: 2, values: [("source_loss", 0.5), ("penalty", .nan)])
    let log = RunLog(startTime: 1, rows: [row], stepsPerEpoch: 100, epochCount: 3, batchSize: 1)
    let event = try #require(try read(TensorBoardEvents.bytes(of: log)).last)
    // Value: tag (field 1, 11 bytes) and simple_value (field 2, four bytes), 13 + 5 = 18 bytes in all.
    let value = [0x0A, 11] + Array("source/loss".utf8) + [0x15] + [Float(0.5)].bytes
    // Step 300 is 0b10_0101100: the low seven bits 0x2C with the top bit set, then 2. Summary: field 5, 20 bytes.
    #expect(event == [0x09] + [2.0].bytes + [0x10, 0xAC, 0x02] + [0x2A, 20, 0x0A, 18] + value)
  }

  @Test func aRowWithNothingMeasuredHasNoEvent() throws {
    let row = RunLog.Row(epoch: 0, step: 0, wallTime: 2, values: [("penalty", .nan)])
    let log = RunLog(startTime: 1, rows: [row], stepsPerEpoch: 1, epochCount: 1, batchSize: 1)
    #expect(try read(TensorBoardEvents.bytes(of: log)).count == 1)
  }

  @Test(arguments: [
    ("source_accuracy", "source/accuracy"), ("target_loss", "target/loss"), ("proxy_agreement", "proxy/agreement"),
    ("dose.l2-sp.loss_share", "dose/l2-sp/loss_share"), ("training_loss", "training_loss"),
    ("source_top_5", "source/top_5"), ("resource_use", "resource_use"),
  ])
  func columnsBecomeTags(column: String, tag: String) {
    #expect(TensorBoardEvents.tag(of: column) == tag)
  }

  @Test func theFileNameHasTimeAndHost() {
    #expect(TensorBoardEvents.fileName(of: .sample, host: "a/b") == "events.out.tfevents.1700000000.a-b")
  }

  @Test(.enabled(if: Python.hasTensorBoard)) func tensorBoardReadsEveryScalar() throws {
    let folder = try TemporaryFolder()
    let path = folder.file(TensorBoardEvents.fileName(of: .sample, host: "host"))
    try Data(TensorBoardEvents.bytes(of: .sample)).write(to: URL(fileURLWithPath: path))
    let output = try Python.run(
      """
      import json, sys
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
      events.Reload()
      assert events.file_version == 2.0, events.file_version
      print(json.dumps([
          {"tag": tag, "step": event.step, "wallTime": event.wall_time, "value": event.value}
          for tag in events.Tags()["scalars"] for event in events.Scalars(tag)]))
      """, folder.path)
    let line = try #require(output.split(separator: "\n").last)
    let found = try JSONDecoder().decode([Scalar].self, from: Data(line.utf8))
    let expected = RunLog.sample.rows.flatMap { row in
      row.values.filter { !$0.value.isNaN }.map { name, value in
        Scalar(
          tag: TensorBoardEvents.tag(of: name), step: row.step, wallTime: row.wallTime, value: Float(value))
      }
    }
    #expect(Set(found) == Set(expected))
    // 4 + 8 + 7 of the sample's values are numbers.
    #expect(found.count == 19 && expected.count == 19)
  }

  private func withSettings() -> RunLog {
    var log = RunLog.sample
    log.settings = [("learningRate", .number(0.05)), ("regularizers", .text("l2-sp:alpha=0.1")), ("fits", .flag(true))]
    log.layers = [
      .init(measure: "drift", name: "features.0", value: 0.25), .init(measure: "cka", name: "features.0", value: 0.5),
      .init(measure: "cka", name: "idle", value: .nan),
    ]
    return log
  }

  @Test func layersStandAtTheLastStepAndSettingsAtTheEnd() throws {
    let records = try read(TensorBoardEvents.bytes(of: withSettings()))
    // The rows, one record of layers, and three of the plugin.
    #expect(records.count == 4 + 1 + 3)
    let layers = String(decoding: records[4], as: UTF8.self)
    #expect(layers.contains("drift/features.0") && layers.contains("cka/features.0") && !layers.contains("idle"))
    let names = records[5...].map { String(decoding: $0, as: UTF8.self) }
    for (record, name) in zip(names, ["experiment", "session_start_info", "session_end_info"]) {
      #expect(record.contains("_hparams_/\(name)") && record.contains("hparams"))
    }
    #expect(names[1].contains("l2-sp:alpha=0.1"))
  }

  @Test(.enabled(if: Python.hasTensorBoard)) func tensorBoardReadsWhatTheRunWasTold() throws {
    let folder = try TemporaryFolder()
    let log = withSettings()
    try Data(TensorBoardEvents.bytes(of: log)).write(
      to: URL(fileURLWithPath: folder.file(TensorBoardEvents.fileName(of: log, host: "host"))))
    let output = try Python.run(
      """
      import json, sys
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      from tensorboard.plugins.hparams import plugin_data_pb2
      events = EventAccumulator(sys.argv[1])
      events.Reload()
      found = {}
      for tag in ("experiment", "session_start_info", "session_end_info"):
          data = plugin_data_pb2.HParamsPluginData()
          data.ParseFromString(events.SummaryMetadata(f"_hparams_/{tag}").plugin_data.content)
          found[tag] = data
      told = found["session_start_info"].session_start_info.hparams
      assert told["learningRate"].number_value == 0.05 and told["fits"].bool_value is True
      assert told["regularizers"].string_value == "l2-sp:alpha=0.1"
      infos = found["experiment"].experiment
      assert [info.name for info in infos.hparam_infos] == ["learningRate", "regularizers", "fits"]
      assert "source/accuracy" in [info.name.tag for info in infos.metric_infos]
      assert found["session_end_info"].session_end_info.status == 1
      assert events.Scalars("drift/features.0")[0].value == 0.25
      print("read")
      """, folder.path)
    #expect(output.contains("read"))
  }

  /// The records' data; each checksum is checked, and that nothing is left over.
  private func read(_ file: [UInt8]) throws -> [[UInt8]] {
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    var records: [[UInt8]] = []
    var rest = file[...]
    while !rest.isEmpty {
      try #require(rest.count >= 16, "\(rest.count) bytes after \(records.count) records")
      let length = rest.prefix(8)
      let count = Int(number(length))
      try #require(rest.count >= 16 + count, "record \(records.count) says \(count) bytes, has \(rest.count - 16)")
      let data = rest.dropFirst(12).prefix(count)
      #expect(number(rest.dropFirst(8).prefix(4)) == UInt64(CRC32C.maskedChecksum(of: length)))
      #expect(number(rest.dropFirst(12 + count).prefix(4)) == UInt64(CRC32C.maskedChecksum(of: data)))
      records.append(Array(data))
      rest = rest.dropFirst(16 + count)
    }
    return records
  }
}
