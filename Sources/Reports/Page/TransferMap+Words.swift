import Findings

/// What a transfer map says in sentences.
extension TransferMap {
  /// Sets the words that its JSON has beside the numbers.
  public mutating func putIntoWords() {
    protocolText = schedule.text
    findings = sentences
  }

  /// What wins with how much data, a sentence a target, and what fine-tuning gains.
  public var sentences: [String] {
    rowsBySimilarity.map { row in
      guard row.dissimilarity.isFinite else { return "\(row.target): \(winners(of: row))." }
      let isEstablished = row.tuningGain?.isMore == true || row.tuningGain?.isLess == true
      let doubt = isEstablished ? "" : " (not established)"
      let most = row.cells.last.flatMap { $0.amount ?? $0.drawnCount }.map { "\($0) \(amountUnit)" } ?? "all"
      let gain =
        row.dissimilarity < 0
        ? "falls \(score.amount(-row.dissimilarity)) short of"
        : "gains \(score.amount(row.dissimilarity)) over"
      return "\(row.target): \(winners(of: row)); with \(most), fine-tuning \(gain) the head alone\(doubt)."
    }
  }

  /// What wins with how much data of a target, over its picture.
  func title(of row: Row) -> String {
    let winners = winners(of: row)
    return winners.prefix(1).uppercased() + winners.dropFirst()
  }

  /// `head alone with 5 examples a class, undecided with 50 (fine-tuning leads), fine-tuning with all examples`.
  private func winners(of row: Row) -> String {
    var runs: [(standing: TransferMap.Standing, first: String, last: String)] = []
    for cell in row.cells {
      guard let standing = cell.standing else { continue }
      let amount = cell.amountText
      if let open = runs.last, open.standing == standing {
        runs[runs.count - 1].last = amount
      } else {
        runs.append((standing, amount, amount))
      }
    }
    let parts = runs.map { run in
      let range = run.first == run.last ? run.first : "\(run.first) to \(run.last)"
      let amount = "\(range) \(range == "all" ? "examples" : amountUnit)"
      return run.standing.isWin
        ? "\(run.standing.strategy.rawValue) with \(amount)"
        : "undecided with \(amount) (\(run.standing.strategy.rawValue) leads)"
    }
    return parts.isEmpty ? "nothing was measured" : parts.joined(separator: ", ")
  }

  /// CS231n's four cases in a sentence: what wins with the least data and with the most, for near and far targets.
  public var headline: String {
    let standings = rows.flatMap { $0.cells.compactMap(\.standing) }
    guard !standings.isEmpty else { return "Nothing was measured" }
    if let only = standings.first, standings.allSatisfy({ $0.strategy == only.strategy }) {
      let name = only.strategy.rawValue.prefix(1).uppercased() + only.strategy.rawValue.dropFirst()
      if standings.allSatisfy(\.isWin) { return "\(name) wins everywhere" }
      return standings.contains(where: \.isWin)
        ? "\(name) leads everywhere, which is not established for every amount"
        : "\(name) leads everywhere, which \(seeds) do not establish"
    }
    guard standings.contains(where: \.isWin) else {
      return "\(seeds.prefix(1).uppercased() + seeds.dropFirst()) do not establish which way wins"
    }
    func winners(_ data: Case.Amount) -> String {
      let found = cases.filter { $0.data == data && $0.leader != nil }
      let groups = (TransferStrategy.allCases.map { Optional($0) } + [nil]).map { winner in
        (name: winner?.rawValue ?? "undecided", cases: found.filter { $0.winner == winner })
      }.filter { !$0.cases.isEmpty }
      return groups.map { name, cases in
        name + (groups.count > 1 ? " for \(cases.map(\.target).joined(separator: " and "))" : "")
      }.joined(separator: ", ")
    }
    return amounts.count > 1
      ? "With little data \(winners(.little)); with much \(winners(.much))"
      : "With \(amounts.first == "all" ? "all examples" : "\(amounts[0]) \(amountUnit)") \(winners(.much))"
  }

  /// The seeds, as the subject of a sentence: `one seed alone or two`.
  private var seeds: String {
    schedule.seedCount < SeedComparison.fewestSeeds
      ? "fewer than \(SeedComparison.fewestSeeds) seeds" : "\(schedule.seedCount) seeds"
  }

  /// How a winner is told, in a sentence.
  var rule: String {
    "The cheapest way wins of which the seeds establish that no other \(score.ruleWords), if they also establish that "
      + "every cheaper one does worse than the best. Else the cell is undecided, and names the way whose mean is "
      + (score.direction == .up ? "highest." : "lowest.")
  }
}

extension TransferMap {
  /// Names of the amounts: `5`, `20`, `all`.
  var amounts: [String] { rows.first?.cells.map(\.amountText) ?? [] }

  /// Whether amounts are of each class, as those of classification.
  var isPerClass: Bool { score == .accuracy && rows.allSatisfy { $0.cells.allSatisfy { $0.drawnCount == nil } } }

  /// What amounts are of: `examples a class`.
  var amountUnit: String { isPerClass ? "examples a class" : "examples" }
}

extension TransferMap {
  /// What is to be said of the ways at one place: which one wins, or leads without that being established.
  struct Standing: Equatable {
    let strategy: TransferStrategy
    let isWin: Bool

    /// Nil where nothing was measured.
    init?(winner: TransferStrategy?, leader: TransferStrategy?) {
      guard let strategy = winner ?? leader else { return nil }
      self.strategy = strategy
      isWin = winner != nil
    }

    var text: String { isWin ? strategy.rawValue : "undecided, \(strategy.rawValue) leads" }
  }
}

extension TransferMap.Case {
  var standing: TransferMap.Standing? { .init(winner: winner, leader: leader) }
}

extension TransferMap.Cell {
  var standing: TransferMap.Standing? { .init(winner: winner, leader: leader) }

  var amountText: String { (amount ?? drawnCount).map(String.init) ?? "all" }

  func text(_ strategy: TransferStrategy) -> String { result(strategy)?.plain ?? NumberText.missing }
}
