import Checkpoints

extension Run {
  /// The subcommand that goes on with it.
  var subcommand: String {
    let data = record.data
    return data.source != nil || data.proxy != nil || record.state.kind == .sequence ? "finetune" : "train"
  }

  /// The command that goes on with it.
  var resumption: String { "lethe \(subcommand) --resume \(path.shellQuoted)" }

  /// What has to be known of a run that did not come to its end; nil of one that did.
  var unfinished: String? {
    guard !record.isFinished, record.state.kind != .result else { return nil }
    guard record.state.kind == .training else {
      return "an unfinished sequence of tasks: \(resumption) goes on with it"
    }
    guard let last = record.lastEpoch else { return "a run without an epoch yet: \(resumption) begins it" }
    let planned = record.state.plannedEpochs.map { " of \($0)" } ?? ""
    return "an unfinished run, epoch \(last)\(planned) is its last: \(resumption) goes on with it"
  }

  /// - Throws: ``CommandError`` where no epoch is stored yet.
  func requireEpoch() throws {
    guard record.lastEpoch != nil || !epochs.isEmpty else {
      throw CommandError.badInput("\(path): \(unfinished ?? "no epoch is stored")")
    }
  }
}
