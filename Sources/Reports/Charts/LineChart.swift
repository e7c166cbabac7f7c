/// Values by epoch, or by another count, one line a series, each named where it ends.
public struct LineChart: Chart {
  /// A value at an epoch; `low` and `high` bound it where an interval is known.
  public struct Point: Sendable {
    /// Its place along the horizontal axis.
    public var epoch: Int
    /// Its height; one that is not finite is left out.
    public var value: Double
    /// The interval's lower end; NaN for none.
    public var low: Double
    /// The interval's upper end; NaN for none.
    public var high: Double
    /// What the value is the mean of, drawn as small dots.
    public var singles: [Double]

    /// A value; without ends it has no interval.
    public init(epoch: Int, value: Double, low: Double = .nan, high: Double = .nan, singles: [Double] = []) {
      self.epoch = epoch
      self.value = value
      self.low = low
      self.high = high
      self.singles = singles
    }

    var hasInterval: Bool { low.isFinite && high.isFinite }
  }

  /// The points of one line.
  public struct Series: Sendable {
    /// What stands at the line's end, or in the legend where there is no room.
    public var name: String
    /// In the order in which the line connects them.
    public var points: [Point]
    /// The place of its colour, where that is not its place in the chart: a run keeps its colour on a page.
    public var color: Int?

    /// A line through the points.
    public init(name: String, points: [Point], color: Int? = nil) {
      self.name = name
      self.points = points
      self.color = color
    }
  }

  public var title: String
  public var subtitle: String
  /// The quantity with its unit, such as "accuracy (%)".
  public var valueTitle: String
  /// What the axis never passes, as 0 and 100 for per cent; nil for no bounds. It goes from one to the other, unless the
  /// values take up less than a quarter of that: then its title says where it begins.
  public var limits: ClosedRange<Double>?
  /// Whether the axis begins at zero, as that of a ratio does.
  public var startsAtZero = false
  /// Decimals of the numbers at the lines' ends.
  public var decimals: Int
  /// The lines, the first drawn first.
  public var series: [Series]
  /// What is counted along the axis.
  public var countTitle = "epoch"
  /// Names in place of the counts 0, 1, 2, …; the counts stand where the names are too long for the picture.
  public var countNames: [String] = []

  /// A chart of values by epoch; ``countTitle`` and ``countNames`` make it one by something else.
  public init(
    title: String, subtitle: String, valueTitle: String, limits: ClosedRange<Double>? = nil, decimals: Int = 1,
    series: [Series]
  ) {
    self.title = title
    self.subtitle = subtitle
    self.valueTitle = valueTitle
    self.limits = limits
    self.decimals = decimals
    self.series = series
  }

  public func picture(width: Double) -> ChartPicture {
    let finite = series.map { $0.points.filter(\.value.isFinite) }
    guard finite.contains(where: { !$0.isEmpty }) else { return .empty(width: width) }
    var drawing = Drawing(width: width)
    let values = finite.joined().flatMap { [$0.value, $0.low, $0.high] + $0.singles }
    let yAxis = Axis(covering: values, includingZero: startsAtZero, limits: limits, widens: true)

    let labels = zip(series, finite).map { item, points in
      points.last.map { "\(item.name)  \(NumberText.fixed($0.value, decimals))" } ?? ""
    }
    let labelWidth = labels.map { TextMetrics.width($0, size: 12) }.max() ?? 0
    let namesAtEnd = labelWidth <= width * 0.34
    var top = 8.0
    if !namesAtEnd { top += drawing.legend(series.map(\.name), colors: colors, x: 0, y: 0) }
    drawing.text(yAxis.title(valueTitle, limits: limits), 0, top + 10, "tick")
    top += 24
    let left = 8 + (yAxis.ticks.map { TextMetrics.width(yAxis.label($0), size: 11) }.max() ?? 0)
    let right = width - (namesAtEnd ? labelWidth + 22 : 46)
    let bottom = top + min(260, max(170, width * 0.5))
    let xAxis = Axis(epochsThrough: finite.joined().map(\.epoch).max() ?? 1, tickCount: Int((right - left) / 34))
    let x = { (epoch: Int) in xAxis.position(Double(epoch), from: left, to: right) }
    let y = { (value: Double) in yAxis.position(value, from: bottom, to: top) }

    for tick in yAxis.ticks {
      drawing.line(left, y(tick), right, y(tick), tick == yAxis.low ? "axis" : "grid")
      drawing.text(yAxis.label(tick), left - 6, y(tick) + 4, "tick", .end)
    }
    let widest = countNames.map { TextMetrics.width($0, size: 11) }.max() ?? 0
    let isNamed = countNames.count > Int(xAxis.high) && widest + 8 <= (right - left) / xAxis.high
    for tick in isNamed ? (0...Int(xAxis.high)).map(Double.init) : xAxis.ticks {
      drawing.line(x(Int(tick)), bottom, x(Int(tick)), bottom + 4, "axis")
      let name = isNamed ? countNames[Int(tick)] : xAxis.label(tick)
      drawing.text(name, x(Int(tick)), bottom + 17, "tick", .middle)
    }
    drawing.text(countTitle, (left + right) / 2, bottom + 34, "tick", .middle)
    drawing.height = bottom + 42

    for (index, points) in finite.enumerated() {
      drawSpread(points, index, x: { x($0) }, y: y, in: &drawing)
    }
    for (index, points) in finite.enumerated() {
      if points.count > 1 { drawing.path(points.map { (x($0.epoch), y($0.value)) }, lineStyle(index)) }
      // Many epochs would make a caterpillar of the markers.
      for (place, point) in points.enumerated() {
        let words = hover(series[index].name, point)
        guard points.count <= 30 || place == points.count - 1 else {
          drawing.place(x(point.epoch), y(point.value), hover: words)
          continue
        }
        drawing.marker(index, color: colors[index], x(point.epoch), y(point.value), hover: words)
      }
    }
    placeLabels(finite, labels: labels, namesAtEnd: namesAtEnd, right: right, range: (top, bottom), y: y, in: &drawing)
    return ChartPicture(drawing)
  }

  private var colors: [Int] { series.indices.map { series[$0].color ?? $0 } }

  /// The colour of the series, and dashes of its own where others have that colour too.
  private func lineStyle(_ index: Int) -> String {
    let color = colors[index]
    return "line s\(color % 6)" + (colors.count { $0 == color } > 1 ? " d\(index % 6)" : "")
  }

  /// What surrounds the means: a band, or, where single values are known, these with whiskers, a little apart from
  /// other series' at the same place.
  private func drawSpread(
    _ points: [Point], _ index: Int, x: (Int) -> Double, y: (Double) -> Double, in drawing: inout Drawing
  ) {
    guard points.contains(where: { $0.singles.count > 1 }) else {
      let band = points.filter(\.hasInterval)
      guard band.count > 1 else { return }
      let outline =
        band.map { (x: x($0.epoch), y: y($0.high)) } + band.reversed().map { (x: x($0.epoch), y: y($0.low)) }
      return drawing.path(outline, closed: true, "band f\(colors[index] % 6)")
    }
    let shift = 4 * (Double(index) - Double(series.count - 1) / 2)
    for point in points where point.singles.count > 1 {
      let place = x(point.epoch) + shift
      if point.hasInterval { drawing.line(place, y(point.low), place, y(point.high), "spread s\(colors[index] % 6)") }
      for value in point.singles { drawing.dot(colors[index], place, y(value)) }
    }
  }

  /// `epoch 3`, or the name that the count has.
  func place(of point: Point) -> String {
    "\(countTitle) \(countNames.indices.contains(point.epoch) ? countNames[point.epoch] : "\(point.epoch)")"
  }

  private func hover(_ name: String, _ point: Point) -> String {
    let interval =
      point.hasInterval ? " (\(NumberText.interval(point.low, point.high, decimals: decimals)))" : ""
    return "\(name), \(place(of: point)): \(NumberText.fixed(point.value, decimals))\(interval)"
  }

  /// Puts the labels beside the last points, pushed apart until none covers another.
  private func placeLabels(
    _ points: [[Point]], labels: [String], namesAtEnd: Bool, right: Double, range: (top: Double, bottom: Double),
    y: (Double) -> Double, in drawing: inout Drawing
  ) {
    let ends = points.enumerated().compactMap { index, points in
      points.last.map { (index: index, y: y($0.value), value: $0.value) }
    }.sorted { $0.y < $1.y }
    let places = Self.spread(ends.map(\.y), gap: 15, within: range.top...range.bottom)
    for (end, place) in zip(ends, places) {
      if namesAtEnd {
        drawing.marker(end.index, color: colors[end.index], right + 12, place)
        drawing.text(labels[end.index], right + 20, place + 4, "label")
      } else {
        drawing.text(NumberText.fixed(end.value, decimals), right + 8, place + 4, "label")
      }
    }
  }

  /// Moves sorted positions apart to a least gap, staying within the range where they fit.
  static func spread(_ positions: [Double], gap: Double, within range: ClosedRange<Double>) -> [Double] {
    var places = positions
    for index in places.indices.dropFirst() { places[index] = max(places[index], places[index - 1] + gap) }
    if let last = places.last, last > range.upperBound {
      places[places.count - 1] = max(range.upperBound, range.lowerBound + gap * Double(places.count - 1))
      for index in places.indices.dropLast().reversed() { places[index] = min(places[index], places[index + 1] - gap) }
    }
    return places
  }
}
