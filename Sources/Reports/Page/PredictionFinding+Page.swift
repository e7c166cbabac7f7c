import Findings

/// A sheet of pictures with what a model says of each.
extension PredictionFinding {
  /// How many images a sheet has pictures of: more would make a file that browsers are slow with.
  public static let pictureCount = 500

  /// What the probabilities are.
  public var basis: String {
    "Probabilities are the softmax over the \(NumberText.grouped(classCount)) classes of head \(head): they always add up "
      + "to 100 %, Lethe has not calibrated them, and an image of none of these classes gets them too."
  }

  /// What the page begins with.
  public var headline: String {
    "What \(checkpoint) says of \(NumberText.plural(images.count, "image")). \(basis)"
  }

  /// A row for each of an image's classes, the image named in its first.
  public func table() -> TextTable {
    var table = TextTable([.init("image"), .init("class"), .number("probability")])
    for image in images {
      for (place, answer) in image.classes.enumerated() {
        table.append([place == 0 ? image.file : "", answer.name, NumberText.percent(answer.probability)])
      }
    }
    return table
  }

  /// The sheet as one HTML file.
  public func html(title: String) -> String {
    let drawn = images.filter { $0.picture != nil }
    let rest = images.count - drawn.count
    let pictures = drawn.map(item).joined(separator: "\n")
    let note =
      rest == 0
      ? ""
      : PageElements.paragraph(
        "\(NumberText.plural(rest, "more image")) without a picture: all are in predictions.csv.")
    return PageElements.document(
      title: title, headline: headline,
      sections: [
        PageSection(nil, "<ul class=\"sheet\">\n\(pictures)\n</ul>\(note)"),
        PageElements.section("Data", PageElements.files([("predictions.csv", csv())])),
      ], footer: "Made by Lethe. The pictures are what the model was given, made smaller.", style: Self.style)
  }

  private func item(_ image: Image) -> String {
    let picture = image.picture?.image(alternative: image.file) ?? ""
    let answers = image.classes.map { answer in
      let share = NumberText.percent(answer.probability)
      let width = NumberText.fixed(100 * answer.probability, 1)
      return "<li><span>\(escapedMarkup(answer.name))</span><span>\(PageElements.prose(share))</span>"
        + "<i style=\"background-size:\(width)% 100%\"></i></li>"
    }
    return "<li>\(picture)<div><p>\(escapedMarkup(image.file))</p><ol>\(answers.joined())</ol></div></li>"
  }

  private static let style = """
    .sheet{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,270px),1fr));gap:22px 28px;
    margin:1.6rem 0 0;padding:0;list-style:none}
    .sheet>li{display:grid;grid-template-columns:96px minmax(0,1fr);gap:14px;align-items:start;break-inside:avoid}
    .sheet img{width:96px;height:96px;object-fit:contain;border:1px solid var(--grid)}
    .sheet p{margin:0 0 .25rem;font-size:.8rem;line-height:1.3;color:var(--muted);overflow-wrap:anywhere}
    .sheet ol{list-style:none;margin:0;padding:0;font-size:.85rem;line-height:1.35;font-variant-numeric:tabular-nums}
    .sheet ol li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 8px;margin-bottom:.25rem;overflow-wrap:anywhere}
    .sheet i{grid-column:1/-1;height:5px;border-radius:2px;
    background:var(--grid) linear-gradient(var(--c0),var(--c0)) no-repeat 0 0/0 100%}

    """

  /// A line for each class that is given of an image.
  public func csv() -> String {
    var file = CommaSeparatedValues(header: ["file", "rank", "class", "label", "probability"])
    for image in images {
      for (place, answer) in image.classes.enumerated() {
        file.append([
          image.file, "\(place + 1)", answer.name, "\(answer.label)", CommaSeparatedValues.number(answer.probability),
        ])
      }
    }
    return file.text
  }
}
