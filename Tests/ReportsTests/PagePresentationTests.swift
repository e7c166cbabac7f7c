import Findings
import Foundation
import Testing

@testable import Reports

/// What pages and charts look like, where it says something.
@Suite struct PagePresentationTests {
  private func run(_ name: String, penalized: Bool = false) -> RunFinding {
    RunFinding(
      run: "runs/\(name)", sourceTask: "old", targetTask: "new",
      epochs: (0...2).map {
        EpochFinding(
          epoch: $0, source: ScoredTask(0.9 - 0.1 * Double($0)), target: ScoredTask(0.5), targetHeadIsNew: $0 == 0,
          penalty: 0,
          regularizers: penalized && $0 > 0
            ? ["l2-sp", "lwf"].map { RegularizerDose(name: $0, penalty: 1, lossShare: 0.1, gradientRatio: 0.5) } : [])
      },
      drift: WeightDrift(
        layers: [
          LayerDrift(layer: "conv", relative: 0.5), LayerDrift(layer: "zeros", relative: .infinity),
          LayerDrift(layer: "fc [old]", relative: 0.1, task: "old"),
          LayerDrift(layer: "fc [new]", relative: 4, task: "new"),
        ], total: TotalDrift(relative: 0.5)))
  }

  @Test func theDriftChartSpeaksOfLayersThatWereThereBefore() throws {
    let report = RunReport(runs: [run("plain")], title: "t")
    let chart = try #require(report.driftChart())
    #expect(chart.title == "Weights moved most in conv: by 0.500 of their norm")
    #expect(
      chart.rows == ["conv", "zeros", "fc [old]"] && chart.subtitle.hasSuffix("; without heads that were drawn anew"))
    // The table has it, and what was zero before.
    #expect(report.driftTable().rows.map { $0[1] } == ["0.500", "∞", "0.100", "4.00"])
    // A head that goes on from where it was is a layer as any other.
    var kept = run("kept")
    for place in kept.epochs.indices { kept.epochs[place].targetHeadIsNew = false }
    let other = try #require(RunReport(runs: [kept], title: "t").driftChart())
    #expect(other.title.contains("fc [new]: by 4.00") && !other.subtitle.contains("drawn anew"))
  }

  @Test func aRunHasOneColourOnAllChartsOfAPage() throws {
    let report = RunReport(runs: [run("plain"), run("held", penalized: true)], title: "t")
    #expect(report.scoreCharts().map { $0.series.map(\.color) } == [[0, 1], [0, 1]])
    #expect(try #require(report.driftChart()).series.map(\.color) == [0, 1])
    let dose = try #require(report.doseChart())
    #expect(dose.series.map(\.color) == [1, 1])
    // Two lines of one colour are told apart by their dashes.
    let picture = dose.picture(width: 400).elements
    #expect(picture.contains("line s1 d0") && picture.contains("line s1 d1") && !picture.contains("line s0"))
    #expect(RunReport(runs: [run("plain")], title: "t").scoreCharts()[0].series.map(\.color) == [nil, nil])
  }

  @Test func everyShapeOfMarkerHasItsWords() {
    for series in 0..<4 {
      var drawing = Drawing(width: 100)
      drawing.marker(series, 10, 10, hover: "run & epoch")
      #expect(drawing.body.contains("<title>run &amp; epoch</title>"), "\(series): \(drawing.body)")
    }
  }

  @Test func axesBeginWhereTheyAreExpectedTo() {
    // A bar a little below zero does not take a whole step.
    let bars = Axis(bars: [-0.3, 18.1], tickCount: 6)
    #expect(bars.low > -1 && bars.high == 20 && bars.ticks.first == 0)
    let negative = Axis(bars: [-18.1, 0.3], tickCount: 6)
    #expect(negative.low == -20 && negative.high < 1)
    #expect(Axis(bars: [0.2, 0.5], tickCount: 5).low == 0)
    #expect(Axis(bars: [-8, 12], tickCount: 5).low < -8)
    // CKA has its whole range, though whiskers may pass it.
    var chart = BarChart(
      title: "", subtitle: "", valueTitle: "CKA", rows: ["a"], series: [.init(name: "r", values: [.init(0.4)])])
    #expect(!chart.picture(width: 400).elements.contains(">1.0<"))
    chart.extent = 0...1
    #expect(chart.picture(width: 400).elements.contains(">1.0<"))
  }

  @Test func lightMeansChangedInEveryMapOfADiagnosis() {
    let maps = DiagnosisPage(SampleFindings.diagnosis).historyCharts()
    #expect(maps.map(\.valueTitle) == ["drift", "CKA", "points"])
    #expect(maps.map(\.isLightLow) == [false, true, false])
    // Epoch 0 is what did not change: the dark end in all, but where something got better by 0.1 of 11.4 points.
    for (map, share) in zip(maps, [0, 0, 0.1 / 11.4]) {
      let cell = "fill=\"\(HeatMap.color(share))\"><title>stem.conv, 0:"
      #expect(map.picture(width: 400).elements.contains(cell), "\(map.valueTitle)")
    }
  }

  @Test func theProbeMapShowsWhatIsBetterThanBefore() throws {
    var finding = SampleFindings.diagnosis
    finding.epochs[1].probeDrop[0] = -0.021
    let map = try #require(DiagnosisPage(finding).historyCharts().last)
    #expect(abs(map.values[0][1] + 2.1) < 1e-9 && abs(map.limits.lowerBound + 2.1) < 1e-9)
    #expect(map.picture(width: 400).elements.contains("−2.10<"))
  }

  @Test func labelsOfManyLayersDoNotCoverEachOther() {
    let names = (0..<67).map { "layer\($0 / 10).\($0 % 10).conv" }
    let map = HeatMap(
      title: "", subtitle: "", rowTitle: "before", columnTitle: "after", rows: names, columns: names,
      values: names.map { _ in names.map { _ in 0.5 } })
    let picture = map.picture(width: 700)
    // Slanted names are 9 px high and stand at least as far apart, across their direction.
    let places = picture.elements.matches(of: #/<text x="([\d.]+)"[^>]*rotate\(-45/#).compactMap { Double($0.1) }
    let gaps = zip(places, places.dropFirst()).map { ($1 - $0) * 0.707 }
    #expect(places.count > 20 && gaps.allSatisfy { $0 >= 9 }, "\(gaps)")
  }

  @Test func aChartOfManyLayersShowsThoseThatMatter() {
    let values: [BarChart.Value?] = (0..<161).map { .init(Double(($0 * 37) % 161)) }
    let chart = BarChart(
      title: "", subtitle: "how", valueTitle: "drift", rows: (0..<161).map { "l\($0)" },
      series: [.init(name: "r", values: values)]
    ).folded("layers that moved most") { $0.max() }
    #expect(chart.rows.count == 40 && chart.subtitle == "how; the 40 of 161 layers that moved most")
    #expect(chart.series[0].values.allSatisfy { ($0?.value ?? 0) > 120 })
    // In the network's order.
    let order = chart.rows.compactMap { Int($0.dropFirst()) }
    #expect(order == order.sorted())
  }

  @Test func pointsAreOnlyWhatIsCountedInPoints() {
    let rows = DiagnosisPage(SampleFindings.diagnosis).measureTable().rows
    func value(_ name: String) -> String? { rows.first { $0[0].hasPrefix(name) }?[1] }
    #expect(value("final") == "27.2 points" && value("its 95 % interval") == "25.5 to 28.9 points")
    #expect(value("McNemar") == "p < 0.001" && value("went wrong") == "1,432 examples")
    #expect(value("always naming") == "10.0 %" && value("relative") == "33.5 %")
  }

  @Test func sectionsHaveAnchorsAndPagesLinks() {
    let page = DiagnosisPage(SampleFindings.diagnosis).html(links: [
      PageLink("report of a & b", path: "a b/report.html")
    ])
    #expect(page.contains("<section id=\"which-classes\">") && page.contains("<a href=\"#which-classes\">"))
    #expect(page.contains("<a href=\"a%20b/report.html\">report of a &amp; b</a>"))
    // What stands above the remedies changes; where they stand does not.
    #expect(page.contains("<section id=\"remedies\">"))
    let twice = PageSection.distinct([PageSection("One", ""), PageSection("one", "")])
    #expect(twice.map(\.anchor) == ["one", "one-2"])
  }

  @Test func theVerdictStandsBesideTheLayersName() {
    let page = DiagnosisPage(SampleFindings.diagnosis)
    #expect(page.layerTable(verdictFirst: true).columns.map(\.title).prefix(2) == ["layer", "verdict"])
    #expect(page.layerTable().columns.last?.title == "verdict")
    #expect(
      page.layerTable(verdictFirst: true).rows[2].prefix(2) == ["stages.1.blocks.11.attention.projection", "lost here"])
  }

  @Test func aReportHasItsNumbersWithin() throws {
    let report = RunReport(runs: [run("plain")], title: "t")
    let page = report.html()
    for (name, content) in report.csvs() {
      let link = try #require(
        page.firstMatch(of: try Regex("<a download=\"\(name)\" href=\"data:text/csv;charset=utf-8,([^\"]*)\"")))
      #expect(link.output[1].substring.flatMap { String($0).removingPercentEncoding } == content, "\(name)")
    }
  }

  @Test func whatIsFoldedOnPaperTooIsTheConfiguration() {
    var one = run("plain")
    one.configuration = [.init("lr", "0.1")]
    let page = RunReport(runs: [one], title: "t").html()
    #expect(page.contains("<details class=\"folded\"><summary>Configuration of plain</summary>"))
    #expect(page.contains("<details><summary>Every epoch of plain</summary>"))
  }

  @Test func theScoreIsCalledByItsName() {
    var one = run("plain")
    let score = Score(name: "kappa", unit: .fraction, direction: .up)
    for place in one.epochs.indices {
      one.epochs[place].source?.score = score
      one.epochs[place].target?.score = score
    }
    let report = RunReport(runs: [one], title: "t")
    #expect(
      report.scoreCharts()[0].valueTitle == "kappa (%)" && report.scoreCharts()[0].title.hasPrefix("Source kappa")
    )
    #expect(!report.html().replacing("_accuracy", with: "").contains("ccuracy"))
  }
}
