import Findings
import Metrics
import Testing

@testable import Reports

@Suite struct DiagnosisPageTests {
  /// Some of 5,000 examples lost, the rest judged on so many.
  private func page(
    lost: Int = 900, gained: Int = 100, judged: Int = 5000, score: Score = .accuracy,
    remedy: Estimate = Estimate(0.1, low: 0.05, high: 0.2), cost: Estimate = .unmeasured
  ) -> DiagnosisPage {
    let change = PairedComparison(count: 5000, lost: lost, gained: gained)
    let loss = -change.difference
    let amount = ForgottenAmount(
      Forgetting(
        score: score, epoch: 2, before: 0.9, after: 0.9 - loss, final: loss, low: loss - 0.01, high: loss + 0.01,
        pairedPValue: change.pValue, lost: lost, gained: gained, sourceCount: change.count))
    return DiagnosisPage(
      DiagnosisFinding(
        sourceTask: "photos", forgetting: amount, measuredOn: JudgedCounts(source: judged),
        causes: [ForgettingCause(.features, loss: Estimate(0.15, low: 0.1, high: 0.2))],
        layers: [
          DiagnosedLayer(
            layer: "conv", drift: 1, similarity: Estimate(0.5), gain: Estimate(0.1, low: 0.05, high: 0.15),
            cost: Estimate(0.02, low: 0.01, high: 0.03))
        ],
        examples: [
          ChangedExample(
            index: 1, label: "cat", before: "cat", after: "dog", confidenceBefore: 0.9, confidenceAfter: 0.2)
        ],
        remedies: [
          Remedy(
            kind: .head, action: "refit the source head", command: "lethe <x>", gain: remedy, cost: cost)
        ]))
  }

  @Test func fewerExamplesAreSpokenOfOnlyWhereTheyAreFewer() {
    let fewer = page(judged: 2000)
    let sentence = "Causes and layers are measured on 2,000 of the 5,000 test examples."
    #expect(fewer.countNote == sentence && fewer.html().contains(sentence))
    #expect(fewer.waterfallChart().subtitle.contains("over 2,000 examples"))
    #expect(fewer.html().contains("that changed of the 2,000 looked at are in"))
    let all = page()
    #expect(all.countNote == nil && !all.html().contains("are measured on") && !all.html().contains("looked at"))
  }

  @Test func aLossIsSpokenOfOnlyWhereItIsMoreThanChance() {
    #expect(page().verdict.hasPrefix("Fine-tuning lost 16.0 points of photos (90.0 → 74.0 %, interval 15.0 to 17.0"))
    #expect(page(lost: 11, gained: 10).verdict.contains("no more of photos than chance explains"))
    #expect(page(lost: 10, gained: 900).verdict.contains("lost nothing of photos: it gained 17.8 points"))
  }

  @Test func agreementIsNamed() {
    let proxy = page(score: .agreement)
    #expect(proxy.verdict.contains("agreement with the original model on photos"))
    #expect(proxy.proxyNote != nil && page().proxyNote == nil)
    #expect(proxy.waterfallChart().subtitle.contains("points of agreement"))
  }

  /// Lost, established on the half that did not choose it, and worth its cost.
  @Test func aRemedyIsProposedOnlyWhereItIsEstablished() {
    let established = page()
    #expect(established.remedyTitle == "What helps" && established.remedyNote == nil)
    #expect(established.html().contains("To write what number 1 gives:"))
    let pages: [(page: DiagnosisPage, advice: String)] = [
      // its interval holds 0
      (page(remedy: Estimate(0.1, low: 0, high: 0.2)), "Nothing that was tried is established to help."),
      // costs more than it brings
      (
        page(remedy: Estimate(0.33, low: 0.2, high: 0.4), cost: Estimate(0.46, low: 0.4, high: 0.5)),
        "Nothing that was tried is worth its cost: refit the source head regains 33.0 points and costs 46.0 of the target."
      ),
      (
        page(remedy: Estimate(0.33, low: 0.2, high: 0.4), cost: Estimate(0.46, low: -0.1, high: 1)),
        "Nothing that was tried is worth its cost: refit the source head regains 33.0 points and costs 46.0 of the target, "
          + "which is not established (−10.0 to 100.0)."
      ),
    ]
    for (page, advice) in pages {
      #expect(page.remedyTitle == "What was tried" && page.advice == advice && page.remedyNote == advice)
      #expect(!page.html().contains("To write what number") && !page.html().contains("What helps"))
    }
    // Where nothing was lost there is nothing to help.
    let kept = page(lost: 11, gained: 10)
    #expect(kept.advice == nil && kept.remedyNote == nil && kept.remedyTitle == "What was tried")
    #expect(!kept.html().contains("To write what number"))
  }

  @Test func theFindingIsOnThePage() {
    let html = page().html()
    for words in ["Largest part: lost features", "Restoring conv alone", "lethe &lt;x&gt;", "lost here"] {
      #expect(html.contains(words), "\(words)")
    }
    #expect(page().why == "lost features 15.0")
    #expect(page().place == "restoring conv alone regains 10.0 points and costs 2.0 of the target")
    #expect(page().advice == "What helps most: refit the source head, 10.0 points regained.")
    #expect(page().exampleFile().contains("1,cat,cat,dog,0.9,0.2"))
  }

  @Test func tooLittleIsOneSentence() {
    var finding = page().finding
    finding.forgetting.forgetting.sourceCount = 12
    let few = DiagnosisPage(finding)
    #expect(
      few.verdict
        == "12 source examples are too few to say whether anything of photos was lost: 50 or more are needed.")
    finding.forgetting.forgetting.sourceCount = 5000
    finding.forgetting.forgetting.before = 0.104
    finding.forgetting.forgetting.chance = 0.1
    let unknown = DiagnosisPage(finding)
    #expect(
      unknown.verdict
        == "Photos was not known before, so that none of it could be lost: the model was right on 10.4 % of 5,000 "
        + "examples, always naming the commonest class is on 10.0 %.")
    for page in [few, unknown] {
      let html = page.html()
      for words in ["conv", "<table", "What helps", "points", "<svg"] { #expect(!html.contains(words), "\(words)") }
      #expect(page.countNote == nil && page.place == nil && page.advice == nil)
    }
  }

  @Test func onlyEstablishedPartsAreCauses() {
    var finding = page().finding
    finding.causes = [
      ForgettingCause(.statistics, loss: Estimate(0.355, low: 0.34, high: 0.37)),
      ForgettingCause(.readout, loss: Estimate(0.002, low: -0.01, high: 0.01)),
      ForgettingCause(.features, loss: Estimate(-0.11, low: -0.12, high: -0.1)),
    ]
    let gained = DiagnosisPage(finding)
    #expect(gained.why == "running statistics 35.5 · features better by 11.0")
    #expect(gained.html().contains("Largest part: running statistics, 35.5 points"))
    #expect(!gained.html().contains("no head gets this back"))
    #expect(!gained.html().contains("a head fitted anew on source"))
    let gain = finding.causes[2]
    finding.causes = [finding.causes[1]]
    #expect(DiagnosisPage(finding).waterfallChart().title == "No cause is established")
    var better = finding
    better.causes.append(gain)
    let chart = DiagnosisPage(better).waterfallChart()
    #expect(chart.title == "Features better by 11.0 points" && chart.rows == ["readout misaligned", "features"])
    #expect(DiagnosisPage(finding).why == "no cause is established")
    let kept = page(lost: 11, gained: 10).finding
    finding.forgetting = kept.forgetting
    #expect(DiagnosisPage(finding).why == nil)
  }

  @Test func whereItWasLostIsWhatIsEstablished() {
    func place(_ gain: Estimate, cost: Estimate = .unmeasured, isInSet: Bool = false) -> DiagnosisPage {
      let finding = page().finding
      return DiagnosisPage(
        DiagnosisFinding(
          sourceTask: "photos", forgetting: finding.forgetting, measuredOn: finding.measuredOn,
          layers: ["conv1", "conv2"].map {
            DiagnosedLayer(
              layer: $0, drift: 1, similarity: .unmeasured, gain: gain, cost: cost, isInSmallestSet: isInSet)
          }))
    }
    let gain = Estimate(0.1, low: 0.05, high: 0.15)
    #expect(place(gain).place == "restoring conv1 alone regains 10.0 points")
    // A cost below 0 is a gain, and what may be 0 is neither.
    #expect(
      place(gain, cost: Estimate(-0.52, low: -0.6, high: -0.4)).place
        == "restoring conv1 alone regains 10.0 points and gains 52.0 of the target")
    #expect(
      place(gain, cost: Estimate(0.02, low: -0.01, high: 0.05)).place == "restoring conv1 alone regains 10.0 points")
    #expect(place(Estimate(0.1, low: -0.05, high: 0.25)).place == "no layer alone is established to regain what counts")
    #expect(
      place(Estimate(0, low: -0.01, high: 0.01), isInSet: true).place
        == "no layer alone is established to regain what counts; conv1, conv2 together do")
    let exceeding = place(Estimate(0.5, low: 0.4, high: 0.6))
    #expect(
      exceeding.exceedingNote
        == "Restoring conv1, conv2 brings more than was lost: that is not forgetting alone.")
    #expect(place(gain).exceedingNote == nil && place(gain).baselineNote == nil)
  }

  @Test func whatTheStatisticsCostIsLaidToNoLayer() {
    func page(_ loss: Estimate, p: Double) -> DiagnosisPage {
      let whole = self.page().finding
      return DiagnosisPage(
        DiagnosisFinding(
          sourceTask: "photos", forgetting: whole.forgetting, measuredOn: whole.measuredOn,
          baseline: LayerBaseline(restoresStatistics: true, loss: loss, pairedPValue: p), layers: whole.layers))
    }
    let all = page(Estimate(0.001, low: -0.01, high: 0.02), p: 0.8)
    #expect(all.place == nil && all.finding.layers[0].verdict == .exceeds)
    let held = "besides them no loss is established, and no layer is held to account."
    #expect(all.baselineNote?.hasSuffix(held) == true)
    let some = page(Estimate(0.12, low: 0.1, high: 0.14), p: 1e-9)
    #expect(some.baselineNote?.hasSuffix("12.0 points are lost besides.") == true && some.place != nil)
    #expect(some.html().contains("12.0 points are lost besides."))
  }

  @Test func classesThatWereNotJudgedAreNamed() {
    var finding = page().finding
    finding.classes = ["cat", "dog"].map {
      ClassChange($0, before: .nan, after: .nan, PairedComparison(count: $0 == "cat" ? 0 : 5, lost: 0, gained: 0))
    }
    #expect(
      DiagnosisPage(finding).classNote
        == "1 of 2 classes (cat) has no examples here: what was lost of it is not seen.")
    #expect(page().classNote == nil)
  }

  @Test func rewindsAndProbesAreTabulated() {
    let rewinds = RewindFinding(
      [.alone: [Rewind(layers: ["conv"], gain: Estimate(0.1, low: -0.02, high: 0.2))]], source: "photos",
      sourceCount: 10)
    #expect(rewinds.table(.alone).rows == [["conv", "10.0", "−2.0 to 20.0", "–"]])
    #expect(rewinds.chart(.alone).title == "No rewinding is established to regain anything")
    var probes = ProbeFinding(
      data: "photos", control: ControlDraws([0.2]),
      layers: [
        .init(layer: "a", scores: [0.9, 0.6], penalties: [1, 1], drop: Estimate(0.3, low: 0.1, high: 0.4))
      ],
      models: ["x", "y"], trainCount: 10, testCount: 5)
    #expect(probes.table().rows == [["a", "90.0 %", "60.0 %", "30.0", "10.0 to 40.0"]])
    #expect(probes.chart().title == "A probe of a lost most: 30.0 points")
    probes.layers[0].drop = Estimate(0.3, low: 0, high: 0.4)
    #expect(probes.chart().title == "No probe lost more than chance explains; that of a is worse by 30.0 points")
    probes.models = ["x"]
    probes.layers[0].scores = [0.9]
    #expect(probes.table().rows == [["a", "90.0 %"]])
    #expect(probes.chart().title == "a tells the classes apart best: 90.0 %")
  }

  @Test func aRankCorrelationIsOverTheLayersThatWereMeasured() {
    var finding = page().finding
    let places: [Double] = [1, 2, 3, 4, 5, 6]
    finding.layers = places.map { (place: Double) -> DiagnosedLayer in
      let probeDrop: Estimate = place == 2 ? .unmeasured : Estimate(place)
      return DiagnosedLayer(
        layer: "layer\(place)", drift: place, similarity: Estimate(1 / place), probeDrop: probeDrop,
        gain: Estimate(place / 10))
    }
    finding.correlations = LayerCorrelations(of: finding.layers)
    let html = DiagnosisPage(finding).html()
    let (six, five) = (NumberText.correlation(1, count: 6), NumberText.correlation(1, count: 5))
    #expect(
      html.contains(
        "over 6 layers, with its 95\u{a0}% interval: drift \(six), 1 − CKA \(six), probe drop \(five) over 5 of them."))
  }
}
