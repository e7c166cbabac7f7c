import Datasets
import Evaluation
import Models
import Torch

extension ComparedModels {
  /// Source and target examples that each change is judged on.
  func judgedCount(half: Half? = nil) -> Int {
    let counts = [sourceTest.count, targetTest?.count ?? 0]
    return counts.reduce(0) { $0 + (half?.indices(of: $1).count ?? $1) }
  }
}

// What the model after comes to with changes made to it, many at a time: what they leave as it is, from the input on, is
// computed once for each batch.
extension ComparedModels {
  /// What the model after makes of the source's examples with each of some changes.
  ///
  /// - Parameters:
  ///   - base: a change that all of them are made on top of.
  ///   - half: only those of one half.
  func sourceAnswers(
    changing changes: [ModelChange], from base: ModelChange = ModelChange(), half: Half? = nil
  ) throws -> [Answers] {
    try after.withHead(of: sourceTask) {
      try answers(
        changing: changes, from: base, on: half?.take(sourceTest) ?? sourceTest, dataset: source.name, kind: sourceKind
      ) {
        let known = try answersAfter().source
        return half?.take(known) ?? known
      }
    }
  }

  /// Of the target's examples; nil without a target.
  func targetAnswers(
    changing changes: [ModelChange], from base: ModelChange = ModelChange(), half: Half? = nil
  ) throws -> [Answers]? {
    guard let targetTest, let targetTask, let target else { return nil }
    return try after.withHead(of: targetTask) {
      try answers(
        changing: changes, from: base, on: half?.take(targetTest) ?? targetTest, dataset: target.name, kind: targetKind
      ) {
        guard let known = try answersAfter().target else { preconditionFailure("a target without answers") }
        return half?.take(known) ?? known
      }
    }
  }

  /// With the head in place that judges.
  ///
  /// - Parameter unchanged: what the model after comes to as it is.
  private func answers(
    changing changes: [ModelChange], from base: ModelChange, on split: Split, dataset: String, kind: any TaskKind,
    unchanged: () throws -> Answers
  ) throws -> [Answers] {
    let common = try replacements(by: base)
    let versions = try changes.map(replacements)
    // Another task's head changes nothing of this one.
    let judged = versions.indices.filter { !common.isEmpty || !versions[$0].isEmpty }
    let results =
      try judged.isEmpty
      ? []
      : evaluator.evaluate(
        after, replacing: common, versions: judged.map { versions[$0] }, on: split, dataset: dataset, kind: kind,
        onExamples: progress.advanceTogether)
    var found = Dictionary(uniqueKeysWithValues: zip(judged, results.map { Answers(kind, of: $0) }))
    return try versions.indices.map { version in
      if let known = found[version] { return known }
      let known = try unchanged()
      found[version] = known
      return known
    }
  }

  /// The tensors that a change puts in the place of the model's own, by name, those of the head in place among them; tied
  /// ones under all their names.
  private func replacements(by change: ModelChange) throws -> [String: Tensor] {
    var values: [ObjectIdentifier: Tensor] = [:]
    for (name, value) in change.tensors {
      if let own = after.parameters[name] ?? after.buffers[name] { values[ObjectIdentifier(own)] = value }
    }
    for (name, value) in change.sourceHead {
      if let own = after.heads[sourceTask]?.tensors[name] { values[ObjectIdentifier(own)] = value }
    }
    let named = after.parameters.merging(after.buffers) { own, _ in own }
    return try withoutGradients {
      try named.compactMapValues { own in try values[ObjectIdentifier(own)]?.to(own.type ?? .float32) }
    }
  }
}
