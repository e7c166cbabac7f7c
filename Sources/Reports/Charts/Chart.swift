/// A picture that states a finding and says how its numbers were made.
public protocol Chart: Sendable {
  /// The finding, in a sentence.
  var title: String { get }
  /// How the numbers were made: formula or estimator, data, sample count.
  var subtitle: String { get }
  /// The values in words, for those who do not see the picture; empty where nothing was measured.
  var words: String { get }
  /// The picture without its title, as wide as asked where it can be.
  func picture(width: Double) -> ChartPicture
}

/// The SVG elements of a chart and their extent.
public struct ChartPicture: Sendable {
  /// In pixels.
  public var width: Double
  /// In pixels.
  public var height: Double
  /// SVG elements, without the `svg` element around them.
  public var elements: String
}

extension ChartPicture {
  init(_ drawing: Drawing) {
    self.init(width: drawing.width, height: drawing.height, elements: drawing.body)
  }

  static func empty(width: Double) -> ChartPicture {
    var drawing = Drawing(width: width)
    drawing.text("nothing was measured", width / 2, 34, "label muted", .middle)
    drawing.height = 60
    return ChartPicture(drawing)
  }
}

extension Chart {
  /// A whole SVG file: title, subtitle, picture and the style for light and dark.
  public func svg(width: Double = 720) -> String {
    let picture = picture(width: width - 32)
    let total = max(width, picture.width + 32)
    var head = Drawing(width: total)
    var y = 14.0
    for line in TextMetrics.wrapped(title, to: total - 32, size: 17 * TextMetrics.bold) {
      y += 21
      head.text(line, 16, y, "title")
    }
    for line in TextMetrics.wrapped(subtitle, to: total - 32, size: 12.5) {
      y += 18
      head.text(line, 16, y, "subtitle")
    }
    y += 16
    let height = y + picture.height + 12
    let extent = "\(Drawing.number(total))\" height=\"\(Drawing.number(height))"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="\(escapedMarkup(title))" \
      width="\(extent)" viewBox="0 0 \(Drawing.number(total)) \(Drawing.number(height))">
      \(described)<style>
      \(ChartStyle.variables)\(ChartStyle.rules)</style>
      <rect width="100%" height="100%" class="surface"/>
      \(head.body)<g transform="translate(16 \(Drawing.number(y)))">
      \(picture.elements)</g>
      </svg>

      """
  }

  private var described: String { words.isEmpty ? "" : "<desc>\(escapedMarkup(words))</desc>\n" }

  /// The picture for a page that has the style and says the title itself.
  func inlineSVG(width: Double) -> (text: String, width: Double) {
    let picture = picture(width: width)
    let extent = (Drawing.number(picture.width), Drawing.number(picture.height))
    let text = """
      <svg class="chart" role="img" aria-label="\(escapedMarkup(title))" width="\(extent.0)" height="\(extent.1)" \
      viewBox="0 0 \(extent.0) \(extent.1)">
      \(described)\(picture.elements)</svg>
      """
    return (text, picture.width)
  }
}

/// Charts for programs that know no variables of style sheets.
public enum PlainSVG {
  /// - Parameter svg: as ``Chart/svg(width:)`` gives it.
  public static func text(of svg: String) -> String {
    ChartStyle.lightColors.reduce(svg.replacing(ChartStyle.variables, with: "")) {
      $0.replacing("var(--\($1.name))", with: $1.value)
    }
  }
}

/// Colours after Okabe and Ito, darkened on white and lightened on black until lines stand out at 3 to 1.
enum ChartStyle {
  static let variables = """
    :root{color-scheme:light dark;--surface:#fff;--ink:#1b1f24;--muted:#57606a;--grid:#d9dee3;--band:.16;\
    --c0:#0072b2;--c1:#cc7a00;--c2:#00855f;--c3:#b8568f;--c4:#3a8fc4;--c5:#8c4a00}
    @media screen and (prefers-color-scheme:dark){:root{--surface:#14171b;--ink:#e8eaed;--muted:#a3abb5;--grid:#343a42;\
    --band:.24;--c0:#56b4e9;--c1:#e69f00;--c2:#2fc596;--c3:#e79cc8;--c4:#f0e442;--c5:#ff9a5c}}

    """

  /// The variables on white, by name.
  static let lightColors: [(name: String, value: String)] = variables.prefix { $0 != "}" }.split(separator: ";")
    .compactMap { part in
      let pair = part.split(separator: ":")
      guard pair.count >= 2, let name = pair[pair.count - 2].firstRange(of: "--") else { return nil }
      return (String(pair[pair.count - 2][name.upperBound...]), String(pair[pair.count - 1]))
    }

  static let rules: String = {
    var text = """
      .chart text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--ink)}
      .chart .surface{fill:var(--surface)}
      .chart .title{font-size:17px;font-weight:650}
      .chart .subtitle{font-size:12.5px;fill:var(--muted)}
      .chart .label{font-size:12px}
      .chart .tick{font-size:11px;fill:var(--muted)}
      .chart .small{font-size:9px;fill:var(--muted)}
      .chart .muted{fill:var(--muted)}
      .chart .value{font-size:11px}
      .chart .grid{stroke:var(--grid);stroke-width:1}
      .chart .axis{stroke:var(--muted);stroke-width:1}
      .chart .whisker{stroke:var(--ink);stroke-width:1.3}
      .chart .missing{fill:var(--grid)}
      .chart .line{fill:none;stroke-width:2.2;stroke-linejoin:round}
      .chart .tint{fill-opacity:.22}
      .chart line.spread{stroke-width:1.4;stroke-opacity:.55;stroke-dasharray:none}
      .chart .single{fill-opacity:.4}
      .chart .hit{fill:transparent}
      .chart .band{stroke:none;fill-opacity:var(--band)}

      """
    let dashes = ["none", "7 4", "2 3", "9 3 2 3", "4 4", "12 4"]
    for (index, dash) in dashes.enumerated() {
      text += ".chart .f\(index){fill:var(--c\(index))}"
      text += ".chart .s\(index){stroke:var(--c\(index));stroke-dasharray:\(dash)}\n"
    }
    for (index, dash) in dashes.enumerated() { text += ".chart .d\(index){stroke-dasharray:\(dash)}" }
    text += "\n"
    return text
  }()
}
