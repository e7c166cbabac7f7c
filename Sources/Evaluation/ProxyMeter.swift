import Datasets
import Findings
import Models
import Torch

/// Measures how far a model agrees with what it said when this was made, on examples that stand in for the source's.
public struct ProxyMeter {
  private let meter: DivergenceMeter

  /// - Parameter kind: of the source's task, which says what its outputs are.
  /// - Throws: ``EvaluationError`` where the examples do not fit the model, or nobody says what the outputs are.
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
    meter = try DivergenceMeter(
      of: model, task: task, on: split, dataset: dataset, kind: kind, labelKind: kind,
      mostStored: mostStored)
  }

  /// How far the model agrees now.
  ///
  /// - Parameter processes: those that measure together, each with a meter like this one; nil for one by itself.
  public func measure(_ model: Model, by processes: ProcessGroup? = nil) throws -> ProxyAgreement {
    let sums = try meter.sums(model, by: processes)
    let placeCount = sums.counts.reduce(0, +)
    return ProxyAgreement(
      agreement: sums.agreements.reduce(0, +) / placeCount, divergence: sums.divergences.reduce(0, +) / placeCount,
      count: meter.count, places: meter.places, unit: meter.unit)
  }
}
