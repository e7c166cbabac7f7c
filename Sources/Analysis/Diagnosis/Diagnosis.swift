import Checkpoints
import Datasets
import Metrics
import Models
import Programs
import Torch

/// What fine-tuning did to one layer, and what it means.
public struct LayerDiagnosis: Sendable {
  public enum Verdict: String, Sendable {
    case lostHere = "lost here"
    case critical = "small drift, critical"
    case informationIntact = "similarity fell, information intact"
    case harmless = "drifted but harmless"
    case unchanged = "little changed"
  }

  public let layer: String
  /// ‖after − before‖ / ‖before‖.
  public let drift: Double
  /// Debiased, before against after, on source examples; and what shuffled examples give.
  public let similarity: Double
  public let null: Double
  /// Accuracy of a linear probe before minus after; NaN where it was not measured.
  public let probeDrop: Double
  public let rewind: Rewind
  public let verdict: Verdict
}

/// The whole of it: how much, why, where.
public struct Diagnosis {
  public let forgetting: PairedComparison
  public let interval: (low: Double, high: Double)
  public let sourceBefore: Double
  public let sourceAfter: Double
  public let targetAfter: Double
  /// Of each source class, in order: how many examples, and how many went wrong and came right.
  public let classes: [(name: String, before: Double, after: Double, change: PairedComparison)]
  public let waterfall: Waterfall
  public let layers: [LayerDiagnosis]
  /// Accuracy of probes fitted to permuted labels, on the last layer: what a probe makes of nothing.
  public let probeControl: Double

  /// Spearman's correlation of each measure with what rewinding regains, over the layers.
  public var correlations: [(measure: String, value: Double)] {
    let gains = layers.map(\.rewind.gain)
    return [
      ("drift", rankCorrelation(layers.map(\.drift), gains)),
      ("1 − CKA", rankCorrelation(layers.map { 1 - $0.similarity }, gains)),
      ("probe drop", rankCorrelation(layers.map(\.probeDrop), gains)),
    ]
  }
}

extension JudgedPair {
  /// Measures all of it.
  ///
  /// - Parameters:
  ///   - probes: what linear probes are fitted to; nil leaves them out.
  ///   - onProgress: told what is measured next.
  public func diagnosis(
    probes: ProbeData?, sampleCount: Int = 1000, averagesOrders: Bool = false,
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
    let matrix = try CKAMatrix(
      comparing: before, with: after, on: sourceTest, dataset: source.name, layersA: names, layersB: names,
      sampleCount: sampleCount)
    var drops: [String: Double] = [:]
    var control = Double.nan
    if let probes {
      onProgress("probes")
      let first = try before.probes(of: names, on: probes)
      let second = try after.probes(of: names, on: probes)
      for (one, other) in zip(first, second) { drops[one.layer] = one.accuracy - other.accuracy }
      if let last = names.last {
        control = try after.control(on: last, probes) ?? .nan
      }
    }
    onProgress("rewinding layers")
    let rewinds = try rewinds()
    let drifts = Dictionary(uniqueKeysWithValues: try units.map { ($0.name, try drift(of: $0)) })
    let median = quantile(0.5, ofSorted: names.compactMap { drifts[$0] }.sorted())
    let layers = zip(names, rewinds).map { name, rewind -> LayerDiagnosis in
      let entry = matrix.diagonal.first { $0.layer == name }
      let own = drifts[name] ?? .nan
      let drop = drops[name] ?? .nan
      return LayerDiagnosis(
        layer: name, drift: own, similarity: entry?.cka ?? .nan, null: entry?.null ?? .nan, probeDrop: drop,
        rewind: rewind,
        verdict: Self.verdict(
          drift: own, median: median, similarity: entry?.cka ?? .nan, probeDrop: drop, rewind: rewind,
          lost: -forgetting.difference))
    }
    return Diagnosis(
      forgetting: forgetting, interval: (-interval.high, -interval.low), sourceBefore: accuracy(start),
      sourceAfter: accuracy(end), targetAfter: accuracy(try asItIs().target),
      classes: source.classNames.enumerated().map { label, name in
        let own = sourceTest.labels.indices.filter { sourceTest.labels[$0] == label }
        let (first, last) = (own.map { start[$0] }, own.map { end[$0] })
        return (name, accuracy(first), accuracy(last), PairedComparison(before: first, after: last))
      }, waterfall: waterfall,
      layers: layers, probeControl: control)
  }

  private func activateSourceHead() throws {
    try before.activate(task: sourceTask)
    try after.activate(task: sourceTask)
  }

  /// What the measures say together. A layer counts where rewinding it regains, beyond its interval, a tenth of the loss
  /// or more.
  private static func verdict(
    drift: Double, median: Double, similarity: Double, probeDrop: Double, rewind: Rewind, lost: Double
  ) -> LayerDiagnosis.Verdict {
    if rewind.gain >= max(0.01, lost / 10), rewind.low > 0 { return drift < median / 2 ? .critical : .lostHere }
    if similarity < 0.9, !(probeDrop > 0.02) { return .informationIntact }
    if drift >= median / 2, drift > 0.01 { return .harmless }
    return .unchanged
  }
}
