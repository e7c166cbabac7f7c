import Evaluation

extension TrainingRun {
  /// By what the best epoch is chosen; nil where the last is taken.
  var selectionRule: SelectionRule? { options.selectionRule }

  /// The best epoch so far, where the run has a rule; epoch 0 counts only where nothing else is there.
  func selection(of history: [EpochRecord]) -> Selection? {
    guard let rule = selectionRule, let first = history.first else { return nil }
    guard history.count > 1 else { return rule.best(of: [first.figures(first: first)], lowIsBetter: first.lowIsBetter) }
    var best = rule.best(
      of: history.dropFirst().map { $0.figures(first: first) }, lowIsBetter: history[1].lowIsBetter)
    best?.index += 1
    return best
  }

  /// Whether there was no better epoch for as long as the patience lasts.
  func hasStopped(_ history: [EpochRecord]) -> Bool {
    guard let patience = options.patience, history.count > 1, let best = selection(of: history) else { return false }
    return history.count - 1 - best.index >= patience
  }

  /// - Throws: ``TrainingError/missingData(_:value:_:)`` for a rule on what the run does not measure.
  func checkSelection() throws {
    if let rule = options.stopRule, source == nil, StopRule.Quantity.ofSource.contains(rule.quantity) {
      throw TrainingError.missingData(.stopRule, value: rule.description, .source)
    }
    guard let rule = options.selection else { return }
    let needs =
      SelectionRule.Quantity.allCases.filter(SelectionRule.Quantity.ofSource.contains)
      .map { ($0, source != nil, TrainingError.Need.source) } + [(.agreement, proxy != nil, .proxy)]
    for (quantity, isThere, need) in needs where !isThere && rule.quantities.contains(quantity) {
      throw TrainingError.missingData(.selection, value: quantity.rawValue, need)
    }
  }

  /// - Throws: `EvaluationError.cannotAgree` where two answers to the proxy's examples cannot be compared, or are only near
  ///   or far and an epoch is to be chosen by their agreement.
  func checkAgreement() throws {
    guard let kind = kinds.proxy else { return }
    let choosesByAgreement = options.selectionRule?.quantities.contains(.agreement) == true
    if kind.outputMeaning == nil || (kind.outputMeaning == .numbers && choosesByAgreement) {
      throw EvaluationError.cannotAgree(kind: kind.words)
    }
  }
}
