import Datasets
import Findings
import Models

/// Measures how far a model agrees with what it said when this was made, on examples that stand in for the source's.
public struct ProxyMeter {
  private let meter: DivergenceMeter

  /// - Parameter kind: of the source's task, whose outputs are classes.
  /// - Throws: ``EvaluationError`` where the examples do not fit the model, or the outputs are no classes.
  public init(
    of model: Model, task: String, on split: Split, dataset: String, kind: any TaskKind = Classification()
  ) throws {
    try self.init(
      of: model, task: task, on: split, dataset: dataset, kind: kind, mostStored: AnswersBefore.mostStored)
  }

  /// - Parameter mostStored: bytes that stored answers take at most.
  init(
    of model: Model, task: String, on split: Split, dataset: String, kind: any TaskKind, mostStored: Int
  ) throws {
    guard kind.canAgree else { throw EvaluationError.cannotAgree(kind: kind.words) }
    meter = try DivergenceMeter(
      of: model, task: task, on: split, dataset: dataset, kind: kind, labelKind: kind,
      mostStored: mostStored)
  }

  /// How far the model agrees now.
  public func measure(_ model: Model) throws -> ProxyAgreement {
    let sums = try meter.sums(model)
    let placeCount = sums.counts.reduce(0, +)
    return ProxyAgreement(
      agreement: sums.agreements.reduce(0, +) / placeCount, divergence: sums.divergences.reduce(0, +) / placeCount,
      count: meter.count, places: meter.places)
  }
}

extension TaskKind {
  /// Whether two models can be said to agree on an example, or on parts of it, rather than to be near each other.
  public var canAgree: Bool { if case .classes? = outputMeaning { true } else { false } }
}
