import Checkpoints
import Datasets
import Foundation
import Torch

/// What has to be the same in all processes that train together.
struct RunAgreement: Codable, Equatable {
  /// The training's options by their names, each as JSON.
  var options: [String: String]
  /// What the processes were given beside, by what it is called: hashes and versions.
  var parts: [String: String]

  /// In what this one differs, in words; nil where it does not.
  func difference(from first: RunAgreement) -> String? {
    for (name, value) in first.parts.sorted(by: { $0.key < $1.key }) where parts[name] != value {
      return "\(name): \(parts[name] ?? "none"), not \(value)"
    }
    if let name = Set(parts.keys).subtracting(first.parts.keys).min() {
      return "\(name): \(parts[name] ?? ""), not none"
    }
    let names = Set(options.keys).union(first.options.keys)
      .filter { options[$0] != first.options[$0] }.sorted()
    guard !names.isEmpty else { return nil }
    func words(_ value: String?) -> String { value ?? "not set" }
    return "the training's options: "
      + names.map { "\($0) \(words(options[$0])), not \(words(first.options[$0]))" }.joined(separator: "; ")
  }
}

extension TrainingRun {
  /// Makes sure that all processes were given the same, before any of them computes.
  ///
  /// - Parameters:
  ///   - base: the checkpoint that they begin from.
  ///   - epoch: where a run goes on, the epoch that it goes on after.
  ///   - further: what else has to be the same, by what it is called.
  /// - Throws: ``ProcessError/differing(_:what:)`` of the first that differs from the one that leads; all throw the same.
  public func agree(
    on base: Checkpoint, resumedAfter epoch: Int?, besides further: [String: String] = [:]
  ) throws {
    guard let processes else { return }
    guard !device.isCUDA else { throw TrainingError.processesOnDevice(device.name) }
    var agreement = try agreement(on: base, resumedAfter: epoch)
    agreement.parts.merge(further) { $1 }
    let own = try JSONEncoder().encode(agreement)
    let all = try processes.gather(Array(own)).map { try JSONDecoder().decode(RunAgreement.self, from: Data($0)) }
    for (rank, other) in all.enumerated() {
      if let difference = other.difference(from: all[0]) {
        throw ProcessError.differing(processes.peers[rank], what: difference)
      }
    }
  }

  private func agreement(on base: Checkpoint, resumedAfter epoch: Int?) throws -> RunAgreement {
    let stored = try JSONSerialization.jsonObject(with: Data(options.json.utf8)) as? [String: Any] ?? [:]
    let values = stored.mapValues { value in
      (try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys]))
        .map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
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
    return RunAgreement(options: values, parts: parts)
  }
}
