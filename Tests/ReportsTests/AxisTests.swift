import Testing

@testable import Reports

@Suite struct AxisTests {
  private func lines(_ values: [Double], limits: ClosedRange<Double>? = 0...100) -> LineChart {
    LineChart(
      title: "t", subtitle: "s", valueTitle: "accuracy (%)", limits: limits,
      series: [.init(name: "run", points: values.enumerated().map { .init(epoch: $0, value: $1) })])
  }

  @Test func accuraciesFarApartAreDrawnFromNothingToAll() {
    let svg = lines([90, 60]).svg()
    #expect(svg.contains(">0<") && svg.contains(">100<") && svg.contains(">accuracy (%)<"))
  }

  @Test func aZoomedAxisSaysWhereItBegins() {
    let svg = lines([90.5, 93]).svg()
    #expect(!svg.contains(">100<") && svg.contains(">accuracy (%), axis from 90.5<"), "\(svg)")
    // What begins at the bottom anyway, and what has none, says nothing.
    #expect(lines([0, 9]).svg().contains(">accuracy (%)<"))
    #expect(lines([90.5, 93], limits: nil).svg().contains(">accuracy (%)<"))
  }

  @Test func bothAxesOfAFrontierSayWhereTheyBegin() {
    let chart = FrontierChart(
      title: "t", subtitle: "s", xTitle: "source (%)", yTitle: "target (%)",
      points: [.init(name: "a", x: 60, y: 0), .init(name: "b", x: 90, y: 80)])
    let svg = chart.svg()
    #expect(svg.contains(">source (%), axis from 60<") && svg.contains(">target (%)<"), "\(svg)")
  }

  @Test func aLongTitleOfAnAxisGoesOverSeveralLines() {
    let long = "accuracy on the source, a data set with a name that is long enough for two lines (%)"
    let chart = FrontierChart(
      title: "t", subtitle: "s", xTitle: long, yTitle: long, points: [.init(name: "a", x: 60, y: 70)])
    let (wide, narrow) = (chart.picture(width: 900), chart.picture(width: 340))
    #expect(wide.elements.components(separatedBy: "accuracy on the source").count == 3)
    #expect(!narrow.elements.contains(long) && narrow.elements.contains("axis from"))
  }

  @Test func everyWayHasItsNameWhereTheyStandClose() {
    let points: [FrontierChart.Point] = (0..<6).map { index in
      .init(name: "way \(index)", x: 60 + 0.2 * Double(index), y: 70, xInterval: 40...80, yInterval: 50...90)
    }
    let svg = FrontierChart(title: "t", subtitle: "", xTitle: "x", yTitle: "y", points: points).svg()
    for point in points { #expect(svg.contains(">\(point.name)</text>"), "\(point.name)") }
  }

  @Test func noNameStandsOnTheFrontier() throws {
    // The line falls to the middle one, and straight down from it.
    let points: [FrontierChart.Point] = [("none", 74.0, 89.6), ("middle", 80, 87.4), ("last", 80, 81.2)].map {
      .init(name: $0.0, x: $0.1, y: $0.2, isOnFrontier: true)
    }
    let svg = FrontierChart(title: "t", subtitle: "", xTitle: "x", yTitle: "y", points: points).svg()
    let label = try #require(svg.firstMatch(of: /<text x="(?<x>[0-9.]+)" y="(?<y>[0-9.]+)" class="label"[^>]*>middle</))
    let path = try #require(svg.firstMatch(of: /M(?<x0>[0-9.]+)[ ,](?<y0>[0-9.]+) ?L(?<x1>[0-9.]+)[ ,](?<y1>[0-9.]+)/))
    func number(_ text: Substring) throws -> Double { try #require(Double(text)) }
    let (left, base) = (try number(label.output.x), try number(label.output.y))
    let (x0, y0, x1, y1) = (
      try number(path.output.x0), try number(path.output.y0), try number(path.output.x1), try number(path.output.y1)
    )
    for x in stride(from: max(left, x0), through: min(left + 40, x1), by: 1) {
      let y = y0 + (x - x0) / (x1 - x0) * (y1 - y0)
      #expect(!(base - 11...base + 3).contains(y), "at \(x)")
    }
  }
}
