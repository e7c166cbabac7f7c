import Findings
import Metrics
import Testing

@Suite struct DiagnosisFindingTests {
  private func layer(_ name: String, cka: Double = 0.95, gain: Double = 0, drift: Double = 0.3) -> DiagnosedLayer {
    DiagnosedLayer(
      layer: name, drift: drift, predictedLoss: Estimate(0.01, low: 0.007, high: 0.014),
      similarity: Estimate(cka, low: 0.6, high: .nan), null: -0.0,
      controls: SimilarityControls(itself: 1, untrained: 0.4, untrainedKind: .randomOrder),
      gain: Estimate(gain, low: gain - 0.01, high: gain + 0.01))
  }

  /// 10 of 100 examples went wrong, 2 came right: from 0.9 to 0.82.
  private var finding: DiagnosisFinding {
    let amount = ForgottenAmount(
      Forgetting(
        epoch: 2, before: 0.9, after: 0.82, final: 0.08, low: 0.01, high: 0.15, relative: 0.08 / 0.7,
        pairedPValue: 0.04, lost: 10, gained: 2, sourceCount: 100, chance: 0.2),
      runs: MeanOfRuns(count: 3, loss: Estimate(0.07, low: 0.01, high: 0.13)))
    let picture = Picture(planes: [0, 128, 255, 7], channels: 1, height: 2, width: 2)
    var finding = DiagnosisFinding(
      title: "run", sourceTask: "photos", forgetting: amount, measuredOn: JudgedCounts(source: 60, probes: 40),
      causes: [ForgettingCause(.readout, loss: Estimate(0.29, low: 0.1, high: 0.4))],
      layers: [layer("a"), layer("b", cka: 0.7, gain: 0.05, drift: 0.05)],
      classes: [ClassChange("cat", before: .nan, after: .nan, PairedComparison(count: 0, lost: 0, gained: 0))],
      examples: [
        ChangedExample(
          index: 7, label: "cat", before: "cat", after: "dog", confidenceBefore: 0.9, confidenceAfter: 0.1,
          picture: picture)
      ],
      epochs: [
        LayersAtEpoch(epoch: 1, drift: [0, 0.1], similarity: [0.99, 0.92], probeDrop: [.nan, .nan]),
        LayersAtEpoch(epoch: 2, drift: [0, 0.1], similarity: [0.89, 0.7], probeDrop: [.nan, .nan]),
      ],
      remedies: [
        Remedy(kind: .rewind, action: "rewind b", gain: Estimate(0.05), cost: Estimate(0.01), count: 30, layers: ["b"])
      ])
    if let again = finding.retraining { finding.remedies.append(again) }
    return finding
  }

  @Test func whatWasFoundIsReadBackToTheLetter() throws {
    let text = try FindingEncoder.encode(finding).serialized()
    let read = try FindingDecoder.decode(DiagnosisFinding.self, from: text)
    #expect(try FindingEncoder.encode(read).serialized() == text)
    #expect(read.forgetting.loss == Estimate(0.08, low: 0.01, high: 0.15) && read.forgetting.epoch == 2)
    #expect(read.causes[0].loss == Estimate(0.29, low: 0.1, high: 0.4))
    #expect(read.layers[1].similarity == Estimate(0.7, low: 0.6) && read.layers[1].verdict == .critical)
    #expect(read.layers[0].targetSimilarity == .unmeasured && read.layers[0].cost == .unmeasured)
    #expect(read.layers[0].controls.untrainedKind == .randomOrder && read.layers[0].controls.otherRuns == nil)
    #expect(read.examples[0].picture?.pixels == [0, 0, 0, 128, 128, 128, 255, 255, 255, 7, 7, 7])
    #expect(read.remedies.map(\.isTried) == [true, false] && read.remedies[1].layers == ["b"])
  }

  @Test func aCauseInAnotherUnitHasNoPoints() throws {
    var own = finding
    own.causes = [ForgettingCause(.readout, loss: Estimate(2.07, low: 1.9, high: 2.2), unit: .natsPerToken)]
    own.leftOut = LeftOutMeasures(causes: CausesLeftOut(.size, weightCount: 1_200_000), probes: .words)
    let json = try FindingEncoder.encode(own)
    let text = json.serialized()
    #expect(text.contains("natsPerToken") && !text.contains("\"points\"") && text.contains("1200000"))
    let read = try FindingDecoder.decode(DiagnosisFinding.self, from: json)
    #expect(read.causes[0].unit == .natsPerToken && read.causes[0].loss == Estimate(2.07, low: 1.9, high: 2.2))
    #expect(read.leftOut == own.leftOut)
  }

  /// 2 nats regained for 4 of something else lost: the one is not taken from the other.
  @Test func costsInAnotherUnitAreNotWeighed() {
    var own = finding
    func remedy(_ cost: Double) -> Remedy {
      Remedy(
        kind: .head, action: "refit", gain: Estimate(0.5, low: 0.4, high: 0.6),
        cost: Estimate(cost, low: cost - 0.01, high: cost + 0.01))
    }
    own.remedies = [remedy(0.2), remedy(-0.2), remedy(4)]
    // In one unit 0.5 is worth 0.2 and no 4.
    #expect(own.weighsCosts && own.established.map(\.number) == [1, 2])
    own.targetScore = Score(name: "nats_per_token", unit: .natsPerToken, direction: .down)
    #expect(!own.weighsCosts && own.established.map(\.number) == [2])
  }

  @Test func theDocumentedNamesAreThere() throws {
    let json = try FindingEncoder.encode(finding.withoutPictures)
    let forgetting = try #require(json["forgetting"])
    for (key, value) in [
      ("low", 0.01), ("high", 0.15), ("before", 0.9), ("after", 0.82), ("lost", 10), ("sourceCount", 100), ("epoch", 2),
    ] as [(String, Double)] {
      #expect(forgetting[key] == .double(value) || forgetting[key] == .int(Int(value)), "\(key)")
    }
    #expect(forgetting["final"] == .double(0.08) && forgetting["isAgreement"] == false)
    #expect(
      forgetting["measures"]?["mean of 3 runs"] == 0.07 && forgetting["measures"]?["best epoch minus last"] == nil)
    guard case .array(let causes)? = json["waterfall"], case .array(let layers)? = json["layers"],
      case .array(let remedies)? = json["remedies"], case .array(let examples)? = json["examples"]
    else { return #expect(Bool(false), "\(json)") }
    // 100 · 0.29 in floating point.
    #expect(causes[0]["points"] == .double(100 * 0.29) && causes[0]["cause"] == "readout misaligned")
    #expect(layers[0]["controls"]?["weights in random order"] == 0.4 && layers[0]["null"] == .double(0))
    #expect(layers[1]["rewindGain"] == 0.05 && layers[1]["verdict"] == "small drift, critical")
    #expect(remedies[0]["sourceGain"] == 0.05 && remedies[0]["command"] == .null)
    #expect(remedies[1]["sourceGain"] == .double(.nan) || remedies[1]["sourceGain"]?.serialized() == "null")
    #expect(examples[0]["class"] == "cat" && examples[0]["picture"] == .null)
  }

  @Test func trainingAgainIsProposedOnlyWhereSomethingWasLost() {
    #expect(finding.retraining?.layers == ["b"])
    var gained = finding
    gained.forgetting.forgetting.final = -0.1
    #expect(gained.retraining == nil && !gained.forgetting.isSignificant && finding.forgetting.isSignificant)
    gained.forgetting.forgetting.final = 0.1
    gained.forgetting.forgetting.pairedPValue = 0.05
    #expect(gained.retraining == nil && !gained.forgetting.isSignificant && gained.established.isEmpty)
  }

  @Test func rewindsStandUnderTheirOrder() throws {
    let rewind = Rewind(layers: ["a", "b"], gain: Estimate(0.1, low: 0, high: 0.2))
    let finding = RewindFinding([.fromInput: [rewind]], source: "photos", sourceCount: 10)
    let json = try FindingEncoder.encode(finding)
    #expect(
      json["from the input up"]?.serialized()
        == #"[{"layers":["a","b"],"gain":0.1,"low":0.0,"high":0.2,"cost":null,"costLow":null,"costHigh":null}]"#)
    let read = try FindingDecoder.decode(RewindFinding.self, from: json.serialized())
    #expect(read.parts.map(\.order) == [.fromInput] && read.parts[0].rewinds[0].gain == rewind.gain)
  }

  @Test func probesAreReadBack() throws {
    let finding = ProbeFinding(
      data: "photos", control: ControlDraws([0.1, 0.3]),
      layers: [.init(layer: "a", scores: [0.9, 0.6], penalties: [0.1, 1], drop: Estimate(0.3, low: 0.1, high: 0.4))],
      models: ["x", "y"], trainCount: 10, testCount: 5)
    let json = try FindingEncoder.encode(finding)
    #expect(
      json["layers"]?.serialized()
        == #"[{"layer":"a","accuracy":[0.9,0.6],"penalty":[0.1,1.0],"drop":{"value":0.3,"low":0.1,"high":0.4}}]"#)
    let read = try FindingDecoder.decode(ProbeFinding.self, from: json.serialized())
    #expect(read.layers[0].drop == Estimate(0.3, low: 0.1, high: 0.4) && read.models == ["x", "y"])
    #expect(json["control"] == 0.2 && read.control == finding.control)
  }

  /// Numbers that are no accuracies do not stand under that name.
  @Test func scoresOfProbesStandUnderTheScoresName() throws {
    let finding = ProbeFinding(
      score: Score(name: "mean_iou", unit: .fraction, direction: .up), data: "masks", control: ControlDraws([0.1]),
      layers: [.init(layer: "a", scores: [0.4], penalties: [1])], models: ["x"], trainCount: 10, testCount: 5)
    let json = try FindingEncoder.encode(finding)
    #expect(json["layers"]?.serialized() == #"[{"layer":"a","mean_iou":[0.4],"penalty":[1.0],"drop":null}]"#)
    let read = try FindingDecoder.decode(ProbeFinding.self, from: json.serialized())
    #expect(read.score == finding.score && read.layers[0].scores == [0.4] && read.layers[0].drop == nil)
  }

  @Test func aTextOfVersion01IsNotTakenForAnother() throws {
    let text = try FindingEncoder.encode(finding).serialized()
    #expect(throws: DecodingError.self) { try DiagnosisFinding(version01: text, epoch: 2) }
  }
}
