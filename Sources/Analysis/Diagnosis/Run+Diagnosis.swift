import Checkpoints
import Findings
import Metrics

// A diagnosis beside its run.
extension Run {
  private static let diagnosisName = "diagnosis"

  /// Stores a diagnosis: the whole as text, from which its page is drawn again, and the layers' numbers as arrays.
  public mutating func store(_ finding: DiagnosisFinding) throws {
    var changed = record
    func column(_ value: (DiagnosedLayer) -> Double) -> NumberArray { NumberArray(finding.layers.map(value)) }
    changed.analysis[Self.diagnosisName] = AnalysisRecord(
      attributes: ["drift": "‖after − before‖ / ‖before‖", "cka": "linear, debiased", "unit": "fractions"],
      numbers: [
        "drift": column(\.drift), "predicted_loss": column(\.predictedLoss), "cka_source": column(\.similarity.value),
        "cka_target": column(\.targetSimilarity.value), "probe_drop": column(\.probeDrop),
        "rewind_gain": column(\.gain.value), "rewind_cost": column(\.cost),
      ],
      strings: [
        "layers": finding.layers.map(\.layer), "finding": [try FindingEncoder.encode(finding).serialized()],
      ])
    try save(changed)
  }

  /// The diagnosis that was stored, by this version or by 0.1; nil where there is none.
  ///
  /// - Throws: `DecodingError` where another version stored what this one does not read.
  public func diagnosis() throws -> DiagnosisFinding? {
    guard let stored = record.analysis[Self.diagnosisName] else { return nil }
    if let text = stored.strings["finding"]?.first { return try FindingDecoder.decode(from: text) }
    return try stored.strings["report"]?.first.map { try DiagnosisFinding(version01: $0) }
  }

  /// The first epoch at which more source examples were lost than chance explains; nil where there is none.
  public var firstSignificantEpoch: Int? {
    guard let labels = record.labels["source"], let predictions = record.predictions["source"],
      let start = predictions[0]
    else { return nil }
    return predictions.keys.sorted().first { epoch in
      guard let now = predictions[epoch] else { return false }
      let comparison = PairedComparison(labels: labels, before: start, after: now)
      return comparison.difference < 0 && comparison.pValue < DiagnosisThresholds.significance
    }
  }
}
