import Checkpoints
import Findings
import Metrics
import Models
import Torch

/// A remedy that was measured, and what it changes.
public struct TriedRemedy {
  /// What it regains and costs.
  public let finding: Remedy
  let change: ModelChange
}

/// What can be done about forgetting without training again, tried on examples that had no part in choosing it.
public struct RemedyMeasure {
  private let models: ComparedModels

  /// Of two models.
  public init(_ models: ComparedModels) { self.models = models }

  /// Remedies by what they regain less what they cost, where both have one unit; those that regain nothing are left out. The
  /// temperature that mends the source's confidence, which regains none of the score, is the last.
  ///
  /// What is to be chosen (how far, which layers) is chosen on one half of the test examples, and all is measured on the
  /// other.
  public func tried() throws -> [TriedRemedy] { try regaining() + [temperature()].compactMap { $0 } }

  /// Nil where there was no confidence to mend, or nothing that is established to mend it.
  private func temperature() throws -> TriedRemedy? {
    models.progress.begin("confidence")
    guard let (confidence, change) = try ConfidenceMeasure(models).temperature() else { return nil }
    let action = "divide the scores of the source head by \(Self.text(confidence.temperature))"
    let remedy = Remedy(kind: .temperature, action: action)
    guard var finding = try measured([(remedy, change)]).first?.finding else { return nil }
    (finding.gain, finding.confidence) = (.unmeasured, confidence)
    return TriedRemedy(finding: finding, change: change)
  }

  private func regaining() throws -> [TriedRemedy] {
    var chosen: [(remedy: Remedy, change: ModelChange)] = []
    func choose(_ kind: Remedy.Kind, _ action: String, _ change: ModelChange, layers: [String] = []) {
      chosen.append((Remedy(kind: kind, action: action, layers: layers), change))
    }
    if let change = try models.reestimatedStatistics() {
      models.progress.begin("running statistics")
      choose(.statistics, "re-estimate the running statistics on the source", change)
    }
    if try models.canRefitHead() {
      models.progress.begin("the source head")
      if let change = try models.refittedHead().change { choose(.head, "refit the source head", change) }
    }
    if let balance = NewClassBalance(models) {
      models.progress.begin("the target's own classes")
      if let change = try balance.alignment() {
        choose(.alignment, "align the head's rows of the target's own classes with the others", change)
      }
      if let (change, offset) = try balance.offset() {
        choose(.offset, "move the head's biases of the target's own classes by \(Self.text(offset))", change)
      }
    }
    models.progress.begin("rewinding")
    let set = try models.smallestSet()
    if !set.isEmpty {
      let names = set.map(\.name)
      choose(.rewind, "rewind \(names.joined(separator: ", "))", models.rewound(set), layers: names)
    }
    // How far to go is weighed by both tasks.
    if models.areCommensurable {
      let search = InterpolationSearch(models)
      let whole = try search.bestShare()
      if whole.share > 0 {
        choose(.interpolation, "interpolate \(Self.text(whole.share)) of the way to the source", whole.change)
      }
      let blocks = try search.bestShares(from: whole)
      if Set(blocks.shares.map(\.share)).count > 1 {
        let list = blocks.shares.filter { $0.share > 0 }.map { "\($0.block) \(Self.text($0.share))" }
        choose(.blockInterpolation, "interpolate by block: \(list.joined(separator: ", "))", blocks.change)
      }
    }
    models.progress.begin("what helps", of: chosen.count * models.judgedCount(half: .judging))
    return helping(try measured(chosen))
  }

  /// The best first; by what they regain alone where costs are counted in another unit.
  private func helping(_ tried: [TriedRemedy]) -> [TriedRemedy] {
    func merit(_ remedy: Remedy) -> Double { models.areCommensurable ? remedy.merit : remedy.gain.value }
    return tried.filter { $0.finding.gain.value > 0 }.sorted { merit($0.finding) > merit($1.finding) }
  }

  private static func text(_ share: Double) -> String {
    "\(share < 0 ? "−" : "")\(abs((share * 100).rounded() / 100))"
  }

  /// What remedies bring and cost on the half that had no part in choosing them.
  private func measured(_ chosen: [(remedy: Remedy, change: ModelChange)]) throws -> [TriedRemedy] {
    let half = Half.judging
    let now = try models.answersAfter()
    let (source, target) = (half.take(now.source), now.target.map(half.take))
    let sources = try models.sourceAnswers(changing: chosen.map(\.change), half: half)
    let targets = try models.targetAnswers(changing: chosen.map(\.change), half: half)
    return chosen.enumerated().map { number, entry in
      var random = RandomSource(seed: 4)
      var finding = entry.remedy
      finding.gain = source.gain(to: sources[number], using: &random).gain
      if let target, let own = targets?[number] { finding.cost = -target.gain(to: own, using: &random).gain }
      finding.count = source.count
      return TriedRemedy(finding: finding, change: entry.change)
    }
  }
}

extension ComparedModels {
  /// The checkpoint after, with a remedy applied.
  public func checkpoint(applying remedy: TriedRemedy, epoch: Int) throws -> Checkpoint {
    try applying(remedy.change) { try after.checkpoint(epoch: epoch) }
  }
}
