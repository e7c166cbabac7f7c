import Findings
import Reports
import Testing

/// Each kind of chart alone, as a file: small, with what it can draw.
@Suite struct ChartSnapshotTests {
  @Test func linesHaveBandsAndNamesAtTheirEnds() {
    let chart = LineChart(
      title: "The source fell & <recovered>", subtitle: "band: 95 % Wilson interval", valueTitle: "accuracy (%)",
      limits: 0...100,
      series: [
        .init(
          name: "source",
          points: [(91, 90, 92), (70, 68.5, 71.4), (.nan, .nan, .nan), (88, 87, 89)].enumerated().map {
            .init(epoch: $0, value: $1.0, low: $1.1, high: $1.2)
          }),
        .init(name: "target", points: [2, 80, 85, 88].enumerated().map { .init(epoch: $0, value: $1) }),
      ])
    expectSnapshot(chart.svg(width: 400), "chart-lines.svg")
    #expect(
      chart.words == "accuracy (%). source: from 91.0 at epoch 0 to 88.0 at epoch 3, lowest 70.0 at epoch 1; "
        + "target: from 2.0 at epoch 0 to 88.0 at epoch 3.")
    // For programs without variables of style sheets: the light colours, and nothing else changed.
    let plain = PlainSVG.text(of: chart.svg(width: 400))
    #expect(!plain.contains("var(--") && plain.contains("fill:#0072b2") && plain.contains("fill:#fff"))
    #expect(plain.contains("fill-opacity:.16") && plain.contains("</svg>"))
  }

  /// Markers would hide a line of many points; its places have values all the same.
  @Test func manyPointsHavePlacesForThePointer() {
    let points = (0..<60).map { LineChart.Point(epoch: $0, value: Double($0)) }
    let chart = LineChart(title: "t", subtitle: "s", valueTitle: "v", series: [.init(name: "a", points: points)])
    let svg = chart.svg()
    #expect(svg.matches(of: /class="hit"/).count == 59 && svg.contains("<title>a, epoch 7: 7.0</title>"))
  }

  @Test func linesOverNamedCountsHaveTheirRepetitionsAsDots() {
    var chart = LineChart(
      title: "Long names go into a legend", subtitle: "means over 3 seeds", valueTitle: "points",
      series: [
        .init(
          name: "a name far too long to stand at the end of its line",
          points: [
            .init(epoch: 0, value: 0), .init(epoch: 1, value: -1.25, low: -2, high: -0.5, singles: [-1, -1.5, -1.25]),
          ]),
        .init(name: "another", points: [.init(epoch: 1, value: -0.01)]),
      ])
    chart.countTitle = "blocks copied"
    chart.countNames = ["none", "stem"]
    expectSnapshot(chart.svg(width: 300), "chart-lines-named.svg")
  }

  @Test func barsHaveWhiskersDaggersAndGaps() {
    let chart = BarChart(
      title: "Bars", subtitle: "† features within noise", valueTitle: "CKA", rows: SampleFindings.layers,
      series: [
        .init(
          name: "plain",
          values: [
            .init(0.9, low: 0.85, high: 0.93), .init(-0.2, low: -0.3, high: -0.1), .init(.nan, isDoubtful: true), nil,
          ]),
        .init(name: "held <back>", values: [.init(-0.001), .init(0.5), nil, .init(1, isDoubtful: true)]),
      ])
    expectSnapshot(chart.svg(width: 400), "chart-bars.svg")
  }

  @Test func aSmallHeatMapHasItsNumbers() {
    let chart = HeatMap(
      title: "Small", subtitle: "numbers in the cells", rowTitle: "before", columnTitle: "after",
      rows: ["stem.conv", "norm & <fc>"], columns: ["stem.conv", "x"], values: [[1, 0.4], [-0.001, .nan]])
    expectSnapshot(chart.svg(width: 300), "chart-heat-map.svg")
  }

  @Test func aLargeHeatMapIsColoursAlone() {
    let columns = (0..<26).map { "stages.\($0).convolution" }
    var chart = HeatMap(
      title: "Large", subtitle: "wider than was asked for", rowTitle: "layer", columnTitle: "layer",
      valueTitle: "drift",
      rows: ["first", "second"], columns: columns,
      values: [columns.indices.map { Double($0) / 50 }, columns.indices.map { $0 == 3 ? .nan : 0.5 - Double($0) / 50 }])
    chart.limits = 0...0.4
    expectSnapshot(chart.svg(width: 240), "chart-heat-map-large.svg")
  }

  @Test func aFrontierGoesThroughItsPoints() {
    let chart = FrontierChart(
      title: "Frontier", subtitle: "line: the frontier", xTitle: "source (%)", yTitle: "target (%)",
      points: [
        .init(name: "none", x: 64, y: 90.7, xInterval: 62...66, yInterval: 90...91.3, isOnFrontier: true),
        .init(name: "l2-sp & <lwf>", x: 87, y: 89.7, isOnFrontier: true, isMarked: true),
        .init(name: "strong", x: 91, y: 85.7, isOnFrontier: true), .init(name: "worse", x: 70, y: 85.4),
        .init(name: "not trained", x: .nan, y: 80),
      ])
    expectSnapshot(chart.svg(width: 360), "chart-frontier.svg")
  }

  @Test func aChoiceMapHasACellForWhatWins() {
    let chart = ChoiceMap(
      title: "Choices", subtitle: "the cheapest way", rows: ["photos", "sketches & <lines>"], columns: ["5", "all"],
      columnTitle: "examples a class", choices: ["head alone", "fine-tuning"],
      cells: [
        [
          .init(choice: 0, text: "80.0 %", hover: "head alone: 80.0 %"),
          .init(choice: 1, text: "91.0 % ± 0.4", hover: ""),
        ],
        [nil, .init(choice: 1, text: "–", hover: "a & <b>")],
      ])
    expectSnapshot(chart.svg(width: 320), "chart-choices.svg")
  }

  @Test func aChartWithoutNumbersSaysSo() {
    let chart = LineChart(title: "Nothing", subtitle: "", valueTitle: "points", series: [.init(name: "a", points: [])])
    expectSnapshot(chart.svg(width: 300), "chart-empty.svg")
  }
}
