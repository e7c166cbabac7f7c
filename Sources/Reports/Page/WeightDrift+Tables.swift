import Findings

extension WeightDrift {
  /// A row for each layer, and the total.
  public func layerTable() -> TextTable {
    table("layer", layers.map { ($0.layer, [$0.relative, $0.l2, $0.cosine, $0.maxAbsolute]) })
  }

  /// A row for each tensor, and the total.
  public func tensorTable() -> TextTable {
    table("tensor", parameters.map { ($0.name, [$0.relative, $0.l2, $0.cosine, $0.maxAbsolute]) })
  }

  private func table(_ kind: String, _ rows: [(name: String, values: [Double])]) -> TextTable {
    var table = TextTable([
      .init(kind), .number("relative drift"), .number("L2"), .number("cosine"), .number("largest change"),
    ])
    for (name, values) in rows {
      table.append([name] + zip(values, [4, 4, 5, 4]).map { NumberText.fixed($0, $1) }, weight: values.first)
    }
    table.append(["total", NumberText.fixed(total.relative, 4), NumberText.fixed(total.l2, 4)])
    return table
  }
}
