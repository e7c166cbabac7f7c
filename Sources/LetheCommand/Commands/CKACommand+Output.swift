import Analysis
import Findings
import Reports

/// Similarities of layers by any measure, as they are shown.
struct LayerMatrix {
  /// `linear, debiased` or `svcca`.
  let estimator: String
  /// The measure's name in a table.
  let name: String
  let sampleCount: Int
  /// Nil where all examples are taken at once.
  let batchSize: Int?
  let layersA: [String]
  let layersB: [String]
  let values: [[Double]]
  let diagonal: [CKAMatrix.Entry]
  /// Layers with too few examples for their width.
  let crowded: [String]

  init(_ matrix: CKAMatrix, _ kernel: String) {
    estimator = "\(kernel), \(matrix.estimator.rawValue)"
    name = "CKA"
    sampleCount = matrix.sampleCount
    batchSize = matrix.batchSize
    (layersA, layersB, values, diagonal) = (matrix.layersA, matrix.layersB, matrix.values, matrix.diagonal)
    crowded = []
  }

  init(_ matrix: SubspaceMatrix) {
    estimator = matrix.measure.rawValue
    name = ["svcca": "SVCCA", "pwcca": "PWCCA"][estimator] ?? "Procrustes"
    sampleCount = matrix.sampleCount
    batchSize = nil
    (layersA, layersB, values, diagonal) = (matrix.layersA, matrix.layersB, matrix.values, matrix.diagonal)
    crowded = matrix.crowded
  }

  func chart(of pair: CheckpointPair, data: String) -> HeatMap {
    let least = diagonal.min { $0.cka < $1.cka }
    return HeatMap(
      title: least.map { "\($0.layer) differs most: \(name) \(Show.number($0.cka, 2))" }
        ?? "Every layer with every other",
      subtitle: "\(estimator), \(sampleCount) examples of \(data)", rowTitle: pair.before, columnTitle: pair.after,
      valueTitle: name, rows: layersA, columns: layersB, values: values)
  }
}

extension CKACommand {
  func show(_ result: LayerMatrix, _ pair: CheckpointPair, _ data: String) {
    let kind = result.name == "CKA" ? "CKA, \(result.estimator)" : result.name
    Console.result(
      "\(pair.before) → \(pair.after) · \(kind), \(result.sampleCount) examples of \(data)"
        + (result.batchSize.map { " in batches of \($0)" } ?? " at once")
        + (pool.map { ", pooled by \($0.rawValue)" } ?? "") + (compat.map { ", as \($0.rawValue) has it" } ?? ""))
    let hasIntervals = result.diagonal.contains { $0.low.isFinite }
    var diagonal = TextTable(
      [.init("layer"), .number(result.name)] + (hasIntervals ? [.number("95 % interval")] : []) + [.number("shuffled")])
    for entry in result.diagonal {
      diagonal.append(
        [entry.layer, Show.number(entry.cka)]
          + (hasIntervals ? ["\(Show.number(entry.low)) to \(Show.number(entry.high))"] : [])
          + [Show.number(entry.null)])
    }
    Console.table(diagonal)
    if matrix {
      var whole = TextTable([.init("")] + result.layersB.map { .number($0) })
      for (layer, row) in zip(result.layersA, result.values) { whole.append([layer] + row.map { Show.number($0) }) }
      Console.result("")
      Console.table(whole)
    }
    if let output { Console.result("chart: \(output)") }
  }

  func json(_ result: LayerMatrix, _ data: String) -> JSONValue {
    [
      "measure": .string(measure.rawValue), "estimator": .string(result.estimator),
      "compat": compat.map { .string($0.rawValue) } ?? .null, "sampleCount": .int(result.sampleCount),
      "batchSize": .int(result.batchSize ?? result.sampleCount), "data": .string(data),
      "pool": .string(pool?.rawValue ?? "standard"),
      "layersA": .array(result.layersA.map { .string($0) }), "layersB": .array(result.layersB.map { .string($0) }),
      "cka": .array(result.values.map { .array($0.map { .double($0) }) }),
      "diagonal": .array(
        result.diagonal.map { entry in
          [
            "layer": .string(entry.layer), "cka": .double(entry.cka), "low": .double(entry.low),
            "high": .double(entry.high), "null": .double(entry.null),
          ]
        }),
    ]
  }
}
