import Checkpoints
import Findings
import Foundation

/// The JSON texts of a run's record, and the findings in it.
enum Record: Reader {
  static let name = "record"

  static func read(_ data: Data) throws {
    let decoder = JSONDecoder()
    _ = try? decoder.decode(RunState.self, from: data)
    _ = try? decoder.decode(RunData.self, from: data)
    _ = try? decoder.decode(CommandRecord.self, from: data)
    let text = String(decoding: data, as: UTF8.self)
    try reencode(DiagnosisFinding.self, text)
    try reencode(WeightDrift.self, text)
    try reencode(LayerSimilarity.self, text)
    try reencode(SweepResult.self, text)
    try reencode(SequenceResult.self, text)
    try reencode(TransferResult.self, text)
  }

  private static func reencode<Finding: Codable>(_ type: Finding.Type, _ text: String) throws {
    guard let finding = try? FindingDecoder.decode(type, from: text) else { return }
    _ = try FindingEncoder.encode(finding).serialized()
  }

  static func seeds() throws -> [Data] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try ["best", "proxy", "sequence"].flatMap { name in
      let record = try Run.open(Fixture.path("runs-0.1/\(name)")).record
      let findings = record.analysis.values.compactMap { $0.strings["finding"]?.first }.map { Data($0.utf8) }
      let command = try record.command.map { [try encoder.encode($0)] } ?? []
      return [try encoder.encode(record.state), try encoder.encode(record.data)] + command + findings
    }
  }
}
