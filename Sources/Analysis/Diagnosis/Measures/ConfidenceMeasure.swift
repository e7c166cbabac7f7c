import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

/// What became of the source's confidence, and the temperature that mends it.
struct ConfidenceMeasure {
  private let models: ComparedModels

  init(_ models: ComparedModels) { self.models = models }

  /// From the model before to the one after, on the judged source examples; nil of a proxy, whose labels are none, and of
  /// kinds without probabilities of classes.
  func change() throws -> ConfidenceChange? {
    guard let before = try models.confidenceBefore(), let after = try models.confidenceAfter() else { return nil }
    return ConfidenceChange(from: before.sums, to: after.sums, places: models.sourceKind.places)
  }

  /// The scores of the source's head divided by a temperature, which is fitted on the half that chooses and judged on the
  /// other: the head's weights and biases are, which is the same.
  ///
  /// - Returns: nil where no confidence was lost, where the head is not one linear layer of its own, where no temperature
  ///   fits, and where it is not established that it helps.
  ///
  /// Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
  func temperature() throws -> (confidence: MendedConfidence, change: ModelChange)? {
    guard try change()?.isLoss == true, let now = try models.confidenceAfter(),
      let head = LinearHead(of: models.after, task: models.sourceTask), !head.isShared,
      let fitted = now.calibration(of: .choosing).fittedTemperature
    else { return nil }
    let change = try ModelChange(sourceHead: head.tensors(dividedBy: fitted.temperature))
    let half = Half.judging
    let mended = try models.applying(change) { try models.sourceConfidence(models.after) }
    guard let mended else { return nil }
    let places = half.indices(of: now.sums.count)
    let found = MendedConfidence(
      temperature: fitted.temperature,
      change: ConfidenceChange(
        from: now.sums.selecting(places), to: mended.sums.selecting(places), places: models.sourceKind.places))
    return found.change.isGain ? (found, change) : nil
  }
}

/// The probabilities that a model gives for some examples.
struct SourceConfidence {
  let calibration: Calibration
  /// Answers of each example; nil where each has one.
  let counts: [Int]?
  let sums: ConfidenceSums

  /// The answers of the examples of one half.
  func calibration(of half: Half) -> Calibration {
    var starts = [0]
    for count in counts ?? Array(repeating: 1, count: sums.count) { starts.append(starts[starts.count - 1] + count) }
    let answers = half.indices(of: sums.count).flatMap { starts[$0]..<starts[$0 + 1] }
    let width = calibration.classCount
    return Calibration(
      classCount: width,
      probabilities: answers.flatMap { calibration.probabilities[($0 * width)..<(($0 + 1) * width)] },
      labels: answers.map { calibration.labels[$0] })
  }
}

extension ComparedModels {
  /// Numbers that probabilities of the judged examples may be: 256 MiB of float64.
  static let mostProbabilities = 1 << 25

  /// What a model says of the judged source examples, with the source's head.
  func sourceConfidence(_ model: Model) throws -> SourceConfidence? {
    guard !isProxy else { return nil }
    return try model.withHead(of: sourceTask) {
      guard try model.outputShape(on: sourceTest).reduce(1, *) * sourceTest.count <= Self.mostProbabilities else {
        return nil
      }
      return try withoutGradients { () throws -> SourceConfidence? in
        var (probabilities, labels, counts): ([Double], [Int], [Int]) = ([], [], [])
        var (width, hasPlaces) = (0, false)
        let pass = pass
        for batch in pass.part(of: try Batches(split: sourceTest, batchSize: 250, device: model.device)) {
          let outputs = try model.run(try batch.modelInputs(for: model)).logits.widened()
          guard let answers = try sourceKind.classAnswers(of: outputs, labels: batch.labels) else { break }
          let own = try answers.calibration()
          probabilities += own.probabilities
          labels += own.labels
          if let places = answers.counts { (counts, hasPlaces) = (counts + places, true) }
          width = own.classCount
        }
        let all = try pass.joined([
          probabilities, labels.map(Double.init), counts.map(Double.init), [Double(width)],
        ])
        (probabilities, labels, counts) = (all[0], all[1].map { Int($0) }, all[2].map { Int($0) })
        (width, hasPlaces) = (Int(all[3].max() ?? 0), !counts.isEmpty)
        guard width > 0 else { return nil }
        let calibration = Calibration(classCount: width, probabilities: probabilities, labels: labels)
        let places = hasPlaces ? counts : nil
        return SourceConfidence(
          calibration: calibration, counts: places, sums: calibration.sums(counts: places))
      }
    }
  }
}
