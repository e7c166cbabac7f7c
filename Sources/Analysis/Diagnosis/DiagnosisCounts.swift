import Datasets
import Evaluation
import Findings
import Models
import Torch

/// How many examples a diagnosis looks at for what: fewer of a network that takes long for each of them, so that the whole
/// takes minutes. Findings state them, and intervals are as wide as they make them.
public struct DiagnosisCounts: Sendable, Hashable {
  /// Test examples of each task that everything but the amount is judged on.
  public var judged = DiagnosisThresholds.judgedExamples
  /// Test examples that probes are judged on.
  public var probed = DiagnosisThresholds.probeExamples
  /// Training examples that probes are fitted to.
  public var probeFitted = DiagnosisThresholds.probeExamples
  /// Training examples that running statistics are measured anew on.
  public var statistics = DiagnosisThresholds.statisticsExamples
  /// Training examples that a head is fitted anew to.
  public var head = DiagnosisThresholds.headExamples
  /// Training examples that a network that was never trained is normalized on.
  public var untrained = DiagnosisThresholds.untrainedExamples

  /// So many judged test examples, and of everything else as many as are ever taken.
  public init(judged: Int) { self.judged = judged }

  /// Of a network that multiplies so often for an example.
  public init(multiplicationsPerExample count: Int) {
    let affordable = DiagnosisThresholds.judgedMultiplications / max(1, count)
    judged = min(judged, max(DiagnosisThresholds.leastJudgedExamples, affordable))
    let share = Double(judged) / Double(DiagnosisThresholds.judgedExamples)
    func part(_ most: Int, atLeast least: Int) -> Int { min(most, max(least, Int(Double(most) * share))) }
    probed = min(probed, judged)
    probeFitted = part(probeFitted, atLeast: 500)
    statistics = part(statistics, atLeast: 500)
    head = part(head, atLeast: 1000)
    untrained = part(untrained, atLeast: 250)
  }

  /// Of a model on a CPU by how often it multiplies for an example; as many as are ever taken on another device.
  init(of model: Model, on split: Split) throws {
    guard model.device == .cpu, let batch = try Batches(split: split, batchSize: 1).makeIterator().next() else {
      self.init(judged: DiagnosisThresholds.judgedExamples)
      return
    }
    self.init(multiplicationsPerExample: try model.multiplicationCount(of: batch.modelInputs(for: model)))
  }
}
