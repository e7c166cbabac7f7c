import Checkpoints
import Datasets
import Evaluation
import Findings
import Metrics
import Models
import Torch

/// The whole of it: how much was lost, why, where, when, and what to do.
public struct DiagnosisMeasure {
  /// The two models, and the examples that judge them.
  public let models: ComparedModels
  /// What linear probes are fitted to; nil leaves them out.
  public var probes: ProbeData?
  /// Examples that similarity is measured on, at most.
  public var sampleCount = DiagnosisThresholds.similarityExamples
  /// Whether the causes are means over the orders in which they can be taken apart.
  public var averagesOrders = false
  /// The run that the models are of: its stored predictions say how much was lost, and its epochs are measured too.
  public var run: Run?
  /// Other runs of the same fine-tuning: what a seed alone changes.
  public var others: [Run] = []

  /// - Parameters: see the properties.
  public init(
    _ models: ComparedModels, probes: ProbeData? = nil, sampleCount: Int = DiagnosisThresholds.similarityExamples,
    averagesOrders: Bool = false, run: Run? = nil, others: [Run] = []
  ) {
    self.models = models
    self.probes = probes
    self.sampleCount = sampleCount
    self.averagesOrders = averagesOrders
    self.run = run
    self.others = others
  }

  /// Measures all of it.
  ///
  /// - Parameter onProgress: told what is measured next.
  public func finding(onProgress: (String) -> Void = { _ in }) throws -> DiagnosisFinding {
    onProgress("accuracy")
    let peers = try others.map { run in
      let checkpoint = try Checkpoint(contentsOf: run.checkpointPath(epoch: run.chosenEpoch))
      return (run: run, model: try Model(checkpoint, device: models.before.device))
    }
    let amount = try AmountMeasure(models: models, run: run, others: peers).amount()
    onProgress("why")
    let causes = try WaterfallMeasure(models, averagesOrders: averagesOrders).causes()
    let units = models.rewindUnits
    let names = units.map(\.name)
    onProgress("drift and similarity")
    try models.activateSourceHead()
    let similarity = SimilarityMeasure(models: models, layers: names, sampleCount: sampleCount)
    let onSource = try similarity.onSource(models.before, models.after)
    let onTarget = try similarity.onTarget()
    let predicted = try PredictedLossMeasure(models).losses(of: units)
    onProgress("controls")
    let strangers = try ControlsMeasure(models, similarity: similarity)
    let controls = try strangers.controls(others: peers.map(\.model))
    var fitted: LayerProbesMeasure?
    if let probes {
      onProgress("probes")
      fitted = try LayerProbesMeasure(
        models, layers: names, data: probes, untrained: strangers.untrained, epoch: run?.chosenEpoch ?? 0)
    }
    onProgress("rewinding layers")
    let judge = try LayerJudge(models, units: units, drops: fitted?.drops ?? [:])
    let layers = try units.map { unit in
      var layer = try judge.layer(unit, similarity: onSource.similarity(unit.name))
      layer.predictedLoss = predicted[unit.name] ?? .nan
      layer.null = onSource.null(unit.name)
      layer.targetSimilarity = onTarget.similarity(unit.name)
      layer.controls = controls[unit.name] ?? SimilarityControls()
      return layer
    }
    if run != nil { onProgress("epochs") }
    let byEpoch = SimilarityMeasure(models: models, layers: names, sampleCount: DiagnosisThresholds.historyExamples)
    let history = try run.map {
      try HistoryMeasure(models: models, units: units, similarity: byEpoch, probes: fitted).epochs(of: $0)
    }
    let remedies = try RemedyMeasure(models).tried(onProgress: onProgress).map(\.finding)
    return DiagnosisFinding(
      sourceTask: models.source.name, forgetting: amount,
      measuredOn: JudgedCounts(
        source: models.sourceTest.count, target: models.targetTest?.count, similarity: onSource.count,
        epochs: history?.count, probes: probes?.test.count, remedies: remedies.first?.count),
      causes: causes, isAveragedOverOrders: averagesOrders, layers: layers,
      probeControls: fitted?.controls ?? ProbeControls(), classes: try ClassMeasure(models).classes(),
      examples: try ChangedExamplesMeasure(models).examples(), epochs: history?.epochs ?? [],
      firstSignificantEpoch: run?.firstSignificantEpoch, remedies: remedies)
  }
}

/// Says of each layer what its measures say together.
private struct LayerJudge {
  private let drops: [String: Estimate]
  private let drifts: [String: Double]
  private let medianDrift: Double
  private let rewinds: RewindMeasure
  /// What was lost of the judged examples.
  private let lost: Double
  private let smallestSet: Set<String>

  init(_ models: ComparedModels, units: [RewindUnit], drops: [String: Estimate]) throws {
    self.drops = drops
    let drift = DriftMeasure(models)
    drifts = try Dictionary(uniqueKeysWithValues: units.map { ($0.name, try drift.drift(of: $0)) })
    medianDrift = drifts.isEmpty ? 0 : quantile(0.5, ofSorted: drifts.values.sorted())
    rewinds = RewindMeasure(models)
    let change = PairedComparison(before: try models.answersBefore(), after: try models.answersAfter().source)
    lost = -change.difference
    let isLost = lost > DiagnosisThresholds.leastLoss && change.pValue < EstablishedChange.significance
    smallestSet = isLost ? Set(try models.smallestSet().map(\.name)) : []
  }

  func layer(_ unit: RewindUnit, similarity: Estimate) throws -> DiagnosedLayer {
    let rewind = try rewinds.rewind([unit])
    let (drift, drop) = (drifts[unit.name] ?? .nan, drops[unit.name] ?? .unmeasured)
    return DiagnosedLayer(
      layer: unit.name, drift: drift, similarity: similarity, probeDrop: drop, gain: rewind.gain, cost: rewind.cost,
      verdict: LayerVerdict(
        drift: drift, medianDrift: medianDrift, similarity: similarity.value, probeDrop: drop.value, gain: rewind.gain,
        lost: lost, isInSet: smallestSet.contains(unit.name)))
  }
}
