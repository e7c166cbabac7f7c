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
  public var probes: (any ProbedExamples)?
  /// How outputs with several places become rows of features; nil leaves it to the shape.
  public var pooling: FeaturePooling?
  /// Whether the causes are means over the orders in which they can be taken apart.
  public var averagesOrders = false
  /// The run that the models are of: its stored predictions say how much was lost, and its epochs are measured too.
  public var run: Run?
  /// Other runs of the same fine-tuning: what a seed alone changes.
  public var others: [Run] = []

  /// - Parameters: see the properties.
  public init(
    _ models: ComparedModels, probes: (any ProbedExamples)? = nil,
    averagesOrders: Bool = false, run: Run? = nil, others: [Run] = []
  ) {
    self.models = models
    self.probes = probes
    self.averagesOrders = averagesOrders
    self.run = run
    self.others = others
  }

  /// Measures all of it; the models' `progress` is told what.
  public func finding() throws -> DiagnosisFinding {
    let progress = models.progress
    progress.begin("accuracy")
    let peers = try others.map { run in
      let checkpoint = try Checkpoint(contentsOf: run.checkpointPath(epoch: run.chosenEpoch))
      return (run: run, model: try Model(checkpoint, device: models.before.device))
    }
    let amount = try AmountMeasure(models: models, run: run, others: peers).amount()
    guard amount.tooLittle == nil else {
      return DiagnosisFinding(
        sourceTask: models.source.name, forgetting: amount, measuredOn: JudgedCounts(source: models.sourceTest.count),
        matchedClasses: models.classes)
    }
    progress.begin("running statistics")
    let causes = try WaterfallMeasure(models, averagesOrders: averagesOrders).causes()
    let confidence = try ConfidenceMeasure(models).change()
    let units = models.rewindUnits
    let names = units.map(\.name)
    progress.begin("a network that was never trained")
    let strangers = try ControlsMeasure(models)
    try models.activateSourceHead()
    let similarity = SimilarityMeasure(
      models: models, layers: names, sampleCount: DiagnosisThresholds.similarityExamples, pooling: pooling)
    let compared = try similarity.onSource(models.before, [models.after, models.before, strangers.untrained])
    let (onSource, onTarget) = (compared[0], try similarity.onTarget())
    let controls = strangers.controls(
      of: names, itself: compared[1], strange: compared[2],
      peers: try similarity.onSource(models.after, peers.map(\.model)))
    let predicted = try PredictedLossMeasure(models).losses(of: units)
    var fitted: LayerProbesMeasure?
    if let probes {
      fitted = try LayerProbesMeasure(
        models, layers: names, data: probes, untrained: strangers.untrained, epoch: run?.chosenEpoch ?? 0)
    }
    let rewinds = try LayerRewinds(models, causes: causes)
    let drift = DriftMeasure(models)
    let layers = try zip(units, rewinds.alone).map { unit, rewind in
      return DiagnosedLayer(
        layer: unit.name, drift: try drift.drift(of: unit), predictedLoss: predicted[unit.name] ?? .unmeasured,
        similarity: onSource.similarity(unit.name), null: onSource.null(unit.name),
        targetSimilarity: onTarget.similarity(unit.name), controls: controls[unit.name] ?? SimilarityControls(),
        probeDrop: fitted?.drops[unit.name] ?? .unmeasured, gain: rewind.gain, cost: rewind.cost,
        isInSmallestSet: rewinds.smallestSet.contains(unit.name))
    }
    let byEpoch = SimilarityMeasure(
      models: models, layers: names, sampleCount: DiagnosisThresholds.historyExamples, pooling: pooling)
    let history = try run.map {
      try HistoryMeasure(models: models, units: units, similarity: byEpoch, known: onSource, probes: fitted)
        .epochs(of: $0)
    }
    let remedies = try RemedyMeasure(models).tried().map(\.finding)
    return DiagnosisFinding(
      sourceTask: models.source.name, forgetting: amount,
      measuredOn: JudgedCounts(
        source: models.sourceTest.count, target: models.targetTest?.count, similarity: onSource.count,
        epochs: history?.count, probes: fitted?.judgedCount,
        probedClasses: fitted?.drawnClasses, remedies: remedies.first?.count),
      causes: causes, confidence: confidence.map { DiagnosedConfidence($0, beside: amount.forgetting) },
      isAveragedOverOrders: averagesOrders, baseline: rewinds.baseline, layers: layers,
      probeControls: fitted?.controls ?? ProbeControls(), classes: try ClassMeasure(models).classes(),
      examples: try ChangedExamplesMeasure(models).examples(),
      worsened: try WorsenedExamplesMeasure(models).examples(), epochs: history?.epochs ?? [],
      firstSignificantEpoch: run?.firstSignificantEpoch, remedies: remedies,
      targetScore: models.targetScore, pool: pooling?.rawValue, matchedClasses: models.classes,
      leftOut: LeftOutMeasures(causes: try models.causesLeftOut(), probes: try models.probesLeftOut()))
  }
}

/// What putting layers back regains, in the state that they are judged in.
private struct LayerRewinds {
  /// That state.
  let baseline: LayerBaseline
  /// The names of the smallest set of layers that is established to regain the loss; none where none is.
  let smallestSet: Set<String>
  /// Of each layer alone.
  let alone: [Rewind]

  /// - Parameter causes: where the running statistics are an established one, they are measured anew first.
  init(_ models: ComparedModels, causes: [ForgettingCause]) throws {
    let isCause = causes.contains { $0.kind == .statistics && $0.isEstablished }
    let measure = RewindMeasure(models, restoringStatistics: isCause)
    alone = try measure.rewinds(.alone)
    var random = RandomSource(seed: 10)
    let change = try models.answersBefore().gain(to: measure.baseAnswers(), using: &random)
    baseline = LayerBaseline(restoresStatistics: isCause, loss: -change.gain, pairedPValue: change.pValue)
    let scale = DiagnosisThresholds.scale(of: models.score, before: try models.answersBefore().score)
    guard baseline.establishedLoss > DiagnosisThresholds.leastLoss * scale else {
      smallestSet = []
      return
    }
    let set =
      isCause
      ? try measure.smallestSet(regaining: DiagnosisThresholds.regainedShare, on: .choosing)
      : try models.smallestSet()
    smallestSet = set.isEmpty ? [] : try measure.isConfirmed(set) ? Set(set.map(\.name)) : []
  }
}
