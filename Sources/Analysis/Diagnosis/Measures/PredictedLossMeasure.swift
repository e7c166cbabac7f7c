import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch
import Training

/// The source loss that each layer's drift is predicted to add: `½ Σ F (w − w⁰)²`, nats, with the Fisher information `F`
/// of the source at the model before, exact of classes, else the empirical one.
///
/// It is the second term of the loss's expansion at a minimum: good for small steps, too large for long ones.
struct PredictedLossMeasure {
  private let models: ComparedModels

  init(_ models: ComparedModels) { self.models = models }

  /// By layer.
  ///
  /// - Parameter sampleCount: source training examples that the information is estimated from.
  /// - Complexity: a backward pass for each likely class of each example.
  func losses(
    of units: [RewindUnit], sampleCount: Int = DiagnosisThresholds.informationExamples
  ) throws -> [String: Double] {
    let (before, after, source) = (models.before, models.after, models.source)
    let names = units.flatMap(\.names).filter { before.parameters[$0] != nil }
    let tensors = names.compactMap { before.parameters[$0] }
    var random = RandomSource(seed: 6)
    let sample = source.train.selecting(random.sample(sampleCount, of: source.train.count))
    for tensor in tensors { try tensor.setRequiresGradient(true) }
    let estimate = Result {
      // The expectation over labels is a sum over classes; of other kinds of task it is taken at the labels themselves.
      let measure: ImportanceEstimate.Measure = models.sourceKind.isClassification ? .exact : .empirical
      return try before.withHead(of: models.sourceTask) {
        try ImportanceEstimate(measure, of: tensors, in: before, on: sample, kind: models.sourceKind)
      }
    }
    for tensor in tensors { try tensor.setRequiresGradient(false) }
    let importance = Dictionary(uniqueKeysWithValues: zip(names, try estimate.get().values))
    return try withoutGradients {
      try Dictionary(
        uniqueKeysWithValues: units.map { unit in
          let terms = try unit.names.sorted().map { name -> Double in
            guard let weight = importance[name], let end = after.parameters[name], let start = before.parameters[name]
            else { return 0 }
            return try end.subtract(start).squared().multiply(weight).sum().item()
          }
          return (unit.name, terms.reduce(0, +) / 2)
        })
    }
  }
}
