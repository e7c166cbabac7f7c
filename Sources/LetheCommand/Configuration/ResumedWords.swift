import Checkpoints
import Training

/// The words of a command line that goes on with a run, as they are put before the user's own.
struct ResumedWords {
  let run: Run

  init(of run: Run) { self.run = run }

  /// Whether the options of the run's own command are known.
  static func areKnown(of run: Run) -> Bool { run.record.command?.options.isEmpty == false }

  /// - Parameter given: the parameters that the user gives.
  /// - Throws: ``CommandError`` where another subcommand goes on with such a run, and for options that a run of a program
  ///   keeps.
  func words(for command: CommandDescription, subcommand: String, except given: Set<String>) throws -> [String] {
    let (data, state) = (run.record.data, run.record.state)
    let own = run.subcommand
    guard subcommand == own else {
      throw CommandError.usage("\(run.path): lethe \(own) --resume goes on with this run")
    }
    var parts: [(name: String, value: String)] = [
      // Epoch 0 is all that is needed of the base.
      ("base", run.checkpointPath(epoch: 0)), ("output", run.path),
    ]
    if own == "train" {
      parts.append(("data", data.target?.specification ?? ""))
    } else if state.kind == .sequence {
      parts += data.tasks.map { ("task", "\($0.name)=\($0.data.specification)") }
    } else {
      parts += [("source", data.source), ("source-proxy", data.proxy), ("target", data.target)].compactMap {
        name, data in
        data.map { (name, $0.specification) }
      }
    }
    var options: [String] = []
    if Self.areKnown(of: run) {
      let left = given.union(parts.map(\.name))
        .union(["resume", "print-config", "config", "json", "quiet", "allow-operator"])
      options = try ConfigurationFile(yaml: run.record.command?.options ?? "", origin: "\(run.path)/run.h5")
        .words(for: command, subcommand: subcommand, except: left)
    } else {
      try check(given, subcommand, besides: Set(parts.map(\.name)))
      parts.append(("device", state.device ?? "auto"))
      if let epochs = state.plannedEpochs { parts.append(("epochs", "\(epochs)")) }
      if state.sharesHead { options.append("--shared-head") }
      if run.record.growsHead { options += ["--target-head", "grow"] }
    }
    let left = parts.filter { !given.contains($0.name) }
    return left.filter { $0.name == "base" }.map(\.value) + options
      + left.filter { $0.name != "base" }.flatMap { name, value in
        value.isEmpty ? ["--\(name)", ""] : ["--\(name)=\(value)"]
      }
  }

  /// A program's options need not be any that the command has.
  private func check(_ given: Set<String>, _ subcommand: String, besides data: Set<String>) throws {
    guard let command = CommandDescription.command(named: subcommand) else { return }
    let asked = EffectiveOptions(ofStandard: command).only([.result]).entries.map(\.parameter.name)
    if let name = given.intersection(asked).subtracting(data).subtracting(["epochs"]).sorted().first {
      throw CommandError.usage(
        "--\(name): a program made \(run.path), whose options stay as they are; --epochs alone may be raised")
    }
  }
}

extension Run {
  /// The options that a resumed run is trained with: the command's, where a command made it, else its own.
  func options(
    resumedBy training: TrainingArguments, _ regularizers: RegularizerOptions
  ) throws -> TrainingOptions {
    guard !ResumedWords.areKnown(of: self), var own = record.trainingOptions else {
      return try training.options(regularizers)
    }
    own.epochCount = training.epochs ?? own.epochCount
    try own.validate()
    return own
  }

  /// What a resumed run goes on from: epoch 0, of which what regularizers hold to is made again, or, where the run
  /// begins again, what it began from.
  ///
  /// - Throws: `TrainingError.badResume` where that is gone, or is another by now.
  func firstCheckpoint() throws -> Checkpoint {
    if isAtBeginning { return try base() }
    guard epochs.contains(0) else { throw TrainingError.badResume("\(path) has no epoch 0") }
    return try Checkpoint(contentsOf: checkpointPath(epoch: 0))
  }
}
