import Checkpoints
import Datasets
import Findings
import Metrics
import Models
import Programs
import Torch

/// What fine-tuning did to one layer, and what it means.
public struct LayerDiagnosis: Sendable {
  public enum Verdict: String, Sendable {
    case lostHere = "lost here"
    case lostTogether = "lost here with others"
    case critical = "small drift, critical"
    case informationIntact = "similarity fell, information intact"
    case harmless = "drifted but harmless"
    case unchanged = "little changed"
  }

  public let layer: String
  /// ‖after − before‖ / ‖before‖.
  public let drift: Double
  /// The source loss that this drift is predicted to add, nats: `½ Σ F (w − w⁰)²`.
  public let predictedLoss: Double
  /// Debiased CKA before against after on source examples, with its interval, and what shuffled examples give.
  public let similarity: LayerSimilarity.Entry
  /// Likewise on target examples; nil without a target.
  public let targetSimilarity: LayerSimilarity.Entry?
  /// Accuracy of a linear probe before minus after; NaN where it was not measured.
  public let probeDrop: Double
  public let rewind: Rewind
  public let verdict: Verdict
}

/// The whole of it: how much, why, where, when.
public struct Diagnosis {
  public let forgetting: PairedComparison
  public let interval: (low: Double, high: Double)
  public let sourceBefore: Double
  public let sourceAfter: Double
  public let targetAfter: Double
  /// Of each source class, in order: how many examples, and how many went wrong and came right.
  public let classes: [(name: String, before: Double, after: Double, change: PairedComparison)]
  /// The examples that changed, the worst first.
  public let examples: [ChangedExample]
  public let waterfall: Waterfall
  public let layers: [LayerDiagnosis]
  /// What other runs of the same fine-tuning lost of the same examples.
  public let otherRuns: [Double]
  public let controls: SimilarityControls
  /// Accuracies of probes on the last layer that are there to compare with: fitted to permuted labels, and on a network
  /// that was never trained. NaN without probes.
  public let probeControl: Double
  public let randomProbe: Double
  /// By epoch, of a run.
  public let history: EpochHistory?

  /// Spearman's correlation of each measure with what rewinding regains, over the layers.
  public var correlations: [(measure: String, value: Double)] {
    let gains = layers.map(\.rewind.gain)
    return [
      ("drift", rankCorrelation(layers.map(\.drift), gains)),
      ("predicted loss", rankCorrelation(layers.map(\.predictedLoss), gains)),
      ("1 − CKA", rankCorrelation(layers.map { 1 - $0.similarity.value }, gains)),
      ("probe drop", rankCorrelation(layers.map(\.probeDrop), gains)),
    ]
  }
}

extension JudgedPair {
  /// Measures all of it.
  ///
  /// - Parameters:
  ///   - probes: what linear probes are fitted to; nil leaves them out.
  ///   - run: the run that the pair is of, whose epochs are measured too.
  ///   - others: models after, of other runs of the same fine-tuning: the ceiling of what similarity can be.
  ///   - onProgress: told what is measured next.
  public func diagnosis(
    probes: ProbeData?, sampleCount: Int = 1000, averagesOrders: Bool = false, run: Run? = nil, others: [Model] = [],
    onProgress: (String) -> Void = { _ in }
  ) throws -> Diagnosis {
    onProgress("accuracy")
    let (start, end) = (try asItWas(), try asItIs().source)
    let forgetting = PairedComparison(before: start, after: end)
    var random = RandomSource(seed: 5)
    let interval = forgetting.bootstrapInterval(using: &random)
    onProgress("why")
    let waterfall = try waterfall(averagesOrders: averagesOrders)
    let units = rewindUnits
    let names = units.map(\.name)
    onProgress("drift and similarity")
    try activateSourceHead()
    let onSource = try similarity(of: names, before, after, sampleCount: sampleCount)
    let onTarget =
      try targetTest.map {
        try similarity(of: names, before, after, on: $0, dataset: target?.name ?? "", sampleCount: sampleCount)
      } ?? [:]
    let predicted = try predictedLosses(of: units)
    onProgress("controls")
    let (stranger, kind) = try randomNetwork()
    let controls = try controls(of: names, others: others, random: stranger, kind: kind, sampleCount: sampleCount)
    var drops: [String: Double] = [:]
    var fitted: FittedProbes?
    var (control, randomProbe) = (Double.nan, Double.nan)
    if let probes {
      onProgress("probes")
      let first = try before.probes(of: names, on: probes)
      drops = LinearProbe.drops(from: first, to: try after.probes(of: names, on: probes))
      if let last = names.last {
        control = try after.control(on: last, probes) ?? .nan
        randomProbe = try stranger.probes(of: [last], on: probes).first?.accuracy ?? .nan
      }
      fitted = FittedProbes(data: probes, before: first, after: (run?.chosenEpoch ?? 0, drops))
    }
    onProgress("rewinding layers")
    let rewinds = try rewinds()
    let isLost = -forgetting.difference > 0.01 && forgetting.pValue < 0.05
    let together = isLost ? Set(try smallestSet().map(\.name)) : []
    let drifts = try units.map { try drift(of: $0) }
    let median = drifts.isEmpty ? 0 : quantile(0.5, ofSorted: drifts.sorted())
    let layers = zip(zip(names, drifts), rewinds).map { place, rewind -> LayerDiagnosis in
      let (name, drift) = place
      let unknown = LayerSimilarity.Entry(layer: name, value: .nan)
      let entry = onSource[name] ?? unknown
      let drop = drops[name] ?? .nan
      return LayerDiagnosis(
        layer: name, drift: drift, predictedLoss: predicted[name] ?? .nan, similarity: entry,
        targetSimilarity: onTarget[name], probeDrop: drop, rewind: rewind,
        verdict: Self.verdict(
          drift: drift, median: median, similarity: entry.value, probeDrop: drop, rewind: rewind,
          lost: -forgetting.difference, isInSet: together.contains(name)))
    }
    if run != nil { onProgress("epochs") }
    let history = try run.map { try self.history(of: $0, units: units, probes: fitted, sampleCount: 512) }
    return Diagnosis(
      forgetting: forgetting, interval: (-interval.high, -interval.low), sourceBefore: accuracy(start),
      sourceAfter: accuracy(end), targetAfter: accuracy(try asItIs().target),
      classes: source.classNames.enumerated().map { label, name in
        let own = sourceTest.labels.indices.filter { sourceTest.labels[$0] == label }
        let (first, last) = (own.map { start[$0] }, own.map { end[$0] })
        return (name, accuracy(first), accuracy(last), PairedComparison(before: first, after: last))
      }, examples: try changedExamples(), waterfall: waterfall, layers: layers,
      otherRuns: try others.map { accuracy(start) - accuracy(try sourceCorrect($0)) }, controls: controls,
      probeControl: control, randomProbe: randomProbe, history: history)
  }

  private func activateSourceHead() throws {
    try before.activate(task: sourceTask)
    try after.activate(task: sourceTask)
  }

  /// What the measures say together. A layer counts where rewinding it regains, beyond its interval, a tenth of the loss
  /// or more.
  private static func verdict(
    drift: Double, median: Double, similarity: Double, probeDrop: Double, rewind: Rewind, lost: Double,
    isInSet: Bool
  ) -> LayerDiagnosis.Verdict {
    if rewind.gain >= max(0.01, lost / 10), rewind.low > 0 { return drift < median / 2 ? .critical : .lostHere }
    if isInSet { return .lostTogether }
    if similarity < 0.9, !(probeDrop > 0.02) { return .informationIntact }
    if drift >= median / 2, drift > 0.01 { return .harmless }
    return .unchanged
  }
}
