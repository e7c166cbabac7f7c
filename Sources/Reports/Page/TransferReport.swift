/// The report of a transfer experiment: how far up a network can be reused. Accuracies are fractions.
public struct TransferReport: Sendable {
  /// One treatment at one cut: the mean over the seeds, with its interval where there are several.
  public struct Point: Sendable {
    public var copied: Int
    public var values: [Double]
    public var mean: Double
    public var low: Double
    public var high: Double

    public init(copied: Int, values: [Double], mean: Double, low: Double = .nan, high: Double = .nan) {
      self.copied = copied
      self.values = values
      self.mean = mean
      self.low = low
      self.high = high
    }
  }

  public struct Curve: Sendable {
    /// `AnB+`.
    public var name: String
    public var points: [Point]

    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  public var title: String
  public var target: String
  /// The target's own network, with nothing copied.
  public var base: Point
  /// The last copied block of each cut, from one block on.
  public var cuts: [String]
  public var curves: [Curve]
  /// Accuracies of linear probes of the base network at each cut; empty where there are none.
  public var probes: [Double] = []
  /// The probes' rank correlation with the frozen copies' curve.
  public var probeCorrelation = Double.nan
  /// What to do, in a sentence, and the command that does it.
  public var recommendation: String
  public var command: String?
  /// How it was made.
  public var protocolText: String

  public init(
    title: String, target: String, base: Point, cuts: [String], curves: [Curve], recommendation: String,
    command: String? = nil, protocolText: String
  ) {
    self.title = title
    self.target = target
    self.base = base
    self.cuts = cuts
    self.curves = curves
    self.recommendation = recommendation
    self.command = command
    self.protocolText = protocolText
  }

  private func curve(_ name: String) -> Curve? { curves.first { $0.name == name } }

  /// What the curves show of the paper's three effects, where they are larger than a point and beyond the intervals.
  public var findings: [String] {
    var found: [String] = []
    func isBelow(_ point: Point, _ other: Point) -> Bool {
      other.mean - point.mean > 0.01 && !(point.high >= other.mean) && !(other.low <= point.mean)
    }
    if let dip = curve("BnB")?.points.min(by: { $0.mean < $1.mean }), isBelow(dip, base) {
      found.append(
        "Cutting after \(name(dip)) breaks fragile co-adaptation: BnB falls by "
          + "\(NumberText.points(base.mean - dip.mean)) points.")
    }
    if let last = curve("AnB")?.points.last, isBelow(last, base) {
      found.append(
        "Frozen layers up to \(name(last)) are specific to what they were trained on: AnB falls by "
          + "\(NumberText.points(base.mean - last.mean)) points.")
    }
    if let best = curve("AnB+")?.points.max(by: { $0.mean < $1.mean }), isBelow(base, best) {
      found.append(
        "Copied layers that are trained on help: AnB+ gains \(NumberText.points(best.mean - base.mean)) points at "
          + "\(name(best)).")
    }
    return found
  }

  private func name(_ point: Point) -> String {
    cuts.indices.contains(point.copied - 1) ? cuts[point.copied - 1] : "\(point.copied)"
  }

  /// The paper's figure 2 for this network: accuracy by how many blocks are copied, the target's own network at 0.
  public func chart() -> LineChart {
    func percent(_ point: Point) -> LineChart.Point {
      .init(epoch: point.copied, value: 100 * point.mean, low: 100 * point.low, high: 100 * point.high)
    }
    let start = Point(copied: 0, values: base.values, mean: base.mean, low: base.low, high: base.high)
    var chart = LineChart(
      title: findings.first ?? "Copied layers do as well as the target's own, wherever the network is cut",
      subtitle: "accuracy on \(target), \(protocolText)", valueTitle: "accuracy (%)", decimals: 1,
      series: curves.map { curve in
        LineChart.Series(name: curve.name, points: ([start] + curve.points).map(percent))
      })
    chart.countTitle = "blocks copied"
    return chart
  }

  public func table() -> TextTable {
    var table = TextTable(
      [.number("copied"), .init("up to")] + curves.map { .number($0.name) }
        + (probes.isEmpty ? [] : [.number("probe")]))
    func text(_ point: Point?) -> String {
      guard let point else { return NumberText.missing }
      let half = point.high.isFinite ? " ± \(NumberText.fixed(50 * (point.high - point.low), 1))" : ""
      return NumberText.percent(point.mean) + half
    }
    table.append(
      ["0", "nothing"] + curves.map { _ in text(base) } + (probes.isEmpty ? [] : [NumberText.missing]))
    for (index, cut) in cuts.enumerated() {
      table.append(
        ["\(index + 1)", cut] + curves.map { curve in text(curve.points.first { $0.copied == index + 1 }) }
          + (probes.isEmpty ? [] : [NumberText.percent(probes[index])]))
    }
    return table
  }

  public func csv() -> String {
    var table = CommaSeparatedValues(header: ["curve", "copied", "cut", "run", "accuracy"])
    func append(_ name: String, _ point: Point) {
      for (run, value) in point.values.enumerated() {
        table.append(
          [
            name, "\(point.copied)", point.copied == 0 ? "" : self.name(point), "\(run)",
            CommaSeparatedValues.number(value),
          ])
      }
    }
    append("base", base)
    for curve in curves { for point in curve.points { append(curve.name, point) } }
    return table.text
  }

  public func html() -> String {
    var sections = [
      PageElements.section(
        "How far up",
        PageElements.figure(chart(), width: 860)
          + findings.map { PageElements.paragraph($0) }.joined()
          + PageElements.paragraph(
            "AnB: the base network's layers up to the cut, frozen; AnB+: trained on. BnB and BnB+: the same of a network "
              + "trained on the target itself. What lies above the cut is drawn anew.")),
      PageElements.section("The numbers", PageElements.table(table())),
    ]
    if probeCorrelation.isFinite {
      sections[1] += PageElements.paragraph(
        "Linear probes of the base network, which cost no training, rank the cuts as AnB does with a correlation of "
          + "\(NumberText.fixed(probeCorrelation, 2)).")
    }
    if let command {
      sections.append(
        PageElements.section(
          "What to do", "<div class=\"scroll\"><pre><code>\(escapedMarkup(command))</code></pre></div>"))
    }
    return PageElements.document(
      title: title, headline: recommendation, sections: sections, footer: "Made by Lethe: <code>lethe transfer</code>.")
  }
}
