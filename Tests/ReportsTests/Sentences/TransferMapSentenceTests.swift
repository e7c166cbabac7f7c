import Findings
import Testing

@testable import Reports

/// Transfer maps of all kinds, and what is said of them: see the article's table.
@Suite struct TransferMapSentenceTests {
  private static func cells(_ map: TransferMap) -> [TransferMap.Cell] {
    map.rows.flatMap(\.cells).filter { $0.leader != nil }
  }

  private static func leaders(_ map: TransferMap) -> Set<TransferStrategy> { Set(cells(map).compactMap(\.leader)) }

  private static func gains(_ map: TransferMap, _ holds: (Double, Bool) -> Bool) -> Bool {
    map.rows.contains { row in
      row.tuningGain.map { holds($0.difference.value, $0.isMore || $0.isLess) } == true
    }
  }

  private static let licences: [SentenceTable<TransferMap>.Licence] = [
    ("{way} wins everywhere", { Set(cells($0).map(\.winner)).count == 1 && cells($0)[0].winner != nil }),
    ("{way} leads everywhere, which is", { map in cells(map).contains { $0.winner != nil } }),
    ("{way} leads everywhere, which {seeds}", { map in cells(map).allSatisfy { $0.winner == nil } }),
    ("{seeds} do not establish", { map in cells(map).allSatisfy { $0.winner == nil } && leaders(map).count > 1 }),
    ("With little data", { map in cells(map).contains { $0.winner != nil } && map.amounts.count > 1 }),
    ("With {amount}", { map in cells(map).contains { $0.winner != nil } && map.amounts.count == 1 }),
    ("Nothing was measured", { map in map.rows.contains { $0.cells.allSatisfy { $0.leader == nil } } }),
    (
      "{target}: {ways}; with {amount}, fine-tuning gains {x} points over the head alone.",
      { gains($0) { $0 > 0 && $1 } }
    ),
    (
      "{target}: {ways}; with {amount}, fine-tuning gains {x} points over the head alone (",
      { gains($0) { $0 >= 0 && !$1 } }
    ),
    (
      "{target}: {ways}; with {amount}, fine-tuning falls {x} points short of the head alone.",
      { gains($0) { $0 < 0 && $1 } }
    ),
    (
      "{target}: {ways}; with {amount}, fine-tuning falls {x} points short of the head alone (",
      { gains($0) { $0 < 0 && !$1 } }
    ),
    ("{target}: {ways}.", { map in map.rows.contains { $0.dissimilarity.isNaN } }),
    ("… undecided", { map in cells(map).contains { $0.winner == nil } }),
    ("… nothing was", { map in map.rows.contains { $0.cells.allSatisfy { $0.leader == nil } } }),
  ]

  /// Means of three ways, and how far their seeds disagree.
  private typealias Ways = (means: [Double?], noise: Double)

  private static func cell(_ amount: Int?, _ ways: Ways, seeds: Int) -> TransferMap.Cell {
    let values = zip([TransferStrategy.head, .tuning, .scratch], ways.means).compactMap { strategy, mean in
      let own: Double = strategy == .head ? ways.noise : strategy == .tuning ? 0 : -ways.noise
      return mean.map { (strategy, Array([$0 - 0.01 + own, $0 + 0.01 - own, $0, $0 + own].prefix(seeds))) }
    }
    return .init(
      amount: amount, exampleCount: 100, testCount: 10_000, values: Dictionary(uniqueKeysWithValues: values))
  }

  private static func findings() -> [TransferMap] {
    let all: [Ways] = [
      ([0.5, 0.9, 0.6], 0.002), ([0.9, 0.5, 0.6], 0.002), ([0.85, 0.9, 0.6], 0.04), ([0.905, 0.9, 0.6], 0.04),
      ([nil, nil, nil], 0), ([nil, nil, 0.6], 0.002),
    ]
    let pairs = all.flatMap { first in all.map { (first, $0) } }
    return pairs.flatMap { near, far in
      [1, 2, 3, 4].flatMap { seeds -> [TransferMap] in
        [[5, nil], [nil], [5], [5, 50]].map { (amounts: [Int?]) in
          let rows = [("Near", near, far), ("Far", far, near)].map { name, first, second in
            TransferMap.Row(
              target: name,
              cells: amounts.enumerated().map { cell($1, $0 == 0 ? first : second, seeds: seeds) })
          }
          return TransferMap(
            rows: rows, schedule: TransferSchedule(epochCount: 2, learningRate: 0.03, seedCount: seeds))
        }
      }
    }
  }

  @Test func everySentenceStandsInTheTableAndItsEvidenceHolds() throws {
    var table = try SentenceTable(["Transfer map"], licences: Self.licences)
    for map in Self.findings() {
      var worded = map
      worded.putIntoWords()
      table.check(Sentences.ofPage(map.html(title: "t")) + worded.findings + [map.headline], of: map)
    }
    table.finish()
  }
}
