import Checkpoints
import Datasets
import Evaluation
import Findings
import Foundation
import Metrics

extension TrainingOptions {
  /// Whether the target's accuracy decides how training goes on: when rates fall, or blocks are unfrozen.
  var waitsForPlateau: Bool {
    if case .plateau = schedule.shape { return true }
    if case .onPlateau = unfreezing { return true }
    return false
  }

  /// By what the best epoch is chosen; nil where the last is taken.
  public var selectionRule: SelectionRule? { selection ?? patience.map { _ in .target } }

  /// Whether accuracies decide how the training goes on, or which epoch it stands for.
  public var choosesByScores: Bool { waitsForPlateau || selectionRule != nil || stopRule != nil }

  /// Places of the training examples that are used, drawn by the seed; nil where all are.
  func exampleIndices(of split: Split) -> [Int]? {
    guard let exampleCount, exampleCount < split.count else { return nil }
    var random = RandomSource(seed: seed)
    return random.sample(exampleCount, of: split.count)
  }
}

/// What becomes of the examples of a run's data.
struct DividedData {
  let target: DividedDataset
  let source: DividedDataset?
  let proxy: DividedDataset?

  /// The examples with the numbers that the heads have for their classes; the proxy's do not count.
  func renumbered(by classes: JudgedClasses, as kinds: RunKinds) -> DividedData {
    DividedData(
      target: target.mapping { $0.renumbered(by: classes.target, as: kinds.target) },
      source: source.map { data in
        data.mapping { $0.renumbered(by: classes.source, as: kinds.source ?? Classification()) }
      }, proxy: proxy)
  }
}

extension TrainingRun {
  /// Of what is only looked at, so large a part of the test examples chooses, the same in all runs: its training examples
  /// are no choice, as the network that the run begins with has seen them.
  static let lookedAtFraction = 0.5

  /// The examples by what becomes of them, in a run that begins.
  func division() throws -> DividedData {
    let targetChooses =
      holdsAllAside || options.waitsForPlateau || choosesBy(SelectionRule.Quantity.ofTarget)
      || stopsBy(StopRule.Quantity.ofTarget)
    return DividedData(
      target: try divided(target, chooses: targetChooses), source: try sourceDivision(),
      proxy: try proxy.map { try lookedAt($0, chooses: holdsAllAside || choosesBy([.agreement])) })
  }

  /// How many examples a run that begins is trained on.
  ///
  /// - Throws: `DatasetError/cannotHoldOut(dataset:fraction:reason:)`.
  public var trainedCount: Int { get throws { try division().target.training.count } }

  /// The source's examples by what becomes of them, in a run that begins.
  func sourceDivision() throws -> DividedDataset? {
    try source.map {
      let chooses = choosesBy(SelectionRule.Quantity.ofSource) || stopsBy(StopRule.Quantity.ofSource)
      return try lookedAt($0, chooses: holdsAllAside || chooses)
    }
  }

  /// Whether examples of all tasks are held aside: for a choice among runs, whoever makes it.
  private var holdsAllAside: Bool {
    if case .fraction = options.validation, !options.choosesByScores { return true }
    return isChosenAmong
  }

  private func stopsBy(_ quantities: Set<StopRule.Quantity>) -> Bool {
    options.stopRule.map { quantities.contains($0.quantity) } ?? false
  }

  private func choosesBy(_ quantities: Set<SelectionRule.Quantity>) -> Bool {
    selectionRule.map { !$0.quantities.isDisjoint(with: quantities) } ?? false
  }

  /// Divides data that nothing is trained on.
  private func lookedAt(_ data: Dataset, chooses: Bool) throws -> DividedDataset {
    let origin: ValidationReference.Origin? =
      !chooses || options.validation == .test ? nil : data.validation == nil ? .test : .own
    return try data.divided(choosingFrom: origin, fraction: Self.lookedAtFraction, seed: 0)
  }

  /// Divides data as a run that is trained on them does.
  private func divided(_ data: Dataset, chooses: Bool) throws -> DividedDataset {
    let (origin, fraction): (ValidationReference.Origin?, Double) =
      switch options.validation {
      case .test: (nil, ValidationRule.standardFraction)
      case .fraction(let fraction): (.train, fraction)
      case nil: (chooses ? data.validation == nil ? .train : .own : nil, ValidationRule.standardFraction)
      }
    return try data.divided(
      choosingFrom: origin, fraction: fraction, seed: options.seed, using: options.exampleIndices(of: data.train))
  }

  /// The examples by what becomes of them, in a run that goes on: as when it began.
  ///
  /// - Throws: ``TrainingError/badResume(_:)`` where others would choose than before.
  func division(as known: RunData) throws -> DividedData {
    func divided(_ role: String, _ data: Dataset, _ reference: DataReference?, _ places: [Int]?) throws
      -> DividedDataset
    {
      let found = try data.divided(as: reference?.validation, using: places)
      guard found.reference?.fingerprint == reference?.validation?.fingerprint else {
        throw TrainingError.badResume("the \(role)'s validation examples are not those it began with ('\(data.name)')")
      }
      return found
    }
    return DividedData(
      target: try divided("target", target, known.target, options.exampleIndices(of: target.train)),
      source: try source.map { try divided("source", $0, known.source, nil) },
      proxy: try proxy.map { try divided("proxy", $0, known.proxy, nil) })
  }

  /// The examples of an earlier task that regularizers may use: not those that chose when it was learnt.
  func examples(ofEarlier data: Dataset, besides division: DividedData) throws -> Split {
    guard earlier != nil, division.target.reference != nil else { return data.train }
    return data.train.leavingOut(try divided(data, chooses: true).heldPlaces)
  }

  /// Whether the runs in a folder were made without examples that choose, as all were before there were such: those that
  /// join them are then made alike, with ``ValidationRule/test``.
  public static func areUndivided(in folder: String) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let first = names.sorted().lazy.compactMap { try? Run.open("\(folder)/\($0)").record }
      .first { $0.state.kind == .training && $0.data.target != nil }
    return first.map { $0.data.target?.validation == nil && $0.data.source?.validation == nil } ?? false
  }
}
