import Checkpoints
import Findings

extension RunRecord {
  /// By which examples the run chose its epoch, or how it went on; nil where it chose nothing.
  public var choiceBasis: ChoiceBasis? {
    let options = trainingOptions
    let rule = options?.selectionRule ?? state.best.flatMap { try? SelectionRule(parsing: $0.rule) }
    var choices: [ChoiceBasis.Choice] = rule == nil ? [] : [.epoch]
    let stopping = options?.stopRule?.quantity
    if options?.patience != nil || stopping != nil { choices.append(.stop) }
    if case .plateau = options?.schedule.shape { choices.append(.learningRate) }
    if case .onPlateau = options?.unfreezing { choices.append(.unfreezing) }
    guard !choices.isEmpty else { return nil }
    let quantities = rule?.quantities ?? []
    func stops(by known: Set<StopRule.Quantity>) -> Bool { stopping.map(known.contains) ?? false }
    var basis = basis(
      of: choices,
      target: options?.waitsForPlateau == true || !SelectionRule.Quantity.ofTarget.isDisjoint(with: quantities)
        || stops(by: StopRule.Quantity.ofTarget),
      source: !SelectionRule.Quantity.ofSource.isDisjoint(with: quantities) || stops(by: StopRule.Quantity.ofSource),
      proxy: quantities.contains(.agreement))
    // A rule that ends the run asks a sample of those that choose.
    if rule == nil, options?.patience == nil, choices == [.stop], let watch = state.watch {
      basis.choosing = ChoiceBasis.Counts(
        source: basis.choosing.source.flatMap { _ in watch.source?.count },
        target: basis.choosing.target.map { _ in watch.target.count })
    }
    return basis
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
