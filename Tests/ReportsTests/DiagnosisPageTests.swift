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
    let pages = [
      page(remedy: Estimate(0.1, low: 0, high: 0.2)),  // its interval holds 0
      page(remedy: Estimate(0.33, low: 0.2, high: 0.4), cost: Estimate(0.46, low: 0.4, high: 0.5)),  // costs more than it brings
    ]
    for page in pages {
      #expect(page.remedyTitle == "What was tried" && page.advice == "Nothing that was tried is established to help.")
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
    #expect(probes.chart().title == "No probe lost more than chance explains; that of a changed by −30.0 points")
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
