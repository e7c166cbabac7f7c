import Checkpoints
import Findings

extension RunRecord {
  /// By which examples the run chose its epoch, or how it went on; nil where it chose nothing.
  ///
  /// A run of a version that held no examples aside chose on its test examples.
  public var choiceBasis: ChoiceBasis? {
    let options = trainingOptions
    let rule = options?.selectionRule ?? state.best.flatMap { try? SelectionRule(parsing: $0.rule) }
    var choices: [ChoiceBasis.Choice] = rule == nil ? [] : [.epoch]
    if options?.patience != nil { choices.append(.stop) }
    if case .plateau = options?.schedule.shape { choices.append(.learningRate) }
    if case .onPlateau = options?.unfreezing { choices.append(.unfreezing) }
    guard !choices.isEmpty else { return nil }
    let quantities = rule?.quantities ?? []
    func has(_ own: Set<SelectionRule.Quantity>) -> Bool { !own.isDisjoint(with: quantities) }
    let hasTarget = options?.waitsForPlateau == true || has(SelectionRule.Quantity.ofTarget)
    let source = has(SelectionRule.Quantity.ofSource) ? data.source : nil
    let proxy = has([.agreement]) ? data.proxy : nil
    let asked = [hasTarget ? data.target : nil, source, proxy].compactMap { $0 }
    func counts(_ count: (DataReference) -> Int?) -> ChoiceBasis.Counts {
      ChoiceBasis.Counts(
        source: source.flatMap(count), proxy: proxy.flatMap(count), target: hasTarget ? data.target.flatMap(count) : nil)
    }
    let judging = counts(\.judgingCount)
    guard !asked.isEmpty, asked.allSatisfy({ $0.validation != nil }) else {
      return ChoiceBasis(.test, choices: choices, choosing: judging, judging: judging)
    }
    return ChoiceBasis(.validation, choices: choices, choosing: counts(\.validation?.count), judging: judging)
  }
}
