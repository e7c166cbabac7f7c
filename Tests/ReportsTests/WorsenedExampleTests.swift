import Findings
import Testing

@testable import Reports

/// The worst examples of tasks whose examples are no answers, in a line and on the page.
@Suite struct WorsenedExampleTests {
  private func page(_ change: ExampleChange, picture: Picture? = nil) -> DiagnosisPage {
    var finding = SampleFindings.bareDiagnosis
    finding.worsened = [
      WorsenedExample(index: 17, lossBefore: 0.204, lossAfter: 2.31, change: change, picture: picture)
    ]
    return DiagnosisPage(finding)
  }

  @Test func aLineNamesWhatGotWorst() {
    // ln 0.9 − ln 0.01 = 4.5, ln 0.3 − ln 0.06 = 1.6, ln 0.41 − ln 0.2 = 0.72; what stayed is not named.
    #expect(
      SampleFindings.textChange.words == "“?⏎” 90.0 % → 1.0 %, “ I” 30.0 % → 6.0 %, “ <you>” 41.0 % → 20.0 %")
    // York came right.
    #expect(SampleFindings.tagChange.words == "“Ada” B-PER → O")
    // Of three pixels that count all were right, two are.
    #expect(SampleFindings.maskChange.words == "pixels right 100.0 % → 66.7 %")
    #expect(
      SampleFindings.valueChange.words == "dog 95.0 % → 12.0 % (is there), cat & co 10.0 % → 30.0 % (is not there)")
    // 0.42 to 0.08 where it is there is worse, what came nearer to the truth is not named.
    let (worse, better) = (
      ValueChange(name: "old", right: 1, before: 0.42, after: 0.08, isProbability: true),
      ValueChange(name: "red", right: 0, before: 0.05, after: 0.03, isProbability: true)
    )
    #expect(ExampleChange(values: [better, worse]).words == "old 42.0 % → 8.0 % (is there)")
    let token = TokenChange(text: "33 ", probabilityBefore: 0.5, probabilityAfter: 0.25)
    #expect(ExampleChange(tokens: [token]).words == "“33” 50.0 % → 25.0 %")
    let number = ValueChange(name: "age", right: 31, before: 30, after: 44, isProbability: false)
    #expect(ExampleChange(values: [number]).words == "age 30.0 → 44.0 (right 31.0)")
    #expect(ExampleChange().words.isEmpty)
  }

  @Test func theTableHasTheWorstAndTheirLoss() throws {
    let table = try #require(page(SampleFindings.tagChange).worsenedTable())
    #expect(table.rows == [["17", "0.204 → 2.310", "“Ada” B-PER → O"]])
    #expect(DiagnosisPage(SampleFindings.bareDiagnosis).worsenedTable() == nil)
  }

  @Test func tokensAreMarkedByHowFarTheyFell() {
    let html = page(SampleFindings.textChange).html()
    #expect(html.contains("<span class=\"given\">Who</span> are<mark class=\"fell1\""))
    #expect(html.contains("<mark class=\"fell1\" title=\"41.0 % → 20.0 %\"> &lt;you&gt;</mark>"))
    #expect(html.contains("<mark class=\"fell3\" title=\"90.0 % → 1.0 %\">?\n</mark>"))
    #expect(html.contains("<mark class=\"fell2\" title=\"30.0 % → 6.0 %\"> I</mark>"))
  }

  @Test func classesThatChangedStandBelowTheirToken() {
    let html = page(SampleFindings.tagChange).html()
    #expect(html.contains("<ruby><mark class=\"fell2\">Ada</mark><rt>B-PER → O</rt></ruby> in"))
    #expect(html.contains("<ruby><span> York</span><rt>O → B-LOC</rt></ruby><span class=\"given\"> ##</span>"))
  }

  @Test func masksStandBesideTheImage() {
    let picture = Picture(planes: [0, 50, 100, 200], channels: 1, height: 2, width: 2)
    let html = page(SampleFindings.maskChange, picture: picture).html()
    for name in ["image", "right", "before", "now"] {
      #expect(html.contains("alt=\"test example 17, \(name)\""))
      #expect(html.contains("<figcaption>\(name)</figcaption>"))
    }
    #expect(html.contains("<i style=\"background:rgb(120,120,120)\"></i>sky"))
    #expect(html.contains("<i style=\"background:rgb(0,114,178)\"></i>&lt;road&gt;"))
    // Where nothing counts it is white, in the right mask alone.
    let right = SampleFindings.maskChange.masks.flatMap { $0.picture(of: $0.right) }
    #expect(right?.pixels == [120, 120, 120, 0, 114, 178, 0, 114, 178, 255, 255, 255])
  }

  @Test func aPageWithoutThemHasNoStylesForThem() {
    #expect(!DiagnosisPage(SampleFindings.bareDiagnosis).html().contains(".reading"))
  }
}

/// Probes of tasks that are judged by another score than accuracy.
@Suite struct ProbeScoreTests {
  @Test func numbersAreNoPercentagesAndTheLeastErrorIsBest() {
    let finding = ProbeFinding(
      score: Score(name: "rmse", unit: .number, direction: .down), data: "ages", control: ControlDraws([8, 10]),
      layers: [
        .init(layer: "conv", scores: [4.5, 6], penalties: [1, 1], drop: Estimate(1.5, low: 1, high: 2)),
        .init(layer: "dense", scores: [2.25, 2.5], penalties: [1, 1], drop: Estimate(0.25, low: -0.1, high: 0.6)),
      ], models: ["a", "b"], trainCount: 100, testCount: 100)
    #expect(
      finding.table().rows == [
        ["conv", "4.50", "6.00", "1.50", "1.00 to 2.00"], ["dense", "2.25", "2.50", "0.250", "−0.100 to 0.600"],
      ])
    #expect(finding.controlWords == "control, fitted to permuted labels: 9.00 (8.00 to 10.0 in 2 draws)")
    #expect(finding.chart().title == "A probe of conv lost most: 1.50")
    var alone = finding
    alone.models = ["a"]
    #expect(alone.chart().title == "dense says most: 2.25 root mean squared error")
  }
}
