import Findings

/// The report of one run, or of several compared: sentences, tables, charts, files and a page.
public struct RunReport: Sendable {
  /// The page's heading.
  public var title: String
  /// What is reported; more than one are compared, in this order.
  public var runs: [RunFinding]

  /// A report of findings, computed already: nothing is measured here.
  public init(runs: [RunFinding], title: String) {
    self.runs = runs
    self.title = title
  }

  func listed(_ items: [String]) -> String {
    items.count < 2 ? items.joined() : items.dropLast().joined(separator: ", ") + " and " + (items.last ?? "")
  }

  var hasSource: Bool { runs.contains(where: \.hasSource) }

  /// What the models are judged by, in a word: `accuracy`.
  var scoreName: String {
    let scored = runs.lazy.flatMap(\.epochs).compactMap { $0.source ?? $0.target }.first
    return (scored?.score ?? .accuracy).noun
  }

  /// What all sources are judged by; nil where they are judged by different scores.
  var sourceMeasure: Score? { Self.same(runs.filter(\.hasSource).map(\.sourceMeasure)) }

  /// Likewise of the targets.
  var targetMeasure: Score? { Self.same(runs.map(\.targetMeasure)) }

  private static func same(_ scores: [Score]) -> Score? { Set(scores).count == 1 ? scores.first : nil }

  /// The place of a run's colour, the same in every chart of a page; nil where there is one run, whose charts tell other
  /// things apart.
  func color(of run: RunFinding) -> Int? {
    runs.count > 1 ? runs.firstIndex { $0.run == run.run } : nil
  }
}

// MARK: Tables, the same for the terminal and the page

extension RunReport {
  /// One row a run: accuracies before and after, points forgotten with interval and p, examples lost and gained.
  public func summaryTable() -> TextTable {
    guard hasSource else {
      var table = TextTable([
        TextTable.Column("run"), .init("task"), .number("epochs"), .number("before"), .number("after"), .number("loss"),
      ])
      for run in runs {
        table.append([
          run.name, run.targetTask, String(run.epochs.map(\.epoch).max() ?? 0),
          run.targetMeasure.plain(run.before(\.targetScore)), run.targetMeasure.plain(run.after(\.targetScore)),
          NumberText.significant(run.after?.target?.loss),
        ])
      }
      return table
    }
    var table = TextTable([
      TextTable.Column("run"), .number("source before"), .number("after"), .number("target before"), .number("after"),
      .number("forgotten"), .number("95 % interval"), .number("p", rank: 1), .number("lost", rank: 2),
      .number("gained", rank: 3),
    ])
    for run in runs {
      var row = [
        run.name, run.sourceMeasure.plain(run.before(\.sourceScore)), run.sourceMeasure.plain(run.after(\.sourceScore)),
        run.targetMeasure.plain(run.before(\.targetScore)), run.targetMeasure.plain(run.after(\.targetScore)),
      ]
      if let forgetting = run.forgetting {
        row += [
          forgetting.score.bare(forgetting.final), forgetting.score.interval(forgetting.low, forgetting.high),
          NumberText.pValue(forgetting.pairedPValue), NumberText.grouped(forgetting.lost),
          NumberText.grouped(forgetting.gained),
        ]
      } else {
        row += Array(repeating: NumberText.missing, count: 5)
      }
      table.append(row)
    }
    return table
  }

  /// The metrics of one run, a row an epoch.
  public func epochTable(_ run: RunFinding) -> TextTable {
    let target: [TextTable.Column] = [
      .number(run.hasSource ? "target" : scoreName), .number(run.hasSource ? "target loss" : "loss"),
    ]
    let source: [TextTable.Column] = run.hasSource ? [.number("source"), .number("source loss")] : []
    let validated = Self.validationColumns.filter { column in run.epochs.contains { column.value($0) != nil } }
    let names = run.watched.map { Dictionary($0.map { ($0.epoch, $0.name) }) { $1 } }
    let checkpoint: [TextTable.Column] = names == nil ? [] : [.init("checkpoint")]
    var table = TextTable(
      [.number("epoch")] + checkpoint + source + target + validated.map { .number($0.name) } + [
        .number("penalty"), .number("time"),
      ])
    for epoch in run.epochs {
      var row = [String(epoch.epoch)]
      if let names { row.append(names[epoch.epoch] ?? NumberText.missing) }
      if run.hasSource {
        row += [run.sourceMeasure.plain(epoch.sourceScore), NumberText.significant(epoch.source?.loss)]
      }
      row += [run.targetMeasure.plain(epoch.targetScore), NumberText.significant(epoch.target?.loss)]
      row += validated.map { $0.score(run).plain($0.value(epoch)) }
      row += [NumberText.significant(epoch.penalty), NumberText.duration(epoch.seconds)]
      table.append(row)
    }
    return table
  }

  /// What the examples that choose said at an epoch.
  private static var validationColumns: [(name: String, score: (RunFinding) -> Score, value: (EpochFinding) -> Double?)]
  {
    [
      ("source validation", \.sourceMeasure, { $0.validation?.source?.value }),
      ("target validation", \.targetMeasure, { $0.validation?.target?.value }),
      ("proxy validation", { _ in .agreement }, { $0.validation?.proxy?.agreement }),
    ]
  }

  /// Relative drift by layer, a column a run; with the other measures where there is one run.
  public func driftTable() -> TextTable {
    let drifting = runs.filter { !$0.driftLayers.isEmpty }
    if drifting.count == 1, let run = drifting.first {
      var table = TextTable([
        TextTable.Column("layer"), .number("relative"), .number("L2"), .number("cosine"), .number("largest"),
      ])
      for row in run.driftLayers {
        table.append(
          [row.layer] + [row.relative, row.l2].map(NumberText.significant)
            + [NumberText.fixed(row.cosine, 4), NumberText.significant(row.maxAbsolute)], weight: row.relative)
      }
      return table
    }
    let layers = union(drifting.map { $0.driftLayers.map(\.layer) })
    var table = TextTable([TextTable.Column("layer")] + drifting.map { .number($0.name) })
    for layer in layers {
      let values = drifting.map { run in run.driftLayers.first { $0.layer == layer }?.relative }
      table.append(
        [layer] + values.map(NumberText.significant),
        weight: values.compactMap { $0 }.filter { !$0.isNaN }.max() ?? .nan)
    }
    return table
  }

  /// CKA of each layer with itself before and after, a column a run, with its interval.
  public func ckaTable() -> TextTable {
    let compared = runs.filter { $0.similarity != nil }
    let layers = union(compared.map { $0.similarity?.diagonal.map(\.layer) ?? [] })
    let columns = compared.flatMap { run in
      [TextTable.Column.number(compared.count == 1 ? "CKA" : run.name), .number("95 % interval")]
    }
    var table = TextTable([TextTable.Column("layer")] + columns)
    for layer in layers {
      var row = [layer]
      let entries = compared.map { $0.similarity?.diagonal.first { $0.layer == layer } }
      for entry in entries {
        row.append(entry?.text ?? NumberText.missing)
        row.append(entry.map { NumberText.interval($0.low, $0.high, decimals: 3) } ?? NumberText.missing)
      }
      let least = entries.compactMap { $0?.value }.filter(\.isFinite).min()
      table.append(row, weight: least.map { -$0 } ?? .nan)
    }
    return table
  }

  /// The settings of one run, or those that differ between the runs.
  public func configurationTable(_ run: RunFinding) -> TextTable {
    var table = TextTable([TextTable.Column("setting"), .init("value")])
    for setting in run.configuration { table.append([setting.name, setting.value]) }
    return table
  }

  /// The settings in which the runs differ, a column a run.
  public func differenceTable() -> TextTable {
    var table = TextTable([TextTable.Column("setting")] + runs.map { .init($0.name) })
    // What was typed says no more than the options do, at length.
    for key in union(runs.map { $0.configuration.map(\.name) }) where key != "command" {
      let values = runs.map { run in run.configuration.first { $0.name == key }?.value ?? NumberText.missing }
      if Set(values).count > 1 { table.append([key] + values) }
    }
    return table
  }

  /// All names in the order they are first seen.
  func union(_ lists: [[String]]) -> [String] {
    var seen = Set<String>()
    return lists.joined().filter { seen.insert($0).inserted }
  }
}
