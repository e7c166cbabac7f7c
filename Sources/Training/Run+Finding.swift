import Checkpoints
import Evaluation
import Findings
import Foundation
import Metrics

extension Run {
  /// What the run found, at the epoch that it stands for: the one answer of terminal, JSON, page and files.
  public var finding: RunFinding {
    RunFinding(
      run: path, sourceTask: record.data.source?.name, proxyTask: record.data.proxy?.name,
      targetTask: record.data.target?.name ?? "target", chosenEpoch: chosenEpoch,
      plannedEpochs: record.state.plannedEpochs, epochs: record.epochRecords.map(\.finding),
      partialEpoch: record.partialEpoch,
      watched: record.state.watched?.checkpoints.map {
        RunFinding.WatchedCheckpoint(epoch: $0.epoch, name: $0.name, step: $0.step)
      }, steps: record.stepCurve,
      best: record.state.best.map {
        RunFinding.Best(epoch: $0.epoch, rule: $0.rule, keepsBounds: $0.keepsBounds)
      }, chosenBy: record.choiceBasis, forgetting: forgetting,
      confidence: record.confidence(at: chosenEpoch), joint: record.jointHead, drift: drift,
      similarity: similarity, gaugedHead: record.state.gauge?.head,
      matchedClasses: record.judgedClasses, configuration: record.settings)
  }

  /// What was lost of the source by the epoch that the run stands for, of all the predictions that are stored.
  public var forgetting: Forgetting? { record.forgetting(at: chosenEpoch) }

  /// The first epoch at which more of the source was lost than chance explains; nil where there is none.
  public var firstSignificantEpoch: Int? {
    let answered = record.sums["source"].map { Array($0.keys) } ?? record.predictions["source"].map { Array($0.keys) }
    return (answered ?? []).sorted().first { record.forgetting(at: $0)?.change == .loss }
  }
}

extension RunRecord {
  /// What was lost of the source from epoch 0 to an epoch; nil where either was not measured.
  func forgetting(at epoch: Int) -> Forgetting? {
    guard epoch > 0, let kind = kind(of: "source"), let before = answers(of: "source", at: 0),
      let after = answers(of: "source", at: epoch)
    else { return nil }
    let values = (0..<metrics.rowCount)
      .filter { metrics.value("epoch", row: $0) <= Double(epoch) }
      .map { metrics.value("source_\(kind.score.name)", row: $0) }
    guard let first = values.first, !first.isNaN, let last = values.last, !last.isNaN else { return nil }
    let chance = kind.isClassification ? (labels["source"] ?? []).shareOfCommonest : .nan
    // Of a score that is better low, the measures are those of its negative.
    let measures = ForgettingMeasures(
      sourceAccuracy: values.map(kind.score.merit), chance: chance)
    var random = RandomSource(seed: seed)
    let change = kind.change(from: before, to: after, using: &random)
    return Forgetting(
      score: kind.score, epoch: epoch, before: first, after: last, final: measures.final, low: change.loss.low,
      high: change.loss.high, maxMinusFinal: measures.maxMinusFinal, worst: measures.worst,
      relative: measures.relative ?? .nan, area: measures.area, pairedPValue: change.pValue, lost: change.worse,
      gained: change.better, sourceCount: change.count, chance: chance,
      further: kind.further(from: before, to: after))
  }

  /// What became of the model's confidence from epoch 0 to an epoch; nil where it was not measured at both.
  func confidence(at epoch: Int) -> RunConfidence? {
    func change(of task: String) -> ConfidenceChange? {
      func sums(_ epoch: Int) -> ConfidenceSums? {
        confidences[task]?[epoch]?.exampleSums.flatMap(ConfidenceSums.init)
      }
      guard epoch > 0, let before = sums(0), let after = sums(epoch), before.count == after.count else { return nil }
      return ConfidenceChange(from: before, to: after, places: kind(of: task)?.places)
    }
    return RunConfidence(
      source: change(of: "source"), target: state.targetHeadIsNew ? nil : change(of: "target"))
  }

  /// How the run was made, a line a setting: `schedule.warmupEpochs`, `regularizers.0.alpha`.
  var settings: [RunFinding.Setting] {
    var rows = [("seed", "\(seed)")]
    if let command { rows.insert(("command", command.arguments.joined(separator: " ")), at: 0) }
    let encoder = JSONEncoder()
    let parts = [
      ("data", try? encoder.encode(data)), ("state", try? encoder.encode(state)), ("", Data(configuration.utf8)),
    ]
    for (name, text) in parts {
      guard let text, let object = try? JSONSerialization.jsonObject(with: text) else { continue }
      rows += Self.flattened(object, under: name)
    }
    return rows.map { RunFinding.Setting($0.0, $0.1) }
  }

  private static func flattened(_ value: Any, under path: String) -> [(String, String)] {
    let prefix = path.isEmpty ? "" : path + "."
    switch value {
    case let object as [String: Any] where !object.isEmpty:
      return object.sorted { $0.key < $1.key }.flatMap { flattened($0.value, under: prefix + $0.key) }
    case let array as [Any] where !array.isEmpty:
      return array.enumerated().flatMap { flattened($0.element, under: prefix + "\($0.offset)") }
    case is [Any]: return [(path, "none")]
    case is [String: Any]: return [(path, "")]
    default: return [(path, "\(value)")]
    }
  }
}

extension EpochRecord {
  /// Its figures, without the predictions.
  public var finding: EpochFinding {
    func scored(_ result: EvaluationResult) -> ScoredTask? {
      result.value.isNaN && result.loss.isNaN ? nil : result.scored
    }
    return EpochFinding(
      epoch: epoch, source: source.flatMap(scored), proxy: proxy, gauge: gauge, target: scored(target),
      targetHeadIsNew: targetHeadIsNew,
      validation: validation.isEmpty
        ? nil
        : EpochFinding.Validation(
          source: validation.source.flatMap(scored), proxy: validation.proxy,
          target: validation.target.flatMap(scored)),
      trainingLoss: trainingLoss, penalty: penalty, learningRate: learningRate,
      unfrozen: newBlocks, regularizers: doses, skippedSteps: skippedSteps, seconds: seconds)
  }
}
