import Foundation

/// Elements of one picture, in SVG.
struct Drawing {
  enum Anchor: String { case start, middle, end }

  let width: Double
  var height: Double = 0
  private(set) var body = ""

  init(width: Double) { self.width = width }

  mutating func raw(_ element: String) { body += element + "\n" }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
    raw("<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" class=\"\(style)\"/>")
  }

  mutating func text(
    _ content: String, _ x: Double, _ y: Double, _ style: String = "tick", _ anchor: Anchor = .start,
    rotated: Double? = nil, fullText: String? = nil
  ) {
    let turn = rotated.map { " transform=\"rotate(\(n($0)) \(n(x)) \(n(y)))\"" } ?? ""
    let hover = fullText.flatMap { $0 == content ? nil : "<title>\(escapedMarkup($0))</title>" } ?? ""
    raw(
      "<text x=\"\(n(x))\" y=\"\(n(y))\" class=\"\(style)\" text-anchor=\"\(anchor.rawValue)\"\(turn)>"
        + hover + escapedMarkup(content) + "</text>")
  }

  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, style: String = "", fill: String? = nil,
    hover: String? = nil
  ) {
    let paint = fill.map { " fill=\"\($0)\"" } ?? " class=\"\(style)\""
    let shape = "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(max(width, 0)))\" height=\"\(n(height))\"\(paint)"
    raw(hover.map { "\(shape)><title>\(escapedMarkup($0))</title></rect>" } ?? "\(shape)/>")
  }

  mutating func path(
    _ points: [(x: Double, y: Double)], closed: Bool = false, _ style: String, hover: String? = nil
  ) {
    let commands = points.enumerated().map { "\($0.offset == 0 ? "M" : "L")\(n($0.element.x)) \(n($0.element.y))" }
    let shape = "<path d=\"\(commands.joined())\(closed ? "Z" : "")\" class=\"\(style)\""
    raw(hover.map { "\(shape)><title>\(escapedMarkup($0))</title></path>" } ?? "\(shape)/>")
  }

  /// One of several values that a marker is the mean of.
  mutating func dot(_ series: Int, _ x: Double, _ y: Double) {
    raw("<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"2.2\" class=\"f\(series % 6) single\"/>")
  }

  /// A place that is not seen and has a value.
  mutating func place(_ x: Double, _ y: Double, hover: String) {
    raw(
      "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"2\" class=\"hit\"><title>\(escapedMarkup(hover))</title></circle>")
  }

  /// Each series has a shape of its own, so that it is told apart in grey too.
  ///
  /// - Parameter color: the place of its colour; by default that of the series.
  mutating func marker(_ series: Int, color: Int? = nil, _ x: Double, _ y: Double, hover: String? = nil) {
    let r = 3.6
    let style = "f\((color ?? series) % 6)"
    let corners: [(x: Double, y: Double)]
    switch series % 4 {
    case 0:
      let title = hover.map { "<title>\(escapedMarkup($0))</title>" } ?? ""
      raw("<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(r))\" class=\"\(style)\">\(title)</circle>")
      return
    case 1: return rectangle(x - r + 0.4, y - r + 0.4, 2 * r - 0.8, 2 * r - 0.8, style: style, hover: hover)
    case 2: corners = [(x, y - r - 0.6), (x + r + 0.4, y + r - 0.4), (x - r - 0.4, y + r - 0.4)]
    default: corners = [(x, y - r - 1), (x + r + 1, y), (x, y + r + 1), (x - r - 1, y)]
    }
    path(corners, closed: true, style, hover: hover)
  }

  /// A row of swatches and names, wrapped; returns the height it took.
  ///
  /// - Parameter colors: the places of their colours; by default one after the other.
  mutating func legend(_ names: [String], colors: [Int]? = nil, x: Double, y: Double) -> Double {
    var (left, top) = (x, y)
    for (index, name) in names.enumerated() {
      let shown = TextMetrics.shortened(name, to: width - x - 24, size: 12)
      let length = 16 + TextMetrics.width(shown, size: 12) + 14
      if left > x, left + length > width { (left, top) = (x, top + 18) }
      marker(index, color: colors?[index], left + 5, top + 8)
      text(shown, left + 15, top + 12, "label", fullText: name)
      left += length
    }
    return names.isEmpty ? 0 : top - y + 22
  }

  private func n(_ value: Double) -> String { Self.number(value) }

  /// A coordinate with one decimal at most.
  static func number(_ value: Double) -> String {
    let rounded = (value * 10).rounded() / 10
    return rounded == rounded.rounded() ? String(Int(rounded)) : "\(rounded)"
  }
}
