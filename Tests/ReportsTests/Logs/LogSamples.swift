import Findings
import Reports
import TestSupport

extension RunLog {
  /// Two epochs of 40 steps after the model that was there before, with what was not measured as NaN.
  static let sample = RunLog(
    startTime: 1_700_000_000.25,
    rows: [
      Row(
        epoch: 0, step: 0, wallTime: 1_700_000_001.5,
        values: [
          ("source_accuracy", 0.75), ("source_loss", 0.5), ("target_accuracy", .nan), ("target_loss", .nan),
          ("training_loss", .nan), ("penalty", 0), ("dose.l2-sp.penalty", .nan), ("seconds", 0),
        ]),
      Row(
        epoch: 1, step: 40, wallTime: 1_700_000_010,
        values: [
          ("source_accuracy", 0.5), ("source_loss", 0.9), ("target_accuracy", 0.625), ("target_loss", 1.1),
          ("training_loss", 1.25), ("penalty", 0.03), ("dose.l2-sp.penalty", 0.02), ("learning_rate", 5e-5),
        ]),
      Row(
        epoch: 2, step: 80, wallTime: 1_700_000_020,
        values: [
          ("source_accuracy", 0.4), ("source_loss", 1e-12), ("target_accuracy", 0.8), ("target_loss", -0.7),
          ("training_loss", 0.75), ("proxy_agreement", 1), ("proxy_divergence", 123_456.789),
        ]),
    ],
    stepsPerEpoch: 40, epochCount: 3, batchSize: 32, bestMetric: 0.8, bestCheckpoint: "checkpoints/epoch-0002.h5")
}

extension Python {
  static let hasTensorBoard = hasModule("tensorboard")
  static let hasTransformers = hasModule("transformers")

  private static func hasModule(_ name: String) -> Bool { path != nil && (try? run("import \(name)")) != nil }
}
