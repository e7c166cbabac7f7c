import Checkpoints
import Findings

extension RunRecord {
  /// By which examples the run chose its epoch, or how it went on; nil where it chose nothing.
  public var choiceBasis: ChoiceBasis? {
    let options = trainingOptions
    let rule = options?.selectionRule ?? state.best.flatMap { try? SelectionRule(parsing: $0.rule) }
    var choices: [ChoiceBasis.Choice] = rule == nil ? [] : [.epoch]
    if options?.patience != nil { choices.append(.stop) }
    if case .plateau = options?.schedule.shape { choices.append(.learningRate) }
    if case .onPlateau = options?.unfreezing { choices.append(.unfreezing) }
    guard !choices.isEmpty else { return nil }
    let quantities = rule?.quantities ?? []
    return basis(
      of: choices,
      target: options?.waitsForPlateau == true || !SelectionRule.Quantity.ofTarget.isDisjoint(with: quantities),
      source: !SelectionRule.Quantity.ofSource.isDisjoint(with: quantities), proxy: quantities.contains(.agreement))
  }

  /// By which examples something is chosen that the run's scores have a say in.
  ///
  /// A run of a version that held no examples aside has its test examples choose.
  ///
  /// - Parameters:
  ///   - choices: what is chosen.
  ///   - target: whether the target's scores have a say; likewise the others.
  public func basis(
    of choices: [ChoiceBasis.Choice], target: Bool = true, source: Bool = true, proxy: Bool = false
  ) -> ChoiceBasis {
    let (target, source, proxy) = (target ? data.target : nil, source ? data.source : nil, proxy ? data.proxy : nil)
    func counts(_ count: (DataReference) -> Int?) -> ChoiceBasis.Counts {
      ChoiceBasis.Counts(source: source.flatMap(count), proxy: proxy.flatMap(count), target: target.flatMap(count))
    }
    let asked = [target, source, proxy].compactMap { $0 }
    let judging = counts(\.judgingCount)
    guard !asked.isEmpty, asked.allSatisfy({ $0.validation != nil }) else {
      return ChoiceBasis(.test, choices: choices, choosing: judging, judging: judging)
    }
    return ChoiceBasis(.validation, choices: choices, choosing: counts(\.validation?.count), judging: judging)
  }
}
