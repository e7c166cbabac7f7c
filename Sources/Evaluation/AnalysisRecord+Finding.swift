import Checkpoints
import Findings

extension AnalysisRecord {
  private static let findingName = "finding"

  /// A finding as a run keeps it: the whole as one JSON text, and beside it what h5py users read as arrays.
  public init(
    _ finding: some Encodable, attributes: [String: String] = [:], numbers: [String: NumberArray] = [:],
    strings: [String: [String]] = [:]
  ) throws {
    self.init(attributes: attributes, numbers: numbers, strings: strings)
    self.strings[Self.findingName] = [try FindingEncoder.encode(finding).serialized()]
  }

  /// The finding that is kept; nil where there is none of this kind, as in what version 0.1 wrote.
  public func finding<Finding: Decodable>(_ type: Finding.Type = Finding.self) -> Finding? {
    strings[Self.findingName]?.first.flatMap { try? FindingDecoder.decode(type, from: $0) }
  }
}
