import Checkpoints
import Datasets
import Foundation
import Torch

extension TrainingRun {
  /// Makes sure that all processes were given the same, before any of them computes.
  ///
  /// - Parameters:
  ///   - base: the checkpoint that they begin from.
  ///   - epoch: where a run goes on, the epoch that it goes on after.
  ///   - further: what else has to be the same, by what it is called.
  /// - Throws: `ProcessError.differing(_:what:)` of the first that differs from the one that leads; all throw the same.
  public func agree(
    on base: Checkpoint, resumedAfter epoch: Int?, besides further: [String: String] = [:]
  ) throws {
    guard let processes else { return }
    var agreement = try agreement(on: base, resumedAfter: epoch)
    agreement.parts.merge(further) { $1 }
    try processes.agree(on: agreement)
  }

  private func agreement(on base: Checkpoint, resumedAfter epoch: Int?) throws -> ProcessAgreement {
    var parts = [
      "the checkpoint": try base.fingerprint, "the target data": target.fingerprint,
      "Lethe's version": FileFormat.letheVersion, "libtorch's version": try Library.version(),
    ]
    parts["the source data"] = source?.fingerprint
    parts["the proxy data"] = proxy?.fingerprint
    parts["the trained head"] = headName
    parts["the source's head"] = sourceTask
    parts["the epoch to go on after"] = epoch.map(String.init)
    for (task, data) in earlier ?? [] { parts["the data of task \(task)"] = data.fingerprint }
    return ProcessAgreement(optionsName: "the training's options", options: try options.texts, parts: parts)
  }
}

extension TrainingOptions {
  /// By their names, each as JSON.
  var texts: [String: String] {
    get throws {
      let stored = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
      return stored.mapValues { value in
        (try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys]))
          .map { String(decoding: $0, as: UTF8.self) } ?? ""
      }
    }
  }
}
