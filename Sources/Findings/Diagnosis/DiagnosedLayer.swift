/// What fine-tuning did to one layer, or to a block where there are many, and what it means.
public struct DiagnosedLayer: Sendable {
  /// Its name.
  public var layer: String
  /// ‖after − before‖ / ‖before‖.
  public var drift: Double
  /// The source loss that this drift is predicted to add, nats: `½ Σ F (w − w⁰)²`, with its interval over examples and the
  /// labels drawn for them.
  public var predictedLoss: Estimate
  /// Debiased CKA before against after, on source examples.
  public var similarity: Estimate
  /// What CKA says of shuffled source examples.
  public var null: Double
  /// CKA on target examples; not measured without a target.
  public var targetSimilarity: Estimate
  /// What CKA says where the answer is known.
  public var controls: SimilarityControls
  /// Score of a linear probe before minus after, on the same examples.
  public var probeDrop: Estimate
  /// What putting the layer alone back to what it was regains of the source.
  public var gain: Estimate
  /// What that costs of the target; not measured without one.
  public var cost: Estimate
  /// Whether it is of the smallest set of layers that regains the loss together: found on one half of the examples, and
  /// established on the other.
  public var isInSmallestSet: Bool
  /// What the measures say together; ``DiagnosisFinding`` sees to it.
  public internal(set) var verdict = LayerVerdict.notJudged

  /// - Parameters: see the properties.
  public init(
    layer: String, drift: Double, predictedLoss: Estimate = .unmeasured, similarity: Estimate, null: Double = .nan,
    targetSimilarity: Estimate = .unmeasured, controls: SimilarityControls = SimilarityControls(),
    probeDrop: Estimate = .unmeasured, gain: Estimate, cost: Estimate = .unmeasured, isInSmallestSet: Bool = false
  ) {
    self.layer = layer
    self.drift = drift
    self.predictedLoss = predictedLoss
    self.similarity = similarity
    self.null = null
    self.targetSimilarity = targetSimilarity
    self.controls = controls
    self.probeDrop = probeDrop
    self.gain = gain
    self.cost = cost
    self.isInSmallestSet = isInSmallestSet
  }
}

extension DiagnosedLayer: Codable {
  private enum CodingKeys: String, CodingKey {
    case layer, drift, predictedLoss, predictedLossLow, predictedLossHigh, cka, ckaLow, ckaHigh, null
    case ckaTarget, ckaTargetLow, ckaTargetHigh, controls
    case probeDrop, probeDropLow, probeDropHigh, rewindGain, rewindLow, rewindHigh
    case rewindCost, rewindCostLow, rewindCostHigh, isInSmallestSet, verdict
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(layer, forKey: .layer)
    try container.encode(drift, forKey: .drift)
    try container.encode(predictedLoss, .predictedLoss, .predictedLossLow, .predictedLossHigh)
    try container.encode(similarity, .cka, .ckaLow, .ckaHigh)
    try container.encode(null, forKey: .null)
    try container.encode(targetSimilarity, .ckaTarget, .ckaTargetLow, .ckaTargetHigh)
    try container.encode(controls, forKey: .controls)
    try container.encode(probeDrop, .probeDrop, .probeDropLow, .probeDropHigh)
    try container.encode(gain, .rewindGain, .rewindLow, .rewindHigh)
    try container.encode(cost, .rewindCost, .rewindCostLow, .rewindCostHigh)
    try container.encode(isInSmallestSet, forKey: .isInSmallestSet)
    try container.encode(verdict, forKey: .verdict)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double { try container.decode(Double.self, forKey: key) }
    // Earlier versions took all labels of an example, and gave no interval.
    let predictedLoss =
      container.contains(.predictedLossLow)
      ? try container.estimate(.predictedLoss, .predictedLossLow, .predictedLossHigh)
      : Estimate(try number(.predictedLoss))
    self.init(
      layer: try container.decode(String.self, forKey: .layer), drift: try number(.drift),
      predictedLoss: predictedLoss, similarity: try container.estimate(.cka, .ckaLow, .ckaHigh),
      null: try number(.null),
      targetSimilarity: try container.estimate(.ckaTarget, .ckaTargetLow, .ckaTargetHigh),
      controls: try container.decode(SimilarityControls.self, forKey: .controls),
      probeDrop: try container.estimate(.probeDrop, .probeDropLow, .probeDropHigh),
      gain: try container.estimate(.rewindGain, .rewindLow, .rewindHigh),
      cost: try container.estimate(.rewindCost, .rewindCostLow, .rewindCostHigh),
      isInSmallestSet: try container.decode(Bool.self, forKey: .isInSmallestSet))
    verdict = try container.decode(LayerVerdict.self, forKey: .verdict)
  }
}
