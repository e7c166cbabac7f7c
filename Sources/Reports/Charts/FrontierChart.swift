/// Two scores against each other, a point a way, with the line that none of the ways passes.
public struct FrontierChart: Chart {
  /// One way: both scores in the units of the axes, with their intervals where there are any.
  public struct Point: Sendable {
    /// The way's name, written beside its point.
    public var name: String
    /// The value along the horizontal axis.
    public var x: Double
    /// The value along the vertical axis.
    public var y: Double
    /// The interval along the horizontal axis, drawn as a whisker.
    public var xInterval: ClosedRange<Double>?
    /// The interval along the vertical axis, likewise.
    public var yInterval: ClosedRange<Double>?
    /// Both values in words, shown when the pointer rests on the point.
    public var hover: String
    /// Whether no other way is better in both: the line goes through it.
    public var isOnFrontier: Bool
    /// Whether it is set off from the others: the knee, or what was chosen.
    public var isMarked: Bool

    /// A way with its two values, in the axes' units.
    ///
    /// - Parameter hover: both in words; with one decimal when nil.
    public init(
      name: String, x: Double, y: Double, xInterval: ClosedRange<Double>? = nil, yInterval: ClosedRange<Double>? = nil,
      hover: String? = nil, isOnFrontier: Bool = false, isMarked: Bool = false
    ) {
      self.name = name
      self.x = x
      self.y = y
      self.xInterval = xInterval
      self.yInterval = yInterval
      self.hover = hover ?? "\(NumberText.fixed(x, 1)), \(NumberText.fixed(y, 1))"
      self.isOnFrontier = isOnFrontier
      self.isMarked = isMarked
    }
  }

  public var title: String
  public var subtitle: String
  /// The horizontal axis's quantity with its unit.
  public var xTitle: String
  /// The vertical axis's quantity with its unit.
  public var yTitle: String
  /// What the horizontal axis never passes; nil where there is no such thing.
  public var xLimits: ClosedRange<Double>?
  /// Likewise the vertical one.
  public var yLimits: ClosedRange<Double>?
  /// All ways; those that are not finite are left out.
  public var points: [Point]

  /// A chart of ways, in any order; both axes are of per cent where nothing else is said.
  public init(
    title: String, subtitle: String, xTitle: String, yTitle: String, xLimits: ClosedRange<Double>? = 0...100,
    yLimits: ClosedRange<Double>? = 0...100, points: [Point]
  ) {
    self.title = title
    self.subtitle = subtitle
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.xLimits = xLimits
    self.yLimits = yLimits
    self.points = points
  }

  public func picture(width: Double) -> ChartPicture {
    let points = points.filter { $0.x.isFinite && $0.y.isFinite }
    guard !points.isEmpty else { return .empty(width: width) }
    var drawing = Drawing(width: width)
    let xAxis = Axis(
      covering: points.flatMap { [$0.x, $0.xInterval?.lowerBound ?? $0.x, $0.xInterval?.upperBound ?? $0.x] },
      limits: xLimits, tickCount: Int(width / 90))
    let yAxis = Axis(
      covering: points.flatMap { [$0.y, $0.yInterval?.lowerBound ?? $0.y, $0.yInterval?.upperBound ?? $0.y] },
      limits: yLimits)
    let left = 8 + (yAxis.ticks.map { TextMetrics.width(yAxis.label($0), size: 11) }.max() ?? 0)
    let (xTitles, yTitles) = (
      TextMetrics.wrapped(xAxis.title(xTitle, limits: xLimits), to: width, size: 11),
      TextMetrics.wrapped(yAxis.title(yTitle, limits: yLimits), to: width, size: 11)
    )
    // The last label stands half beyond the axis.
    let lastLabel = xAxis.ticks.last.map { TextMetrics.width(xAxis.label($0), size: 11) } ?? 0
    let (right, top) = (width - max(12, lastLabel / 2), 14 + 14 * Double(yTitles.count))
    let bottom = top + min(380, max(240, width * 0.55))
    let x = { (value: Double) in xAxis.position(min(max(value, xAxis.low), xAxis.high), from: left, to: right) }
    let y = { (value: Double) in yAxis.position(min(max(value, yAxis.low), yAxis.high), from: bottom, to: top) }
    for (line, title) in yTitles.enumerated() { drawing.text(title, 0, 14 + 14 * Double(line), "tick") }
    for tick in yAxis.ticks {
      drawing.line(left, y(tick), right, y(tick), tick == yAxis.low ? "axis" : "grid")
      drawing.text(yAxis.label(tick), left - 6, y(tick) + 4, "tick", .end)
    }
    for tick in xAxis.ticks {
      drawing.line(x(tick), top, x(tick), bottom, "grid")
      drawing.text(xAxis.label(tick), x(tick), bottom + 17, "tick", .middle)
    }
    for (line, title) in xTitles.enumerated() {
      drawing.text(title, (left + right) / 2, bottom + 34 + 14 * Double(line), "tick", .middle)
    }
    drawing.height = bottom + 28 + 14 * Double(xTitles.count)

    let frontier = points.filter(\.isOnFrontier).sorted { $0.x < $1.x }
    if frontier.count > 1 { drawing.path(frontier.map { (x($0.x), y($0.y)) }, "line s0") }
    for point in points {
      if let interval = point.xInterval {
        drawing.line(x(interval.lowerBound), y(point.y), x(interval.upperBound), y(point.y), "axis")
      }
      if let interval = point.yInterval {
        drawing.line(x(point.x), y(interval.lowerBound), x(point.x), y(interval.upperBound), "axis")
      }
    }
    for point in points {
      if point.isMarked {
        let place = (Drawing.number(x(point.x)), Drawing.number(y(point.y)))
        drawing.raw("<circle cx=\"\(place.0)\" cy=\"\(place.1)\" r=\"9\" class=\"line s0\"/>")
      }
      drawing.marker(
        point.isOnFrontier ? 0 : 1, x(point.x), y(point.y),
        hover: "\(point.name): \(point.hover)")
    }
    label(points, x: x, y: y, within: (left, right, top, bottom), in: &drawing)
    return ChartPicture(drawing)
  }

  /// Names beside their points, those of the frontier first, where they cover nothing; at a line's end where there is no
  /// room close by.
  private func label(
    _ points: [Point], x: (Double) -> Double, y: (Double) -> Double,
    within frame: (left: Double, right: Double, top: Double, bottom: Double), in drawing: inout Drawing
  ) {
    var taken = points.map { point in (x(point.x) - 6, y(point.y) - 6, x(point.x) + 6, y(point.y) + 6) }
    let frontier = points.filter(\.isOnFrontier).sorted { $0.x < $1.x }
    // Along the frontier's line, a step every few pixels.
    let line: [(Double, Double)] = zip(frontier, frontier.dropFirst()).flatMap { from, to in
      let (dx, dy) = (x(to.x) - x(from.x), y(to.y) - y(from.y))
      let count = max(1, Int((abs(dx) + abs(dy)) / 4))
      return (0...count).map { step in
        let share = Double(step) / Double(count)
        return (x(from.x) + share * dx, y(from.y) + share * dy)
      }
    }
    let order =
      points.filter(\.isMarked) + points.filter { $0.isOnFrontier && !$0.isMarked }
      + points.filter { !$0.isOnFrontier && !$0.isMarked }
    for point in order {
      let text = TextMetrics.shortened(point.name, to: (frame.right - frame.left) * 0.6, size: 12)
      let length = TextMetrics.width(text, size: 12)
      let (px, py) = (x(point.x), y(point.y))
      // Off both axes, where the intervals are drawn; further away where there is no room beside the point.
      let places = (0..<5).flatMap { step -> [(Double, Double, Int)] in
        let away = 16 * Double(step)
        return [-8 - away, 17 + away].flatMap {
          [(px + 9 + away, py + $0, step), (px - 9 - away - length, py + $0, step)]
        }
      }
      let free = places.first { place in
        let box = (place.0, place.1 - 11, place.0 + length, place.1 + 3)
        return box.0 >= frame.left && box.2 <= frame.right && box.1 >= frame.top - 6 && box.3 <= frame.bottom
          && !taken.contains { box.0 < $0.2 && box.2 > $0.0 && box.1 < $0.3 && box.3 > $0.1 }
          && !line.contains { box.0 < $0.0 && $0.0 < box.2 && box.1 < $0.1 && $0.1 < box.3 }
      }
      guard let free else { continue }
      taken.append((free.0, free.1 - 11, free.0 + length, free.1 + 3))
      if free.2 > 0 {
        drawing.line(px, py, free.0 < px ? free.0 + length + 2 : free.0 - 2, free.1 - 4, "axis")
      }
      drawing.text(text, free.0, free.1, "label", fullText: point.name)
    }
  }
}
