/// Horizontal bars, a group for each layer and a bar in it for each series.
public struct BarChart: Chart {
  /// One bar, with its interval where one is known.
  public struct Value: Sendable {
    /// The bar's length on the axis; NaN draws none.
    public var value: Double
    /// The interval's lower end; NaN for none.
    public var low: Double
    /// The interval's upper end; NaN for none.
    public var high: Double
    /// Drawn with a dagger: the number is there, but means little.
    public var isDoubtful: Bool

    /// A bar; without ends it has no interval.
    public init(_ value: Double, low: Double = .nan, high: Double = .nan, isDoubtful: Bool = false) {
      self.value = value
      self.low = low
      self.high = high
      self.isDoubtful = isDoubtful
    }

    var hasInterval: Bool { low.isFinite && high.isFinite }
  }

  /// The bars of one colour.
  public struct Series: Sendable {
    /// What the legend calls it.
    public var name: String
    /// One for each row; nil where this series has no such row.
    public var values: [Value?]
    /// The place of its colour, where that is not its place in the chart: a run keeps its colour on a page.
    public var color: Int?

    /// Bars in the order of the chart's rows.
    public init(name: String, values: [Value?], color: Int? = nil) {
      self.name = name
      self.values = values
      self.color = color
    }
  }

  public var title: String
  public var subtitle: String
  /// The quantity with its unit, as the axis names it.
  public var valueTitle: String
  /// Decimals of the numbers beside the bars.
  public var decimals: Int
  /// What the axis shows at least, as 0 to 1 for CKA; nil for no more than the bars and zero.
  public var extent: ClosedRange<Double>?
  /// The groups' names, a layer's as a rule, from the top down.
  public var rows: [String]
  /// The series, each with a value or nil for every row.
  public var series: [Series]

  /// A chart; every series has as many values as there are rows.
  public init(
    title: String, subtitle: String, valueTitle: String, decimals: Int = 2, rows: [String], series: [Series]
  ) {
    for item in series {
      precondition(item.values.count == rows.count, "\(item.values.count) values of \(item.name), \(rows.count) rows")
    }
    self.title = title
    self.subtitle = subtitle
    self.valueTitle = valueTitle
    self.decimals = decimals
    self.rows = rows
    self.series = series
  }

  public func picture(width: Double) -> ChartPicture {
    let values = series.flatMap { $0.values.compactMap { $0 } }
    guard !rows.isEmpty, values.contains(where: \.value.isFinite) else { return .empty(width: width) }
    var drawing = Drawing(width: width)
    var top = series.count > 1 ? drawing.legend(series.map(\.name), colors: colors, x: 0, y: 0) : 0
    // Long lists get thinner bars; their values are left to the pointer and the table.
    let thickness = rows.count <= 16 ? 13.0 : rows.count <= 30 ? 11 : series.count == 1 ? 10 : 6
    let showsValues = thickness >= 10
    let groupHeight = max(thickness * Double(series.count), 10) + (rows.count <= 30 ? 9 : 4)
    let labels = TextMetrics.shortened(names: rows, to: width * 0.36, size: 11)
    let labelWidth = labels.map { TextMetrics.width($0, size: 11) }.max() ?? 0
    let left = labelWidth + 10
    let right = width - (showsValues ? 48 : 12)
    let ends = extent.map { [$0.lowerBound, $0.upperBound] } ?? []
    let axis = Axis(
      bars: values.flatMap { [$0.value, $0.low, $0.high] } + ends, tickCount: max(2, Int((right - left) / 60)))
    let x = { (value: Double) in axis.position(value, from: left, to: right) }
    let bottom = top + groupHeight * Double(rows.count) + 6
    for tick in axis.ticks {
      drawing.line(x(tick), top, x(tick), bottom, tick == 0 ? "axis" : "grid")
      drawing.text(axis.label(tick), x(tick), bottom + 15, "tick", .middle)
    }
    drawing.text(valueTitle, (left + right) / 2, bottom + 33, "tick", .middle)
    drawing.height = bottom + 41

    top += 3
    for (row, name) in rows.enumerated() {
      let groupTop = top + groupHeight * Double(row) + (groupHeight - thickness * Double(series.count)) / 2
      let middle = top + groupHeight * (Double(row) + 0.5)
      drawing.text(labels[row], left - 6, middle + 4, "value", .end, fullText: name)
      for (index, item) in series.enumerated() {
        guard let value = item.values[row] else { continue }
        let y = groupTop + thickness * Double(index)
        draw(value, "\(item.name), \(name)", colors[index], y: y, thickness, showsValues, x: x, in: &drawing)
      }
    }
    return ChartPicture(drawing)
  }

  private var colors: [Int] { series.indices.map { series[$0].color ?? $0 } }

  /// With many rows, those that matter most, in their order; the subtitle says so.
  ///
  /// - Parameters:
  ///   - what: the rows, as `layers that moved most`.
  ///   - weight: how much a row matters by its values, those of all series together.
  func folded(_ what: String, by weight: ([Double]) -> Double?) -> BarChart {
    let limit = 40
    guard rows.count > limit + 10 else { return self }
    let weights = rows.indices.map { row in
      weight(series.compactMap { $0.values[row]?.value }.filter { !$0.isNaN }) ?? -.infinity
    }
    let kept = rows.indices.sorted { (-weights[$0], $0) < (-weights[$1], $1) }.prefix(limit).sorted()
    var chart = self
    chart.subtitle += "; the \(limit) of \(rows.count) \(what)"
    chart.rows = kept.map { rows[$0] }
    for index in series.indices { chart.series[index].values = kept.map { series[index].values[$0] } }
    return chart
  }

  private func draw(
    _ value: Value, _ name: String, _ color: Int, y: Double, _ thickness: Double, _ showsValues: Bool,
    x: (Double) -> Double, in drawing: inout Drawing
  ) {
    let number = NumberText.fixed(value.value, decimals) + (value.isDoubtful ? " †" : "")
    guard value.value.isFinite else {
      if showsValues { drawing.text(number, x(0) + 5, y + thickness / 2 + 4, "value muted") }
      return
    }
    let (start, end) = (min(x(0), x(value.value)), max(x(0), x(value.value)))
    let interval = value.hasInterval ? " (\(NumberText.interval(value.low, value.high, decimals: decimals + 1)))" : ""
    drawing.rectangle(
      start, y + 0.5, max(end - start, 1), thickness - 1.5, style: "f\(color % 6)",
      hover: "\(name): \(number)\(interval)")
    var edge = end
    let middle = y + thickness / 2 - 0.25
    if value.hasInterval, x(value.high) - x(value.low) > 1.5 {
      drawing.line(x(value.low), middle, x(value.high), middle, "whisker")
      for bound in [value.low, value.high] { drawing.line(x(bound), middle - 3, x(bound), middle + 3, "whisker") }
      edge = max(edge, x(value.high))
    }
    if showsValues { drawing.text(number, edge + 5, middle + 4, "value") }
  }
}
