/// What a diagnosis found: how much was lost, why, where, when, and what to do about it.
public struct DiagnosisFinding: Sendable, Codable {
  /// What it is of, in a word: the run's name.
  public var title: String
  /// The data that judge the source task.
  public var sourceTask: String
  /// How much.
  public var forgetting: ForgottenAmount
  /// How many examples the rest was measured on.
  public var measuredOn: JudgedCounts
  /// Why: what was lost on the judged examples, cause by cause.
  public var causes: [ForgettingCause]
  /// What became of the source's confidence; nil where it was not measured.
  public var confidence: DiagnosedConfidence?
  /// Whether the causes are means over the orders in which they can be taken apart.
  public var isAveragedOverOrders: Bool
  /// The state in which the layers are judged, and what was lost by it.
  public var baseline: LayerBaseline
  /// Where, from the input on.
  public var layers: [DiagnosedLayer]
  /// Probes to compare those of the layers with.
  public var probeControls: ProbeControls
  /// The source's classes.
  public var classes: [ClassChange]
  /// The judged examples that went wrong or came right, those that lost the most probability first.
  public var examples: [ChangedExample]
  /// The judged examples whose own loss rose most, the worst first; nil where their losses are not known, as of answers
  /// that are right or wrong.
  public var worsened: [WorsenedExample]?
  /// When: the layers at some epochs of a run, in order; empty without a run.
  public var epochs: [LayersAtEpoch]
  /// The first epoch whose loss is more than chance; nil where none is, without epochs, or where too little was judged.
  public var firstSignificantEpoch: Int?
  /// How well each measure of a layer says what rewinding it regains.
  public var correlations: LayerCorrelations
  /// What helps, the best first; what was not tried has no gain.
  public var remedies: [Remedy]
  /// What the target is judged by; nil without a target.
  public var targetScore: Score?
  /// How outputs with several places became rows of features for similarity; nil where nobody asked for it.
  public var pool: String?
  /// Which outputs of their heads the classes of both tasks are; nil where it is not known.
  public var matchedClasses: JudgedClasses?
  /// What cannot be measured of this model and kind of task; nil of a diagnosis that did not look.
  public var leftOut: LeftOutMeasures?

  enum CodingKeys: String, CodingKey {
    case title, sourceTask, forgetting, measuredOn
    case causes = "waterfall"
    case confidence, isAveragedOverOrders, baseline, layers, probeControls, classes, examples, worsened, epochs
    case firstSignificantEpoch, correlations, remedies, targetScore, pool, matchedClasses, leftOut
  }

  /// - Parameters: see the properties; a part that is left out was not measured. The layers' verdicts are found here, by
  ///   default for what ``forgetting`` says was lost.
  public init(
    title: String = "diagnosis", sourceTask: String, forgetting: ForgottenAmount, measuredOn: JudgedCounts,
    causes: [ForgettingCause] = [], confidence: DiagnosedConfidence? = nil, isAveragedOverOrders: Bool = false,
    baseline: LayerBaseline? = nil,
    layers: [DiagnosedLayer] = [], probeControls: ProbeControls = ProbeControls(), classes: [ClassChange] = [],
    examples: [ChangedExample] = [], worsened: [WorsenedExample]? = nil, epochs: [LayersAtEpoch] = [],
    firstSignificantEpoch: Int? = nil, remedies: [Remedy] = [], targetScore: Score? = nil, pool: String? = nil,
    matchedClasses: JudgedClasses? = nil, leftOut: LeftOutMeasures? = nil
  ) {
    self.title = title
    self.sourceTask = sourceTask
    self.forgetting = forgetting
    self.measuredOn = measuredOn
    self.causes = causes
    self.confidence = confidence
    self.isAveragedOverOrders = isAveragedOverOrders
    self.baseline = baseline ?? LayerBaseline(loss: forgetting.loss, pairedPValue: forgetting.pairedPValue)
    self.layers = layers.judged(
      against: self.baseline, isJudged: forgetting.tooLittle == nil,
      scale: DiagnosisThresholds.scale(of: forgetting.score, before: forgetting.before))
    self.probeControls = probeControls
    self.classes = classes
    self.examples = examples
    self.worsened = worsened
    self.epochs = epochs
    self.firstSignificantEpoch = forgetting.tooLittle == nil ? firstSignificantEpoch : nil
    self.remedies = remedies
    self.targetScore = targetScore
    self.pool = pool
    self.matchedClasses = matchedClasses
    self.leftOut = leftOut
    correlations = LayerCorrelations(of: layers)
  }
}

extension DiagnosisFinding {
  /// Whether all but the amount was measured on other examples than it, which then has to be said.
  public var isJudgedOnFewer: Bool { measuredOn.source != forgetting.sourceCount }

  /// Layers that hardly moved and yet are where it was lost.
  public var criticalLayers: [String] { layers.filter { $0.verdict == .critical }.map(\.layer) }

  /// Whether what the source gains and what the target loses are counted in one unit, and can be weighed.
  public var weighsCosts: Bool { forgetting.score.unit == (targetScore ?? .accuracy).unit }

  /// The remedies that can be proposed, with their numbers from 1: something was lost, the gain is established on the
  /// examples that had no part in choosing it, and it is worth its cost, or, where the two cannot be weighed, costs nothing.
  public var established: [(number: Int, remedy: Remedy)] {
    guard forgetting.isSignificant else { return [] }
    return remedies.enumerated().filter { objection(to: $1) == nil }.map { ($0 + 1, $1) }
  }

  /// The remedy that mends the source's confidence, with its number from 1; nil where none does.
  public var mending: (number: Int, remedy: Remedy, confidence: MendedConfidence)? {
    for (number, remedy) in remedies.enumerated() {
      if let confidence = remedy.confidence { return (number + 1, remedy, confidence) }
    }
    return nil
  }

  /// The remedy that regains what is established and is not worth what it costs the target, or cannot be weighed with it,
  /// the best of them; nil where one can be proposed, where nothing was lost, and where none regains anything.
  public var outweighed: Remedy? {
    guard forgetting.isSignificant, established.isEmpty else { return nil }
    return remedies.first { $0.gain.low > 0 }
  }

  /// Why a remedy that was tried is not proposed.
  public enum Objection: Sendable {
    /// Its gain is not established.
    case notEstablished
    /// It costs the target more than it regains.
    case notWorthIt
    /// It costs something that is counted in another unit.
    case notWeighed
  }

  /// Why a remedy is not proposed where something was lost; nil of one that is, and where nothing was lost.
  public func objection(to remedy: Remedy) -> Objection? {
    guard forgetting.isSignificant, !(remedy.gain.low > 0 && isWorthIt(remedy)) else { return nil }
    guard remedy.gain.low > 0 else { return .notEstablished }
    return weighsCosts ? .notWorthIt : .notWeighed
  }

  private func isWorthIt(_ remedy: Remedy) -> Bool {
    weighsCosts ? remedy.merit > 0 : !(remedy.cost.value > 0)
  }

  /// To train again, held back, freezing the layers that are critical; nil where no loss is established.
  ///
  /// It is proposed, not tried.
  public var retraining: Remedy? {
    guard forgetting.isSignificant else { return nil }
    return Remedy(kind: .retraining, action: "train again, held back (not tried here)", layers: criticalLayers)
  }

  /// The same without the examples' pictures, which are long.
  public var withoutPictures: DiagnosisFinding {
    var result = self
    for index in examples.indices { result.examples[index].picture = nil }
    result.worsened = worsened?.map { example in
      var example = example
      example.picture = nil
      return example
    }
    return result
  }
}
