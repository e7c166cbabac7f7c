import Checkpoints
import Evaluation
import Findings

// A diagnosis beside its run.
extension Run {
  private static let diagnosisName = "diagnosis"

  /// Stores a diagnosis: the whole as text, from which its page is drawn again, and the layers' numbers as arrays.
  public mutating func store(_ finding: DiagnosisFinding) throws {
    var changed = record
    func column(_ value: (DiagnosedLayer) -> Double) -> NumberArray { NumberArray(finding.layers.map(value)) }
    changed.analysis[Self.diagnosisName] = try AnalysisRecord(
      finding,
      attributes: [
        "drift": "‖after − before‖ / ‖before‖", "cka": "linear, debiased",
        "unit": finding.forgetting.score.unit == .fraction ? "fractions" : finding.forgetting.score.unit.rawValue,
      ],
      numbers: [
        "drift": column(\.drift), "predicted_loss": column(\.predictedLoss.value),
        "cka_source": column(\.similarity.value),
        "cka_target": column(\.targetSimilarity.value), "probe_drop": column(\.probeDrop.value),
        "rewind_gain": column(\.gain.value), "rewind_cost": column(\.cost.value),
      ], strings: ["layers": finding.layers.map(\.layer)])
    try save(changed)
  }

  /// The diagnosis that was stored, by this version or by 0.1; nil where there is none, or of another epoch than the
  /// run stands for.
  public var diagnosis: DiagnosisFinding? {
    guard let stored = record.analysis[Self.diagnosisName],
      let finding = stored.finding()
        ?? stored.strings["report"]?.first.flatMap({ try? DiagnosisFinding(version01: $0, epoch: chosenEpoch) })
    else { return nil }
    return finding.forgetting.epoch == chosenEpoch ? finding : nil
  }
}
