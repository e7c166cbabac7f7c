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
      "{target}: {ways}; with {amount}, fine-tuning gains {x} over the head alone.",
      { gains($0) { $0 > 0 && $1 } }
    ),
    (
      "{target}: {ways}; with {amount}, fine-tuning gains {x} over the head alone (",
      { gains($0) { $0 >= 0 && !$1 } }
    ),
    (
      "{target}: {ways}; with {amount}, fine-tuning falls {x} short of the head alone.",
      { gains($0) { $0 < 0 && $1 } }
    ),
    (
      "{target}: {ways}; with {amount}, fine-tuning falls {x} short of the head alone (",
      { gains($0) { $0 < 0 && !$1 } }
    ),
    ("{target}: {ways}.", { map in map.rows.contains { $0.dissimilarity.isNaN } }),
    ("The cheapest way wins of which the seeds establish that no other has", { $0.score.direction == .up }),
    ("The cheapest way wins of which the seeds establish that no other is", { $0.score.direction == .down }),
    ("Else the cell is undecided, and names the way whose mean is highest", { $0.score.direction == .up }),
    ("Else the cell is undecided, and names the way whose mean is lowest", { $0.score.direction == .down }),
    ("… undecided", { map in cells(map).contains { $0.winner == nil } }),
    ("… nothing was", { map in map.rows.contains { $0.cells.allSatisfy { $0.leader == nil } } }),
  ]

  /// Means of three ways, and how far their seeds disagree.
  private typealias Ways = (means: [Double?], noise: Double)

  /// Of a score of which less is better, what is missing to 3.
  private static func cell(_ amount: Int?, _ ways: Ways, seeds: Int, of score: Score) -> TransferMap.Cell {
    let values = zip([TransferStrategy.head, .tuning, .scratch], ways.means).compactMap { strategy, mean in
      let own: Double = strategy == .head ? ways.noise : strategy == .tuning ? 0 : -ways.noise
      return mean.map { mean -> (TransferStrategy, [Double]) in
        let values: [Double] = Array([mean - 0.01 + own, mean + 0.01 - own, mean, mean + own].prefix(seeds))
        return (strategy, score.direction == .up ? values : values.map { 3 - $0 })
      }
    }
    let isUp = score.direction == .up
    return .init(
      amount: isUp ? amount : nil, drawnCount: isUp ? nil : amount, exampleCount: 100, testCount: 10_000, score: score,
      values: Dictionary(uniqueKeysWithValues: values))
  }

  private static func findings() -> [TransferMap] {
    let all: [Ways] = [
      ([0.5, 0.9, 0.6], 0.002), ([0.9, 0.5, 0.6], 0.002), ([0.85, 0.9, 0.6], 0.04), ([0.905, 0.9, 0.6], 0.04),
      ([nil, nil, nil], 0), ([nil, nil, 0.6], 0.002),
    ]
    let pairs = all.flatMap { first in all.map { (first, $0) } }
    let runs: [(Int, Score)] =
      [1, 2, 3, 4].flatMap { [($0, Score.accuracy), ($0, OtherScores.all[0])] }
      + OtherScores.all.dropFirst().map { (3, $0) }
    return pairs.enumerated().flatMap { number, pair in
      let (near, far) = pair
      // Those of numbers and other shares are long in the making.
      return runs.prefix(number < all.count ? runs.count : 8).flatMap { seeds, score -> [TransferMap] in
        [[5, nil], [nil], [5], [5, 50]].map { (amounts: [Int?]) in
          let rows = [("Near", near, far), ("Far", far, near)].map { name, first, second in
            TransferMap.Row(
              target: name,
              cells: amounts.enumerated().map { cell($1, $0 == 0 ? first : second, seeds: seeds, of: score) })
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
      let said = Sentences.ofPage(map.html(title: "t")) + worded.findings + [map.headline]
      table.check(said, of: map)
      OtherScores.expectFitting(said.filter { !$0.contains("fine-tuning falls ") }, map.score)
    }
    table.finish()
  }
}
